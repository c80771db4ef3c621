"""Files of older tools become valid documents, and nothing of them is lost without a word."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import warm

from reconciler.convert.documents import documents
from reconciler.convert.files import Given, gather
from reconciler.source.yaml import read_documents
from reconciler.writing.draft import text_of
from reconciler.writing.layout import lay_out

GRAPH = """\
name: modern
store_type: mutable_csr
description: people and software
schema:
  vertex_types:
    - type_id: 0
      type_name: person
      x_csr_params: {max_vertex_num: 100}
      properties:
        - {property_id: 0, property_name: id, property_type: {primitive_type: DT_SIGNED_INT64}}
        - {property_name: name, property_type: {string: {long_text: }}}
        - {property_name: code, property_type: {string: {var_char: {max_length: 8}}}}
        - {property_name: born, property_type: {temporal: {date32: }}, nullable: true}
        - {property_name: level, property_type: {primitive_type: DT_SIGNED_INT16}, default_value: 3}
      primary_keys: [id]
    - type_name: software
      properties:
        - {property_name: id, property_type: {primitive_type: DT_UNSIGNED_INT32}}
      primary_keys: [id]
  edge_types:
    - type_name: knows
      vertex_type_pair_relations:
        - {source_vertex: person, destination_vertex: person, relation: MANY_TO_ONE}
      properties:
        - {property_name: weight, property_type: {primitive_type: DT_DOUBLE}}
    - type_name: likes
      directed: false
      vertex_type_pair_relations:
        - {source_vertex: person, destination_vertex: person}
        - {source_vertex: person, destination_vertex: software}
stored_procedures:
  - {name: who, type: cypher, query: "MATCH (p:person {id: $id}) RETURN p.name;"}
  - {name: fast, type: cpp, query: "class X {}"}
"""
SOURCE = """\
graph: modern
loading_config:
  data_source: {scheme: file}
  import_option: init
  format:
    type: csv
    metadata: {delimiter: "|", header_row: TRUE, block_size: 4MB, escaping: true}
vertex_mappings:
  - type_name: person
    inputs: [person.csv]
    column_mappings:
      - {column: {index: 0, name: id}, property: id}
      - {column: {index: 1, name: called}, property: name}
      - {column: {index: 2}, property: code}
      - {column: {index: 3}, property: born}
      - {column: {index: 4}, property: level}
edge_mappings:
  - type_triplet: {edge: knows, source_vertex: person, destination_vertex: person}
    inputs: ["@knows.csv"]
    column_mappings:
      - {column: {index: 2}, property: weight}
  - type_triplet: {edge: likes, source_vertex: person, destination_vertex: software}
    inputs: ["odps://project/table"]
"""
DATA = {
    "person.csv": "id|called|code|born|level\n1|marko|m|1990-01-01|2\n2|vadas|v|1991-01-01|3\n",
    "knows.csv": "person.id|person.id|weight\n1|2|0.5\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"graph.yaml": GRAPH, "source.yaml": SOURCE, **DATA}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def converted(folder: Path, files: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The documents by file, and what is said: `CODE line text`."""
    given = [Given(name, folder / name, text.encode()) for name, text in files.items()]
    found = gather(given)
    made = documents(found)
    bodies = {}
    for draft in made.drafts:
        text = text_of([draft])
        assert lay_out(draft.path, text.encode()).text == text
        bodies[draft.path] = read_documents(draft.path, text.encode())[0][0].body
    return bodies, [f"{p.code} {p.at.line if p.at else 0} {p.summary}" for p in found.problems]


def test_a_graph_is_carried_whole_and_every_loss_is_named_with_its_line(folder: Path) -> None:
    bodies, said = converted(folder, {"graph.yaml": GRAPH})
    assert bodies["graphs/modern.yaml"]["metadata"]["description"] == "people and software"
    assert bodies["graphs/modern.yaml"]["spec"] == {
        "engine": "main",
        "vertices": {
            "person": {"key": "id", "properties": {
                "id": "int64", "name": "string", "code": "string(8)", "born": "date", "level": "int32"}},
            "software": {"key": "id", "properties": {"id": "uint32"}},
        },
        "edges": {
            "knows": {"from": "person", "to": "person", "multiplicity": "many-to-one",
                      "properties": {"weight": "double"}},
            "likes_person_person": {"from": "person", "to": "person"},
            "likes_person_software": {"from": "person", "to": "software"},
        },
    }  # fmt: skip
    assert bodies["procedures/who.yaml"]["spec"] == {
        "graph": "modern", "parameters": {"id": "int64"},
        "query": "MATCH (p:person {id: $id}) RETURN p.name",
    }  # fmt: skip
    assert said == [
        "CV103 8 `person`: max_vertex_num only tunes the memory of another engine",
        "CV103 13 `born`: no value is kept as missing",
        "CV104 14 `level`: DT_SIGNED_INT16 becomes int32",
        "CV103 14 `level`: a default is not kept",
        "CV103 27 `likes`: edges have a direction here",
        "CV103 29 `likes` has several pairs: person to person becomes `likes_person_person`",
        "CV103 30 `likes` has several pairs: person to software becomes `likes_person_software`",
        "CV103 33 the procedure `fast` is cpp: only Cypher is run",
    ]


def test_a_data_source_becomes_a_load_with_the_header_it_has(folder: Path) -> None:
    bodies, said = converted(folder, {"graph.yaml": GRAPH, "source.yaml": SOURCE})
    assert bodies["loads/modern.yaml"]["spec"] == {
        "graph": "modern", "format": {"delimiter": "|"},
        "vertices": {"person": {"files": ["../data/person.csv"], "columns": {"name": "called"}}},
        "edges": {"knows": {"files": ["../data/knows.csv"], "fromColumn": 0, "toColumn": 1}},
    }  # fmt: skip
    assert "CV103 7 a backslash escapes nothing here" in said
    assert "CV103 7 block_size: nothing to set here" in said
    assert (
        "CV103 23 odps://project/table is not a file of this machine: its type gets no load" in said
    )


