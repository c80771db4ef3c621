"""Merges an environment's documents into those of all environments.

Mappings merge, lists and scalars replace, `null` removes a key, `$delete: true` (or `$patch:
delete`) removes a key or drops a whole document. One level: nothing is merged into an overlay.

Codes: PT101 a patch hits nothing, PT102 it hits several, PT103 an unknown directive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.model.kinds import SPECS
from reconciler.model.nearest import nearest
from reconciler.model.problem import Problem
from reconciler.model.resource import Path
from reconciler.source.document import Identity, identity, text_at
from reconciler.source.yaml import Document

DIRECTIVES = ("$delete", "$patch")


def merge_documents(
    base: Sequence[Document], overlay: Sequence[Document]
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """`base` with every document of `overlay` merged into the one of its kind and name.

    What stands only in `overlay` is added when it is whole. Order: as in `base`, then the added.
    """
    merge = _Merge(base)
    for patch in overlay:
        merge.apply(patch)
    kept = [document for document in merge.documents if document is not None]
    return tuple(kept), tuple(merge.problems)


class _Merge:
    """The documents so far; None where one was dropped."""

    def __init__(self, base: Sequence[Document]) -> None:
        self.documents: list[Document | None] = list(base)
        self.problems: list[Problem] = []
        self.patched: dict[int, Document] = {}
        self.by_name: dict[tuple[str, str], list[int]] = {}
        for index, document in enumerate(base):
            if found := identity(document.body):
                self.by_name.setdefault((found.kind, found.name), []).append(index)

    def apply(self, patch: Document) -> None:
        """Merge one document, or complain."""
        found = identity(patch.body)
        if found is None:  # what it lacks is said when it is validated
            self.documents.append(patch)
            return
        hits = [i for i in self.by_name.get((found.kind, found.name), ()) if self._meant(i, found)]
        if not hits:
            self._add(patch, found)
        elif len(hits) > 1:
            hint = "name the tenant: `metadata: {tenant: …}`"
            self._complain(patch, f"`{found}` is declared for several tenants", "PT102", hint)
        elif hits[0] in self.patched:
            at = self.patched[hits[0]].positions.at(())
            self._complain(patch, f"`{found}` is patched twice", "SC105", f"the first is at {at}")
        else:
            self._merge(hits[0], patch)

    def _meant(self, index: int, patch: Identity) -> bool:
        document = self.documents[index]
        there = identity(document.body) if document else None
        if index in self.patched and document is None:
            return True
        return there is not None and patch.tenant in (None, there.tenant)

    def _merge(self, index: int, patch: Document) -> None:
        base = self.documents[index]
        assert base is not None
        self.patched[index] = patch
        if self._deletes(patch.body, patch, ()):
            self.documents[index] = None
            return
        self.documents[index] = Document(
            self._merged(base.body, patch.body, patch, ()),
            replace(base.positions, over=patch.positions),
            (*base.problems, *patch.problems),
            base.templated or patch.templated,
        )

    def _add(self, patch: Document, found: Identity) -> None:
        if self._whole(patch.body, found.kind):
            self.documents.append(patch)
            return
        names = [name for kind, name in self.by_name if kind == found.kind]
        near = nearest(found.name, names)
        hint = f"did you mean `{found.kind}/{near}`?" if near else "declare it, or drop the patch"
        self._complain(patch, f"nothing declares `{found}`, which is patched here", "PT101", hint)

    def _whole(self, body: Any, kind: str) -> bool:
        if any(name in body for name in DIRECTIVES):
            return False
        model, spec = SPECS.get(kind), body.get("spec")
        if model is None:
            return True  # what it lacks is said when it is validated
        needed = [f.alias or n for n, f in model.model_fields.items() if f.is_required()]
        return isinstance(spec, dict) and all(name in spec for name in needed)

    def _merged(self, old: Any, new: Any, patch: Document, path: Path) -> Any:
        if not isinstance(new, dict):
            return new
        merged = dict(old) if isinstance(old, dict) else {}
        for key, value in new.items():
            if value is None:
                merged.pop(key, None)
            elif self._deletes(value, patch, (*path, key)):
                self._remove(merged, key, patch, path)
            elif key not in DIRECTIVES:
                merged[key] = self._merged(merged.get(key), value, patch, (*path, key))
        return merged

    def _remove(self, merged: dict[str, Any], key: str, patch: Document, path: Path) -> None:
        if merged.pop(key, self) is self:
            at = (*path, key)
            says = f"`{text_at(at)}` is not there to be deleted"
            self._complain(patch, says, "PT101", _hint(key, merged), at)

    def _deletes(self, value: Any, patch: Document, path: Path) -> bool:
        if not isinstance(value, Mapping):
            return False
        for name, wanted in (("$delete", True), ("$patch", "delete")):
            if name in value:
                if type(value[name]) is type(wanted) and value[name] == wanted:
                    return True
                says = f"`{name}` can only be `{str(wanted).lower()}`"
                self._complain(patch, says, "PT103", f"write `{name}: {str(wanted).lower()}`",
                               (*path, name))  # fmt: skip
        return False

    def _complain(self, patch: Document, says: str, code: str, hint: str, path: Path = ()) -> None:
        problem = Problem("error", says, code, hint=hint)
        self.problems.append(patch.positions.problem(path, problem, key=bool(path)))


def _hint(key: str, known: Mapping[str, Any]) -> str:
    near = nearest(key, known)
    return f"did you mean `{near}`?" if near else ""
