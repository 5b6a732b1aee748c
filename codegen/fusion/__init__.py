"""Layers that are executed together, a few rows at a time, so that what is between them never exists whole."""
