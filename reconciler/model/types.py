"""The property types of the contract, apart from any engine's spelling of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

SCALARS = (
    "bool", "int32", "int64", "uint32", "uint64", "float", "double",
    "string", "date", "timestamp", "interval",
)  # fmt: skip
KEY_TYPES = ("int32", "int64", "uint32", "uint64", "string")
_TYPE = re.compile(r"([a-z0-9]+)(?:\(([1-9][0-9]{0,8})\))?(\[\])?")


@dataclass(frozen=True, slots=True)
class PropertyType:
    """`name` is one of SCALARS; `width` the most bytes of a `string(n)`; `many` marks a list."""

    name: str
    width: int | None = None
    many: bool = False

    def __str__(self) -> str:
        width = f"({self.width})" if self.width is not None else ""
        return f"{self.name}{width}{'[]' if self.many else ''}"

    @classmethod
    def parse(cls, text: str) -> PropertyType:
        """Read `int64`, `string(100)`, `double[]`. Raises ValueError with the known names."""
        match = _TYPE.fullmatch(text)
        name, width, many = match.groups() if match else ("", None, None)
        if name not in SCALARS or (width and name != "string"):
            raise ValueError(f"`{text}` is not a type; the types are {', '.join(SCALARS)}, "
                             "string(n), and lists such as int64[]")  # fmt: skip
        return cls(name, int(width) if width else None, bool(many))


def is_type(text: str) -> bool:
    """Whether `text` is a type of the contract's."""
    try:
        PropertyType.parse(text)
    except ValueError:
        return False
    return True
