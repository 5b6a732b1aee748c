"""Front ends: from what a sensor delivers to what a network takes, as integer graphs that are joined before it."""
