"""Whether procedures fit their graphs, told before anything runs.

Two witnesses: a grammar, which finds every fault and its place, and the engine itself, which has
the last word where its runtime is installed.
"""

from reconciler.queries.cache import QueryCache
from reconciler.queries.check import Binder, check_queries

__all__ = ["Binder", "QueryCache", "check_queries"]
