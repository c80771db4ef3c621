"""MF, RB and RN: changes that need data, make a type anew, or are meant as renames."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.lint.rule import Finding, Needs, Rule
from reconciler.lint.subject import Subject, counted
from reconciler.model.traits import Effect
from reconciler.planner import renames_of

_STRICTER = {
    "many-to-many": {"many-to-one", "one-to-many", "one-to-one"},
    "many-to-one": {"one-to-one", "one-to-many"},
    "one-to-many": {"one-to-one", "many-to-one"},
    "one-to-one": frozenset[str](),
}


def nothing_feeds(subject: Subject) -> Iterator[Finding]:
    """MF101: a new property of a type that no Load fills: its rows get the type's zero."""
    for field in subject.fields():
        if subject.before and subject.happening(field) == ("property", "add"):
            type_, name = field.path[1], field.path[3]
            if type_ not in subject.fed:
                rows = subject.before.rows_of(type_)
                says = f"no Load fills `{type_}.{name}`: rows that are there get an empty value"
                yield Finding(subject.graph, ("spec", *field.path), says + counted(rows),
                              "add a Load with a column for it", rows=rows)  # fmt: skip


def key_without_load(subject: Subject) -> Iterator[Finding]:
    """MF102: another key for a type that no Load fills: nothing says what it is of each row."""
    for field in subject.fields():
        if subject.before and field.path[2:] == ("key",) and field.path[1] not in subject.fed:
            rows = subject.before.rows_of(field.path[1])
            says = f"`{field.path[1]}` gets another key, and no Load fills it{counted(rows)}"
            yield Finding(subject.graph, ("spec", *field.path), says,
                          "add a Load for it in the same change", rows=rows)  # fmt: skip


def stricter_edges(subject: Subject) -> Iterator[Finding]:
    """MF103: a multiplicity that edges may not keep."""
    for field in subject.fields():
        if field.path[2:] == ("multiplicity",) and field.new in _STRICTER.get(field.old, ()):
            says = f"edges that were {field.old} must be {field.new}"
            yield Finding(subject.graph, ("spec", *field.path), says,
                          "the next load is refused where they are not", key=False)  # fmt: skip


def made_anew(subject: Subject) -> Iterator[Finding]:
    """RB201: a type is made anew, with every edge type that touches it."""
    told: set[str] = set()
    before = {field.path[1]: str(field.old) for field in subject.fields()
              if subject.happening(field) == ("type", "rename")}  # fmt: skip
    for field in subject.fields():
        if subject.before is None or field.effect is not Effect.REBUILD:
            continue
        group, type_ = field.path[0], before.get(field.path[1], field.path[1])
        if type_ in told:
            continue
        told.add(type_)
        touched = sorted(subject.before.catalog.touching(type_)) if group == "vertices" else []
        rows = subject.before.rows_of(type_, *touched)
        with_ = f", with {', '.join(touched)}" if touched else ""
        reason = f": {field.reason}" if field.reason else ""
        says = f"`{type_}` is made anew{with_}{counted(rows)}{reason}"
        yield Finding(subject.graph, ("spec", *field.path), says,
                      "both copies take disk until the switch", rows=rows)  # fmt: skip


def hint_is_used(subject: Subject) -> Iterator[Finding]:
    """RN102: a rename that has happened."""
    if subject.before is None:
        return
    old = subject.before.catalog
    for new, was in renames_of(subject.spec).items():
        type_, dot, name = new.partition(".")
        here = old.properties(type_) if dot else {**old.vertices, **old.edges}
        if (name if dot else type_) in here and was not in here:
            group = "vertices" if type_ in subject.spec.vertices else "edges"
            at = ("spec", group, type_, *(("properties", name) if dot else ()), "renamedFrom")
            yield Finding(subject.graph, at, f"`{new}` has its new name already",
                          "remove `renamedFrom`")  # fmt: skip


def looks_renamed(subject: Subject) -> Iterator[Finding]:
    """RN201: one goes and one like it comes: a rename would keep what it holds."""
    if subject.before is None:
        return
    gone = [f for f in subject.fields() if subject.happening(f)[1] == "drop"]
    come = [f for f in subject.fields() if subject.happening(f)[1] == "add"]
    for field in come:
        same = [f for f in gone if f.path[:-1] == field.path[:-1] and _alike(f.old, field.new)]
        rivals = [f for f in come if f.path[:-1] == field.path[:-1] and _alike(f.new, field.new)]
        if len(same) == 1 and len(rivals) == 1:  # else nobody can say which is meant
            new, was = field.path[-1], same[0].path[-1]
            says = f"`{was}` goes and `{new}` comes, of the same shape: is it a rename?"
            yield Finding(subject.graph, ("spec", *field.path), says,
                          f"`renamedFrom: {was}` keeps what is there")  # fmt: skip


def _alike(old: object, new: object) -> bool:
    """Whether two properties, or two types, may be one."""
    if isinstance(old, dict) and isinstance(new, dict):
        return bool(old.get("properties")) and old == new
    return old == new


RULES = (
    Rule("MF101", "warning", "a new property that nothing fills", nothing_feeds,
         needs=Needs.CHANGE),
    Rule("MF102", "error", "another key, and no Load", key_without_load, needs=Needs.CHANGE),
    Rule("MF103", "warning", "a multiplicity that edges may not keep", stricter_edges,
         needs=Needs.CHANGE),
    Rule("RB201", "warning", "a type is made anew", made_anew, needs=Needs.CHANGE),
    Rule("RN102", "note", "a rename that has happened", hint_is_used, needs=Needs.CHANGE),
    Rule("RN201", "warning", "a drop and an addition that look like a rename", looks_renamed,
         needs=Needs.CHANGE),
)  # fmt: skip
