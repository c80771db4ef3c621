"""A switch in front of a graph's servers: its clients stay while the server behind it changes.

A small process that imports next to nothing. What it forwards to stands in the graph's pointer,
which it looks at before each request; whoever changes servers holds requests back for a moment
through a socket beside the pointer. It keeps nothing: losing it loses no data.
"""
