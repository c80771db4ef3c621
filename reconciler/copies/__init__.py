"""Graphs that are folders on a disk: where copies and pointers lie, and how they change hands.

What every embedded engine shares. An engine's own files inside a copy are its driver's business.
"""
