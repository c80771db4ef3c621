"""Why a source cannot be followed to where it points now."""

from __future__ import annotations

from reconciler.model.problem import Problem


class Trouble(RuntimeError):
    """Ends a look at a source; `problem` is for people, and holds no secret."""

    def __init__(self, code: str, says: str, hint: str = "") -> None:
        super().__init__(says)
        self.problem = Problem("error", says, code, hint=hint)
