"""Puts a built image on a board, with whichever flashing tool is installed: one file per tool, one interface."""
