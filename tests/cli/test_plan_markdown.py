"""A plan for a pull request: what it says, what it leaves out when it is long, and that no name in it
is obeyed as markup. It is read back by a Markdown parser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gsctl.views.escape import code, fenced, prose
from gsctl.views.plan_markdown import LONGEST, plan_markdown
from gsctl.views.text import safe
from reconciler.api import Planned
from reconciler.model.change import MISSING, Action, Change, FieldChange, Loss, Route
from reconciler.model.estimate import Estimate, Estimates, Rerun, Span
from reconciler.model.key import Key, Owner
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan
from reconciler.model.problem import Location, Problem
from reconciler.model.resource import Desired
from reconciler.model.traits import Effect

OWNER = Owner("shop", "default", "abcdefgh")
GRAPH = Key("default", "Graph", "shop")
HOSTILE = [
    "@everyone", "<script>alert(1)</script>", "a|b", "`x`", "```", "**b**", "[x](http://e.vil)",
    "![x](http://e.vil/i.png)", "http://e.vil", "www.evil.example", "#1", "!7", "$x$", "</code>",
    "a\nb", "\\", "&lt;", "</details>", "| --- |", "- [ ] x", "<!--", "a@b.example", "~x~", "::: x",
]  # fmt: skip
names = st.sampled_from(HOSTILE) | st.text(max_size=40)
ALLOWED = {"h3", "h4", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "ul",
           "li", "sub", "details", "summary", "pre", "br"}  # fmt: skip


class Page(HTMLParser):
    """What a browser would make of a page: its tags, and the text of each code element and cell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.codes: list[str] = []
        self.text = ""  # outside of code
        self._open: list[str] = []
        self.feed(MarkdownIt("commonmark").enable("table").render(text))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append(tag)
        if tag == "code":
            self.codes.append("")
        assert not attrs or (tag, attrs[0][0]) in {
            ("th", "style"),
            ("td", "style"),
            ("code", "class"),
        }

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if "code" in self._open:
            self.codes[-1] += data
        else:
            self.text += data


def shown(*changes: Change, problems=(), **estimates) -> str:
    plan = Plan(OWNER, changes, problems=tuple(problems), fingerprint="x")
    return plan_markdown(Planned(plan, Desired(None), Snapshot(), estimates=Estimates(**estimates)))


REBUILD = Change(
    GRAPH, Action.REBUILD,
    (FieldChange(("vertices", "Item", "properties", "price"), "int32", "int64", Effect.REBUILD,
                 "NeuG cannot change a type in place"),
     FieldChange(("vertices", "Item", "properties", "tag"), MISSING, "string", Effect.IN_PLACE)),
    "NeuG cannot change a type in place", Route.CLONE, losses=(Loss(f"{GRAPH}.vertices.Item", 12),),
)  # fmt: skip


def test_a_page_says_what_is_lost_first_then_the_changes_then_their_differences():
    again = Rerun(Key("default", "Load", "shop"), ("Item",))
    cost = Estimate(Span(12, 18), reads_pause_s=Span(0.2, 0.4), basis=("time by usual rates",))
    page = shown(REBUILD, problems=[Problem("warning", "odd `x`", "GR101", Location("g.yaml", 3, 4))],
                 changes={GRAPH: cost}, reruns={GRAPH: (again,)}, whole=cost)  # fmt: skip
    assert (
        page
        == """\
### Plan of <code>shop/default, tenant default, on local</code>

**Plan: 0 to add, 0 to change, 1 to rebuild, 0 to destroy.**

#### Data that would be lost

| what | lost |
| --- | ---: |
| <code>Graph/shop.vertices.Item</code> | 12 rows |

#### 1 problem

- **warning** GR101 at <code>g.yaml&#58;3&#58;4</code>: odd &#96;x&#96;

| | change | effect | why | cost |
| --- | --- | --- | --- | --- |
| <code>+/-</code> | <code>Graph/shop</code> | rebuild, **loses 12 rows** | NeuG cannot change a type in \
place; runs <code>Load/shop</code> again | 12-18 s; reads pause 0.2-0.4 s |

<sub>Estimated from: time by usual rates.</sub>

<details><summary>rebuild <code>Graph/shop</code></summary>

```diff
! vertices.Item.properties.price: int32 -> int64  (rebuild: NeuG cannot change a type in place)
+ vertices.Item.properties.tag: string
- Graph/shop.vertices.Item: 12 rows
```

</details>
"""
    )


