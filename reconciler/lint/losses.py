"""DS: what is there now and will not be any more."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.lint.rule import Finding, Needs, Rule
from reconciler.lint.subject import Subject, Whole, counted
from reconciler.model.change import FieldChange
from reconciler.model.resource import Path
from reconciler.model.types import PropertyType

# What holds every value of another, by name; a type holds its own.
_WIDER = {
    "int32": {"int64", "double"},
    "uint32": {"uint64", "int64", "double"},
    "float": {"double"},
}


def thing_gone(whole: Whole) -> Iterator[Finding]:
    """DS201: a Graph or an Engine that is not declared any more."""
    for key, before in sorted(whole.gone.items(), key=lambda item: item[0]):
        rows = before.rows_of(*(t for t, _ in before.catalog.types())) if before else None
        what = "deleted with its rows" if before else "deleted"
        says = f"{key} is not declared any more: it is {what}{counted(rows)}"
        hint = "bring its document back, or give its new name `renamedFrom`"
        yield Finding(None, ("metadata", "name"), says, hint, False, None, rows, str(key))


def type_gone(subject: Subject) -> Iterator[Finding]:
    """DS202: a type is dropped, with its rows."""
    for field in subject.fields():
        if subject.before and subject.happening(field) == ("type", "drop"):
            group, name = field.path
            rows = subject.before.rows_of(name)
            says = f"`{name}` is dropped with its rows{counted(rows)}"
            there = subject.spec.vertices if group == "vertices" else subject.spec.edges
            path: Path = ("spec", group) if there else ("metadata", "name")
            address = subject.address(group, name)
            yield Finding(subject.graph, path, says, "keep it, or say `renamedFrom`",
                          key=bool(there), rows=rows, address=address)  # fmt: skip


def property_gone(subject: Subject) -> Iterator[Finding]:
    """DS203: a property is dropped, with its values."""
    for field in subject.fields():
        if subject.before and subject.happening(field) == ("property", "drop"):
            group, type_, _, name = field.path
            rows = subject.before.rows_of(type_)
            says = f"`{type_}.{name}` is dropped with its values{counted(rows)}"
            yield Finding(subject.graph, ("spec", group, type_), says,
                          "keep it, or say `renamedFrom`", rows=rows,
                          address=subject.address(group, type_, name))  # fmt: skip


def narrower(subject: Subject) -> Iterator[Finding]:
    """DS204: a property's new type does not hold every value of the old one."""
    for field in subject.fields():
        if subject.before and subject.happening(field) == ("property", "change"):
            group, type_, _, name = field.path
            if _narrows(field):
                rows = subject.before.rows_of(type_)
                says = f"`{type_}.{name}`: `{field.new}` does not hold every `{field.old}`"
                yield Finding(subject.graph, ("spec", *field.path), says,
                              "values that do not fit are refused", rows=rows,
                              address=subject.address(group, type_, name))  # fmt: skip


def _narrows(field: FieldChange) -> bool:
    old, new = PropertyType.parse(field.old), PropertyType.parse(field.new)
    if old.many != new.many or (old.name == new.name == "string"):
        return old.many != new.many or (new.width or 1 << 31) < (old.width or 1 << 31)
    return new.name not in _WIDER.get(old.name, {"string"}) | {old.name}


def fewer_files(subject: Subject) -> Iterator[Finding]:
    """DS205: a replacing load names fewer files than before: the rows of the others go."""
    before = subject.before.files if subject.before else {}
    for resource, load in subject.loads:
        if load.mode != "replace":
            continue
        for group, types in (("vertices", load.vertices), ("edges", load.edges)):
            for name, sources in types.items():
                files = {file for source in sources for file in source.files}
                gone = sorted(before.get(name, frozenset()) - files)
                if gone and files < before[name]:
                    says = f"`{name}` loses the rows of {', '.join(f'`{file}`' for file in gone)}"
                    yield Finding(resource, ("spec", group, name), says,
                                  "name the file again, or say that it is meant")  # fmt: skip


RULES = (
    Rule("DS201", "error", "a Graph or an Engine is deleted", whole=thing_gone,
         needs=Needs.CHANGE),
    Rule("DS202", "error", "a type is dropped", type_gone, needs=Needs.CHANGE),
    Rule("DS203", "error", "a property is dropped", property_gone, needs=Needs.CHANGE),
    Rule("DS204", "warning", "a type that holds fewer values", narrower, needs=Needs.CHANGE),
    Rule("DS205", "warning", "a load names fewer files", fewer_files, needs=Needs.CHANGE),
)  # fmt: skip
