"""Tells people of a disturbance: what is written, by which channels it goes, and the link that takes it up."""
