"""Bitwright: trained networks to integer-only microcontroller firmware, proven bit-exact layer by layer."""

__version__ = "0.1.0"
