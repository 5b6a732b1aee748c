"""Programs and libraries that run an image: how each is started, and how the link reaches it."""
