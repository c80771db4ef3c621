"""An engine in memory, and the laws that every driver must keep."""