def test_a_loading_job_tells_the_format_and_the_types(folder: Path) -> None:
    alone = SOURCE.split("vertex_mappings")[1]
    job = dedent("""\
        loading_config: {import_option: append, format: {type: csv, metadata: {delimiter: "\\\\t", header_row: "false"}}}
        vertices: [{type_name: person}]
        edges: []
        schedule: "2023-02-21 11:56:30"
        """)
    files = {"graph.yaml": GRAPH, "import.yaml": f"vertex_mappings{alone}", "job.yaml": job}
    bodies, said = converted(folder, files)
    spec = bodies["loads/modern.yaml"]["spec"]
    assert (spec["mode"], spec["format"]) == ("append", {"delimiter": "\t", "header": False})
    assert list(spec["vertices"]) == ["person"]
    assert "edges" not in spec
    assert any("`schedule`" in line for line in said)
    assert any("`knows` is in no loading job" in line for line in said)


def test_a_stores_own_schema_and_its_bulk_loader_are_carried(folder: Path) -> None:
    schema = json.dumps({"types": [
        {"id": 0, "label": "person", "type": "VERTEX", "indexes": [{"propertyNames": ["id"]}],
         "propertyDefList": [{"name": "id", "data_type": "LONG"}, {"name": "tags", "data_type": "STRING_LIST"}]},
        {"id": 1, "label": "knows", "type": "EDGE",
         "rawRelationShips": [{"srcVertexLabel": "person", "dstVertexLabel": "person"}],
         "propertyDefList": [{"name": "since", "data_type": "INT"}]},
    ]})  # fmt: skip
    mapping = json.dumps({
        "person.csv": {"label": "person", "propertiesColMap": {"0": "id", "1": "tags"}},
        "knows.csv": {"label": "knows", "srcLabel": "person", "dstLabel": "person",
                      "srcPkColMap": {"0": "id"}, "dstPkColMap": {"1": "id"}, "propertiesColMap": {"2": "since"}},
    })  # fmt: skip
    ini = f"split.size=256\nseparator=\\\\|\ncolumn.mapping.config={mapping}\nskip.header=true\n"
    bodies, said = converted(folder, {"social.json": schema, "load.ini": ini})
    spec = bodies["graphs/social.yaml"]["spec"]
    assert spec["vertices"]["person"]["properties"] == {"id": "int64", "tags": "string[]"}
    assert spec["edges"]["knows"] == {
        "from": "person",
        "to": "person",
        "properties": {"since": "int32"},
    }
    load = bodies["loads/social.yaml"]["spec"]
    assert load["vertices"]["person"]["columns"] == {"tags": "called"}
    assert load["edges"]["knows"] == {"files": ["../data/knows.csv"], "fromColumn": 0, "toColumn": 1,
                                      "columns": {"since": "weight"}}  # fmt: skip
    assert said == ["CV103 1 `split.size` is not carried: nothing to set here"]


REFUSED = {
    "no key": ("primary_keys: [id]", "primary_keys: []", "CV102", 7),
    "several keys": ("primary_keys: [id]", "primary_keys: [id, name]", "CV102", 15),
    "an unknown type": ("primitive_type: DT_DOUBLE", "primitive_type: DT_POINT", "CV102", 25),
    "a list": ("string: {long_text: }", "array: {component_type: x}", "CV102", 11),
    "YAML that is broken": ("name: modern", "name: modern\nname: again", "SY102", 2),
    "another shape": ("schema:", "shema:", "CV101", 1),
}


@pytest.mark.parametrize(("old", "new", "code", "line"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_made_is_an_error_with_its_line(
    folder: Path, old: str, new: str, code: str, line: int
) -> None:
    _, said = converted(folder, {"graph.yaml": GRAPH.replace(old, new, 1)})
    assert any(text.startswith(f"{code} {line} ") for text in said), said


def gsctl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return warm.gsctl("-C", str(folder), *words)


def test_what_is_written_is_valid_and_never_written_over(folder: Path) -> None:
    out = folder / "out"
    done = gsctl(folder, "convert", "graph.yaml", "source.yaml", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "they are valid" in done.stderr
    assert "--> source.yaml:23:" in done.stderr
    assert gsctl(out, "validate").returncode == 0
    assert gsctl(out, "fmt", "--check").returncode == 0
    again = gsctl(folder, "convert", "graph.yaml", "--out", str(out))
    assert (again.returncode, "OS101" in again.stderr) == (1, True)


def test_nothing_is_written_of_files_that_cannot_be_read(folder: Path) -> None:
    (folder / "graph.yaml").write_text("a: 1\n")
    done = gsctl(folder, "convert", "graph.yaml", "source.yaml", "--out", str(folder / "out"))
    assert done.returncode == 1
    assert "CV101" in done.stderr
    assert not (folder / "out").exists()


@pytest.mark.engine
def test_converted_files_load_on_a_real_engine(folder: Path, neug_python: Path) -> None:
    out = folder / "out"
    assert gsctl(folder, "convert", "graph.yaml", "source.yaml", "--out", str(out)).returncode == 0
    try:
        done = gsctl(out, "apply", "-y")
        assert done.returncode == 0, done.stdout + done.stderr
        asked = gsctl(out, "call", "who", "id=1", "--json")
        assert json.loads(asked.stdout)["rows"] == [["marko"]]
    finally:
        gsctl(out, "destroy", "-y", "--allow-deletes")
