"""Trained model to integer graph; knows no C and no board."""
