"""Boards and emulators as data, and the host side that builds, runs and compares."""
