"""Whose turn it is to write. Standard library only: engine hosts carry this function with them."""

import json


def current_epoch(path: str) -> int:
    """The epoch in force, from the lease's file. Whoever was given another one must not write.

    Takes no lock: the file is replaced by rename. Raises OSError, ValueError, KeyError: nobody can
    say, and nothing may be written.
    """
    with open(path, encoding="utf-8") as file:
        return int(json.load(file)["epoch"])
