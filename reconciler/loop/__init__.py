"""Keeps the world as declared: looks again and again, and does what a plan says."""
