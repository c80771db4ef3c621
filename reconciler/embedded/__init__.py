"""Engines that are libraries over a folder: what they all need, around a dialect of their own.

A database a graph, in folders of ours; a host process in the engine's own runtime for whatever is
done to it; rows checked beside the engine's COPY; for `served` a process a graph.
"""
