"""The loop in a simulated world: faults, two leaders and people, all by seed.

The planner, the executor, the loop and its door are the real ones; engines, disks, processes, the
lease and the clock are simulated. The same seed is the same story, to the last act.
"""

from .story import Story, simulate

__all__ = ["Story", "simulate"]
