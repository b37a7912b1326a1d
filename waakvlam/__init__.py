"""The front door: command line and composition root, the only room that knows all the others."""
