"""Graph to model file."""
