"""Layers for PyTorch that PyTorch lacks and that Bitwright's readers know: one module per subject.

Import the module of the subject, as in ``from bitwright.nn.capsule import CapsuleLayer``; they need torch
(``pip install 'bitwright[torch]'``), which nothing here imports before that.
"""
