"""Writes to the world: the steps of a plan, as many at once as order and exclusion allow."""

from reconciler.executor.execute import Execution, Report, execute
from reconciler.executor.witness import Witness

__all__ = ["Execution", "Report", "Witness", "execute"]
