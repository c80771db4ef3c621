"""The law: what Python's csv reads from a file is what is in the graph, or the file is refused."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from load_files import data_file, read_by_csv, vertices

from reconciler.loads.check import plan_copy
from reconciler.loads.checker import Checker
from reconciler.model.loading import LoadOptions

TOKENS = ['"', '""', ",", ";", "|", "\t", "\n", "\n\n", "\r\n", "\r", " ", "a", "b", "é", "\\", "'",
          '",', '"\n', ',"', '"a"', "NULL", "#", "\ufeff", "\x0b", "\x1f", "1"]  # fmt: skip
CALM = HealthCheck.function_scoped_fixture, HealthCheck.too_slow


@pytest.fixture(scope="module")
def neug(neug_python):
    host = Path(__file__).with_name("neug_rows.py")
    process = subprocess.Popen(
        [neug_python, str(host)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def rows(files, types):
        asked = {"files": [[f.path, f.delimiter, f.header] for f in files], "types": types}
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield rows
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def noise():
    return st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)


def well_written(delimiter):
    """Rows of two values, quoted by chance, line ends by chance: mostly sound files."""
    value = st.lists(st.sampled_from(TOKENS), max_size=4).map("".join)
    cell = st.builds(
        lambda text, quoted: '"' + text.replace('"', '""') + '"' if quoted else text,
        value, st.booleans(),
    )  # fmt: skip
    row = st.tuples(cell, cell).map(delimiter.join)
    rows = st.lists(row, max_size=5)
    end = st.sampled_from(["\n", "\r\n"])
    return st.builds(lambda rows, end, last: end.join(rows) + last * end, rows, end, st.booleans())


@st.composite
def files(draw):
    delimiter = draw(st.sampled_from(",,;|\t:"))
    header = draw(st.booleans())
    body = draw(st.one_of(noise(), well_written(delimiter)))
    if not header and not body.split("\n")[0].strip("\r\ufeff"):
        body = f"a{delimiter}b\n{body}"  # one that starts with a blank line is refused by resolve
    start = draw(st.sampled_from(["", "", "\ufeff"]))
    head = f"id{delimiter}x" + draw(st.sampled_from(["\n", "\r\n"])) if header else ""
    return (start + head + body).encode(), delimiter, header


@given(files(), st.booleans())
@example((b'id,x\na," b"\n', ",", True), False)
@example((b'id,x\na,\\\nb,"\\"\nc,\\n\n', ",", True), False)
@example((b'id,x\n"a,b\nc,d\n', ",", True), False)
@example((b'id,x\na"b,c\n"d,e\nf,g\n', ",", True), False)
@example((b'id,x\na,"" "\n', ",", True), False)
@example((b"id,x\na, \n", ",", True), False)
@example((b'id,x\r\na,"b\nc"\r\n', ",", True), True)
@settings(max_examples=3000, deadline=None, suppress_health_check=CALM)
def test_graph_holds_what_csv_reads_or_the_file_is_refused(neug, checker, tmp_path, case, turned):
    content, delimiter, header = case
    options = LoadOptions(delimiter=delimiter, header=header)
    file = data_file(tmp_path / "v.csv", content)
    columns = ["x", "id"] if turned else ["id", "x"]
    wanted = vertices(file, {"id": "string", "x": "string"}, columns, options)
    report = checker.submit(wanted).result(timeout=60)
    if report.faults:
        assert not report.files
        return
    rows = read_by_csv(content, delimiter, header=header)
    assert rows is not None, "accepted what csv refuses"
    if turned:
        rows = [[key, value] for value, key in rows]
    direct = plan_copy(wanted)
    assert direct is None or direct == report.files
    answer = neug(report.files, ["VARCHAR(1024)", "VARCHAR(1024)"])
    assert sorted(answer["rows"]) == sorted(rows)
    assert report.rows == len(rows)


@given(files())
@settings(max_examples=6000, deadline=None, suppress_health_check=CALM)
def test_check_accepts_only_what_csv_reads_and_counts_its_rows(checker, tmp_path, case):
    content, delimiter, header = case
    options = LoadOptions(delimiter=delimiter, header=header)
    file = data_file(tmp_path / "v.csv", content)
    wanted = vertices(file, {"id": "string", "x": "string"}, ["id", "x"], options)
    report = checker.submit(wanted).result(timeout=60)
    rows = read_by_csv(content, delimiter, header=header)
    sound = rows is not None and all(len(row) == 2 and row[0] for row in rows)
    sound = sound and len({row[0] for row in rows}) == len(rows)
    if not report.faults:
        assert sound
        assert report.rows == len(rows)
    elif sound:  # refused, though csv reads it: for these reasons only
        assert set(report.counts) <= {"LD211", "LD213", "LD214"}


TYPED = {
    "int32": ("INT32", ["0", "-5", "2147483647"], int),
    "uint64": ("UINT64", ["0", "18446744073709551615"], int),
    "double": ("DOUBLE", ["0.1", "-.5", "5.", "1e308", "4.9e-324", "1E+5"], float),
    "bool": ("BOOL", ["true", "False", "TRUE"], lambda text: text.lower() == "true"),
    "int64[]": ("INT64[]", ["[]", "[1,-2]", "[1, 2]"], json.loads),
    "double[]": ("DOUBLE[]", ["[1.5,2e3]", "[]"], json.loads),
}


@pytest.mark.parametrize("type_", TYPED)
@pytest.mark.parametrize("staged", [False, True])
def test_values_arrive_as_they_are_written(type_, staged, neug, checker, tmp_path):
    engine_type, values, read = TYPED[type_]
    lines = "".join(f'k{i},"{value}"\n' for i, value in enumerate(values))
    file = data_file(tmp_path / "v.csv", ("id,x\n" + lines).encode())
    options = LoadOptions(on_null="default") if staged else LoadOptions()
    report = checker.submit(vertices(file, {"id": "string", "x": type_}, options=options)).result()
    assert not report.faults
    rows = neug(report.files, ["VARCHAR(256)", engine_type])["rows"]
    assert sorted(rows) == [[f"k{i}", read(value)] for i, value in enumerate(values)]


def test_killed_worker_is_an_error_and_never_a_wait(tmp_path):
    file = data_file(tmp_path / "v.csv", b"id\n" + b"".join(b"%d\n" % i for i in range(500_000)))
    from reconciler.loads.checker import CheckerDied

    with Checker() as checker:
        wanted = vertices(file, {"id": "int64"})
        waiting = [checker.submit(wanted) for _ in range(5)]
        checker.kill()
        for future in waiting[1:]:
            with pytest.raises(CheckerDied, match="by signal 9"):
                future.result(timeout=30)
        with pytest.raises(CheckerDied):
            checker.submit(wanted).result(timeout=30)


@pytest.mark.slow
def test_worker_stays_within_its_memory(tmp_path):
    with (tmp_path / "v.csv").open("wb") as out:
        out.write(b"id,name\n")
        for i in range(5_000_000):
            out.write(b"package-%09d,some words about it %d\n" % (i * 7919 % 5_000_000, i))
    file = data_file(tmp_path / "v.csv")
    with Checker() as checker:
        wanted = vertices(file, {"id": "string", "name": "string"})
        assert checker.submit(wanted).result(timeout=300).rows == 5_000_000
        status = Path(f"/proc/{checker.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    assert peak < 340 * 1024  # KiB
