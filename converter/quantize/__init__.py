"""From a float graph and calibration data to an integer graph: statistics, observers, grids, methods, recipes."""
