"""Reads wishes: YAML, overlays and variables become `Desired`, or problems with their place."""
