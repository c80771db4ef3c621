"""A rule's page: what it means, an example that it meets, one that it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import groupby

from reconciler.lint.rule import Needs, Rule

_ASKED = {
    Needs.DOCUMENTS: "`gsctl lint`",
    Needs.CHANGE: "`gsctl lint --base REF`, `gsctl lint --live`, and every plan",
    Needs.DATA: "`gsctl lint --deep`",
}
FAMILIES = {
    "BC": "what clients count on", "DG": "dangling edges", "DS": "data lost", "GR": "graphs",
    "IG": "ignores", "LD": "loads", "MF": "changes that need data", "NM": "names",
    "PR": "procedures", "RB": "rebuilds", "RF": "references", "RN": "renames", "SV": "serving",
}  # fmt: skip

# What stands around a page's examples where they do not show it.
FRAME = {
    "gsctl.yaml": """\
apiVersion: gsctl.io/v1alpha1
kind: Project
metadata: {name: shop}
spec: {id: abcdefgh}
""",
    "engine.yaml": """\
kind: Engine
metadata: {name: main}
spec: {type: neug}
""",
    "graph.yaml": """\
kind: Graph
metadata: {name: shop}
spec:
  engine: main
  vertices:
    Person: {key: id, properties: {id: int64, name: string}}
  edges:
    KNOWS: {from: Person, to: Person}
""",
    "people.csv": "id,name\n1,Ada\n",
    "knows.csv": "source,target\n1,1\n",
}


def page_of(rule: Rule) -> str:
    """The page in Markdown, as it stands in docs/lint."""
    text = files(__package__).joinpath("pages", f"{rule.code}.md").read_text("utf-8").strip()
    lines = [
        f"# {rule.code}: {rule.title}", "",
        f"Severity: {rule.severity}. Asked by {_ASKED[rule.needs]}.", "", text, "",
    ]  # fmt: skip
    return "\n".join([*lines, *_ignoring(rule)]) + "\n"


def _ignoring(rule: Rule) -> Iterable[str]:
    yield from ("## To ignore it", "")
    if rule.code.startswith("IG"):
        yield "It cannot be ignored: correct the comment, or remove it."
        return
    yield "Behind the line that is shown, or on a line of its own above it:"
    yield from ("", "```yaml", f"# gsctl:ignore {rule.code} why it is right here until 2030-12-31")
    yield from ("```", "")
    yield "Before a document it holds for all of it. The date may be left out, the reason may not."


def index(rules: Iterable[Rule]) -> str:
    """The list of all rules, in Markdown."""
    return "\n".join(_index(rules)) + "\n"


def _index(rules: Iterable[Rule]) -> Iterator[str]:
    yield "# Lint rules"
    yield ""
    yield "Written from the rules by `make docs`. How to use them: [the guide](../guides/lint.md)."
    yield "Examples show the files that matter; the others are as here:"
    for name, text in FRAME.items():
        language = "csv" if name.endswith(".csv") else "yaml"
        yield from ("", f"```{language} {name}", text.rstrip("\n"), "```")
    for family, found in groupby(sorted(rules, key=lambda r: r.code), lambda r: r.code[:2]):
        yield from ("", f"## {family}: {FAMILIES[family]}", "", "| code | severity | means |")
        yield "|---|---|---|"
        for rule in found:
            yield f"| [{rule.code}]({rule.code}.md) | {rule.severity} | {rule.title} |"
