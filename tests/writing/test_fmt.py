"""`gsctl fmt`: what the layout is, and that files change whole or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest
import warm

from reconciler.writing.layout import lay_out

LAYOUTS = {
    "keys have the order of the kinds": (
        "spec: {version: 0.3.0, type: neug}\nmetadata: {name: main}\nkind: Engine\n",
        'kind: Engine\nmetadata: {name: main}\nspec: {type: neug, version: "0.3.0"}\n',
    ),
    "names that people chose keep theirs": (
        "kind: Graph\nspec:\n  vertices:\n    B: {properties: {z: int64, a: string}, key: z}\n    A: {key: z, properties: {z: int64}}\n",
        "kind: Graph\nspec:\n  vertices:\n    B: {key: z, properties: {z: int64, a: string}}\n    A: {key: z, properties: {z: int64}}\n",
    ),
    "comments go with what they speak of": (
        "# top\nspec:\n  # of the type\n  type: neug   # the default\nkind: Engine\n# end\n",
        "# top\nkind: Engine\nspec:\n  # of the type\n  type: neug  # the default\n# end\n",
    ),
    "quotes stand only where they are needed, for older readers too": (
        "kind: 'Engine'\nmetadata: {name: \"main\", labels: {a: 'yes', b: \"2026-01-01\", c: 'it''s'}}\n",
        'kind: Engine\nmetadata: {name: main, labels: {a: "yes", b: "2026-01-01", c: it\'s}}\n',
    ),
    "what is too long for a line takes several": (
        f"kind: Load\nspec: {{graph: g, vertices: {{P: {{files: [{', '.join(['a.csv'] * 20)}]}}}}}}\n",
        "kind: Load\nspec:\n  graph: g\n  vertices:\n    P:\n      files:\n" + "        - a.csv\n" * 20,
    ),
    "text of several lines stands in a block": (
        'kind: Procedure\nspec: {graph: g, query: x}\nmetadata:\n    description: "a\\nb\\n"\n',
        "kind: Procedure\nmetadata:\n  description: |\n    a\n    b\nspec: {graph: g, query: x}\n",
    ),
    "one empty line stands between documents, and at most one inside": (
        "kind: Engine\n\n\n\nspec: {}\n---\n\nkind: Graph\n",
        "kind: Engine\n\nspec: {}\n\n---\nkind: Graph\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "laid"), LAYOUTS.values(), ids=LAYOUTS)
def test_the_layout_is(text: str, laid: str) -> None:
    assert lay_out("f.yaml", text.encode()).text == laid


def gsctl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return warm.gsctl("-C", str(folder), *words, timeout_s=60)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {
        "gsctl.yaml": "kind: Project\napiVersion: gsctl.io/v1alpha1\nmetadata: {name: p}\nspec: {id: abcdefgh}\n",
        "engines/main.yaml": "kind: Engine\nmetadata: {name: main}\nspec: {type: neug}\n",
        "environments/dev.yaml": "kind: Engine\nspec: {mode: served}\nmetadata: {name: main}\n",
        "other.yaml": "theirs:    1\n",
        "broken.yaml": "kind: Engine\nkind: Graph\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_check_and_diff_write_nothing_and_say_what_differs(repository: Path) -> None:
    before = {path: path.read_bytes() for path in repository.rglob("*.yaml")}
    (repository / "broken.yaml").unlink()
    checked = gsctl(repository, "fmt", "--check")
    assert (checked.returncode, checked.stdout) == (1, "environments/dev.yaml\ngsctl.yaml\n")
    shown = gsctl(repository, "fmt", "--diff")
    assert shown.returncode == 0
    assert "+apiVersion: gsctl.io/v1alpha1\n kind: Project\n-apiVersion" in shown.stdout
    assert all(path.read_bytes() == data for path, data in before.items() if path.exists())


def test_what_can_be_read_is_laid_out_and_the_rest_is_said(repository: Path) -> None:
    (repository / "gsctl.yaml").chmod(0o640)
    done = gsctl(repository, "fmt")
    assert done.returncode == 1
    assert "SY102" in done.stderr
    assert "broken.yaml:2:1" in done.stderr
    assert (repository / "broken.yaml").read_text() == "kind: Engine\nkind: Graph\n"
    assert (repository / "other.yaml").read_text() == "theirs:    1\n"
    assert (repository / "gsctl.yaml").read_text().startswith("apiVersion")
    assert (repository / "gsctl.yaml").stat().st_mode & 0o777 == 0o640
    (repository / "broken.yaml").unlink()
    again = gsctl(repository, "fmt", "--check")
    assert (again.returncode, again.stdout) == (0, "")


def test_named_files_alone_are_laid_out_and_links_stay_links(repository: Path) -> None:
    (repository / "real.txt").write_text("spec: {type: neug}\nkind: Engine\n")
    (repository / "link.yaml").symlink_to("real.txt")
    done = gsctl(repository, "fmt", "link.yaml")
    assert (done.returncode, done.stdout) == (0, "link.yaml\n")
    assert (repository / "link.yaml").is_symlink()
    assert (repository / "real.txt").read_text() == "kind: Engine\nspec: {type: neug}\n"
    assert (repository / "gsctl.yaml").read_text().startswith("kind")
    assert sorted(path.name for path in repository.iterdir()) == sorted(
        [
            "gsctl.yaml",
            "engines",
            "environments",
            "other.yaml",
            "broken.yaml",
            "real.txt",
            "link.yaml",
        ]
    )


def test_a_document_that_has_no_layout_is_left_and_said(tmp_path: Path) -> None:
    text = dedent("""\
        kind: Graph
        a: &a x
        *a : y
        """)
    laid = lay_out("f.yaml", text.encode())
    assert laid.text == text
    assert [(p.severity, p.code) for p in laid.problems] == [("warning", "FM101")]
