"""Chooses every layer's kernel by what it measured, under budgets of flash and RAM."""
