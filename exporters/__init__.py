"""Tells: Prometheus, files and the HTTP face."""
