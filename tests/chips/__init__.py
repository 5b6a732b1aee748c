"""Models of chips: an emulated core (unicorn) with the registers that the firmware uses, strict about their use."""
