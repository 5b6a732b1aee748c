"""One file per converter: ``convert(network, calibration, name)`` quantizes a float module.

Each gets the module in evaluation mode and 500 images float32 [500, 1, 28, 28], and returns what computes scores
[images, 10] from images with the quantized network. ``PACKAGES`` names the distributions whose versions matter. They
run in interpreters of their own (see ``measure.py``), so that each imports only what it needs.
"""
