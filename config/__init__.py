"""Describes: typed settings, the YAML reader with its error messages, the example estates."""
