"""Model readers, one per format, all to the same graph."""