@settings(max_examples=300)
@given(names)
@example("www.x")
@example("\ufffe")
@example("\U0001fffe")
def test_a_name_in_code_is_shown_as_it_is_and_is_nothing_else(name):
    page = Page(f"| a | b |\n| --- | --- |\n| {code(name)} | x |\n")
    assert page.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "code", "td"]
    assert [text.strip() for text in page.codes] == [safe(name).strip()]
    assert not re.search(r"[@#!~$|`<>_*\[\]]|https?:|www\.", code(name)[6:-7].replace("&#", ""))


@settings(max_examples=300)
@given(names)
def test_a_sentence_keeps_its_words_and_refers_to_nobody(name):
    page = Page(f"| {prose(name)} | b |\n| --- | --- |\n| x | y |\n")
    assert page.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    assert not re.search(r"[@#!~%$^]\w", page.text)
    head = page.text.replace("\u200b", "")
    assert " ".join(safe(name).split()) in " ".join(head.split())


@settings(max_examples=100)
@given(st.text(alphabet="`\n ab|", max_size=60))
def test_nothing_closes_a_fence(text):
    tokens = MarkdownIt("commonmark").parse(fenced(text, "diff") + "\nafter\n")
    assert [token.type for token in tokens] == [
        "fence", "paragraph_open", "inline", "paragraph_close"]  # fmt: skip


@settings(max_examples=100)
@given(names, names, names, names)
def test_whatever_things_are_called_the_page_has_its_own_parts_only(name, old, new, reason):
    change = Change(
        Key("default", "Graph", name), Action.UPDATE,
        (FieldChange(("vertices", name), old, new, Effect.IN_PLACE, reason),), reason, Route.CLONE,
        losses=(Loss(name, 1),),
    )  # fmt: skip
    problem = Problem("error", reason, "GR101", Location(name, 1), name)
    page = Page(shown(change, problems=[problem]))
    assert set(page.tags) <= ALLOWED
    assert page.tags.count("table") == 2
    assert page.tags.count("details") == 1
    assert not re.search(r"[@#!~%$^]\w", page.text)


def test_a_long_plan_is_cut_and_says_so():
    fields = tuple(FieldChange(("a", f"p{n}"), "<" * 100, ">" * 100, Effect.IN_PLACE)
                   for n in range(100))  # fmt: skip
    changes = [Change(Key("default", "Graph", f"g{n:05}"), Action.UPDATE, fields, "`" * 50,
                      losses=tuple(Loss(f"Graph/g{n:05}.vertices.`{i}", 1) for i in range(5)))
               for n in range(3000)]  # fmt: skip
    problems = [Problem("error", "|" * 200, "GR101", Location("f.yaml", n)) for n in range(500)]
    page = shown(*changes, problems=problems)
    assert len(page) < LONGEST
    left = re.search(r"\| … \| ([\d,]+) more changes", page)
    assert left
    rows = page.count("| <code>&#126;</code> |")
    assert rows + int(left[1].replace(",", "")) == 3000
    assert re.search(r"\| and [\d,]+ more \| [\d,]+ rows \|", page)
    assert re.search(r"- and \d+ more\n", page)
    assert "2,9" in page.rpartition("The differences of ")[2]
    folded = page.count("<details>")
    assert folded + int(re.search(r"differences of ([\d,]+)", page)[1].replace(",", "")) == 3000
    assert page.count("<details>") == page.count("</details>")


def test_the_command_gives_a_page_of_a_new_repository(here):
    assert here("init").code == 0
    ran = here("plan", "-o", "markdown")
    assert ran.code == 0
    assert Page(ran.out).codes[:3] == [
        f"{here.home.name}/default, tenant default, on local", "+", "Engine/main"]  # fmt: skip
    (here.home / "gsctl.yaml").write_text("kind: Graph\nmetadata: {name: g}\nspec: {enginee: x}\n")
    wrong = here("plan", "-o", "markdown")
    assert wrong.code == 1
    assert "- **error** SC1" in wrong.out
