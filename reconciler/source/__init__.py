"""Reads wishes: YAML files, overlays and variables become `Desired`, or problems with their place."""
