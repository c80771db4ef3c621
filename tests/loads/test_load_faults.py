"""Every kind of fault is found, on its line, counted, and nothing else is."""

import gzip
import random

import pytest
from load_files import data_file, edges, found, vertices

from reconciler.loads.check import ExistingKeys
from reconciler.model.loading import LoadOptions

TYPES = {"id": "int64", "name": "string", "v": "int32"}
BAD_VALUES = {
    "bool": ["yes", "1", "t", " true", "tRUE"],
    "int32": ["+5", " 5", "5 ", "1.0", "1e3", "1_000", "0x10", "012", "2147483648", "-0", "x"],
    "int64": ["9223372036854775808", "1.5", "--1"],
    "uint32": ["-1", "4294967296"],
    "uint64": ["-1", "18446744073709551616"],
    "float": ["1e39", "nan", "inf", "-inf", "Infinity", "+1", " 1", "1_0", "0x1p3", "1,5", "."],
    "double": ["1e309", "nan", "1e", "1 ", "1d"],
    "date": ["2024-02-30", "20240203", "2024-2-3", "10000-01-01", "9999-12-31", "1600-02-29",
             "infinity", "2024-02-03 00:00:00", "-001-01-01"],
    "timestamp": ["2024-02-30 00:00:00", "2024-02-03 24:00:00", "2024-02-03 04:05:06.1234",
                  "2024-02-03 04:05:06+02:00", "2024-02-03 04:05", "1706933106000", "now",
                  "0000-01-01 00:00:00"],
    "interval": ["-1 day", "PT1H", "1 day,2 hours", "1.5 seconds", "1 hour 1 day", "1", "days"],
    "int32[]": ["[1,,2]", "[2147483648]", "[01]", "1", "[1", "[1.5]", "[]x", "[1,]"],
    "double[]": ["[nan]", "[1e999]", "[1;2]"],
    "float[]": ["[1e39]"],
    "bool[]": ["[1]", "[true,]"],
}  # fmt: skip
GOOD_VALUES = {
    "bool": ["true", "false", "True", "FALSE"],
    "int32": ["0", "-2147483648", "2147483647"],
    "int64": ["-9223372036854775808", "9223372036854775807"],
    "uint32": ["0", "4294967295"],
    "uint64": ["18446744073709551615"],
    "float": ["1", "1.5", "-.5", "5.", "3.4028235e38", "1e-45", "1E5", "0", "-0.0"],
    "double": ["1e308", "4.9e-324", "1e+5", "0.1"],
    "date": ["2024-02-29", "1677-09-22", "2262-04-11"],
    "timestamp": ["2024-02-03", "2024-02-03 04:05:06", "2024-02-03T04:05:06.789Z",
                  "0001-01-01 00:00:00", "9999-12-31 23:59:59.999"],
    "interval": ["1 day", "1 year 2 months", "90 minutes", "2 weeks 1 day 5 milliseconds"],
    "int32[]": ["[]", "[1]", "[1,-2,3]", "[1, 2]"],
    "double[]": ["[1.5,2e3]"],
    "bool[]": ["[true,false]"],
}  # fmt: skip


def quoted(value):
    return '"' + value.replace('"', '""') + '"'


@pytest.mark.parametrize("type_", BAD_VALUES)
def test_value_not_in_its_strict_form_is_found_on_its_line(type_, check, tmp_path):
    good, bad = GOOD_VALUES.get(type_, ["[]"]), BAD_VALUES[type_]
    values = [value for one in bad for value in (*good, one)]
    text = "id,x\n" + "".join(f"{i},{quoted(v)}\n" for i, v in enumerate(values))
    report = check(
        vertices(data_file(tmp_path / "v.csv", text.encode()), {"id": "int64", "x": type_})
    )
    wanted = [(i + 1) * (len(good) + 1) + 1 for i in range(len(bad))]
    assert found(report) == [("LD201", line) for line in wanted]
    assert report.counts == {"LD201": len(bad)}


@pytest.mark.parametrize("type_", GOOD_VALUES)
def test_values_in_strict_form_pass(type_, check, tmp_path):
    text = "id,x\n" + "".join(f"{i},{quoted(v)}\n" for i, v in enumerate(GOOD_VALUES[type_]))
    report = check(
        vertices(data_file(tmp_path / "v.csv", text.encode()), {"id": "int64", "x": type_})
    )
    assert (report.faults, report.rows) == ((), len(GOOD_VALUES[type_]))


ROWS = {
    "a short row": (b"1,a,1\n2,b\n3,c,3\n", [("LD205", 3)]),
    "a long row": (b"1,a,1\n2,b,2,x\n3,c,3\n", [("LD206", 3)]),
    "a long row whose surplus is empty": (b"1,a,1\n2,b,2,\n", [("LD206", 3)]),
    "a far too long row": (b"1,a,1,,,,\n2,b,2\n", [("LD206", 2)]),
    "a line of one blank": (b"1,a,1\n \n2,b,2\n", [("LD205", 3)]),
    "an empty key": (b"1,a,1\n,b,2\n", [("LD207", 3)]),
    "a null in a number": (b"1,a,\n2,b,2\n", [("LD208", 2)]),
    "a key twice": (b"1,a,1\n2,b,2\n1,c,3\n1,d,4\n", [("LD203", 4), ("LD203", 5)]),
    "text after a closing quote": (b'1,"a"b,1\n2,b,2\n', [("LD209", 2)]),
    "a blank after a closing quote": (b'1,"a" ,1\n2,b,2\n', [("LD209", 2)]),
    "a quote never closed": (b'1,a,1\n2,"b,2\n3,c,3\n', [("LD209", 3)]),
    "a quote never closed in the first column": (b'1,a,1\n"2,b,2\n3,c,3\n', [("LD209", 3)]),
    "the same, hidden behind another": (b'1,a"b,1\n"2,b,2\n3,c,3\n', [("LD209", 3)]),
    "bytes that are not UTF-8": (b"1,a,1\n2,\xff,2\n", [("LD210", 3)]),
    "a surrogate": (b"1,a,1\n2,\xed\xa0\x80,2\n", [("LD210", 3)]),
    "a sequence cut off at the end": (b"1,a,1\n2,b,2\xc3", [("LD210", 3)]),
    "a NUL": (b"1,a,1\n2,a\0b,2\n", [("LD211", 3)]),
    "a string of blanks": (b'1,a,1\n2," ",2\n3,\t,3\n', [("LD213", 3), ("LD213", 4)]),
    "a carriage return that ends a line": (b"1,a,1\r2,b,2\n", [("LD214", 2)]),
    "two carriage returns before the line end": (b"1,a,1\r\r\n2,b,2\r\n", [("LD214", 2)]),
    "lines counted through quoted newlines":
        (b'1,"a\nb\n\nc",1\n2,b,x\n3,"\n",3\n4,"d\n",y\n', [("LD201", 6), ("LD213", 7), ("LD201", 9)]),
    "lines counted through blank lines": (b"\n1,a,1\n\n\n2,b,x\n", [("LD201", 6)]),
    "lines counted with CRLF": (b'1,"a\r\nb",1\r\n2,b,x\r\n', [("LD201", 4)]),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_fault_is_found_on_its_line(case, check, tmp_path):
    body, wanted = ROWS[case]
    file = data_file(tmp_path / "v.csv", b"id,name,v\n" + body)
    report = check(vertices(file, TYPES))
    assert found(report) == wanted
    assert sum(report.counts.values()) == len(wanted)
    assert not report.files


CLEAN = {
    "nothing but a header": (b"", 0),
    "blank lines": (b"\n1,a,1\n\n2,b,2\n\n\n", 2),
    "no line end at the end": (b"1,a,1\n2,b,2", 2),
    "CRLF": (b'1,a,1\r\n2,"b\r\nc",2\r\n', 2),
    "CRLF with LF inside quotes": (b'1,a,1\r\n2,"b\nc",2\r\n', 2),
    "mixed line ends": (b"1,a,1\r\n2,b,2\n3,c,3\r\n", 3),
    "a carriage return inside quotes": (b'1,"a\rb",1\n2,b,2\n', 2),
    "a quote inside a value": (b'1,a"b,1\n2,"c""d",2\n3,"""",3\n', 3),
    "a quote after a blank": (b'1, "a",1\n2,b,2\n', 2),
    "backslashes": (b'1,\\,1\n2,"\\",2\n3,a\\nb,3\n', 3),
    "empty strings": (b'1,,1\n2,"",2\n', 2),
    "umlauts": ("1,äöü,1\n2,日本\u2028,2\n".encode(), 2),
    "other readers' words for nothing": (b"1,NULL,1\n2,N/A,2\n3,\\N,3\n", 3),
}


@pytest.mark.parametrize("case", CLEAN)
def test_clean_file_has_no_fault(case, check, tmp_path):
    body, rows = CLEAN[case]
    report = check(vertices(data_file(tmp_path / "v.csv", b"id,name,v\n" + body), TYPES))
    assert (report.faults, report.rows) == ((), rows)
    assert [file.path for file in report.files] == [str(tmp_path / "v.csv")]


def test_string_longer_than_its_type_is_found_in_bytes(check, tmp_path):
    file = data_file(tmp_path / "v.csv", "id,name\n1,abcd\n2,äöü\n3,äö\n4,abcde\n".encode())
    report = check(vertices(file, {"id": "int64", "name": "string(4)"}))
    assert found(report) == [("LD202", 3), ("LD202", 5)]


def test_string_longer_than_the_engine_keeps_is_found(check, tmp_path):
    file = data_file(tmp_path / "v.csv", b"id,name\n1," + b"x" * 100 + b"\n2," + b"x" * 101 + b"\n")
    report = check(vertices(file, {"id": "int64", "name": "string"}, largest_string=100))
    assert found(report) == [("LD202", 3)]


def test_longest_value_is_reported_in_bytes(check, tmp_path):
    file = data_file(tmp_path / "v.csv", "id,a,b\n1,äöü,\n2,x,日\n".encode())
    report = check(vertices(file, {"id": "int64", "a": "string", "b": "string(9)"}))
    assert report.longest == {"a": 6, "b": 3}


def test_more_than_twenty_faults_are_counted_and_twenty_placed(check, tmp_path):
    text = "id,name,v\n" + "".join(f"{i},a,x{i}\n" for i in range(1000))
    report = check(vertices(data_file(tmp_path / "v.csv", text.encode()), TYPES))
    assert found(report) == [("LD201", line) for line in range(2, 22)]
    assert report.counts == {"LD201": 1000}
    assert report.faults[-1].summary.startswith("1,000 values")


def test_excerpt_is_the_line_with_control_characters_escaped(check, tmp_path):
    file = data_file(tmp_path / "v.csv", b"id,name,v\n1,a\x1b[31m,x\x07y\n")
    (fault,) = check(vertices(file, TYPES)).faults
    assert fault.excerpt == "1,a\\x1b[31m,x\\x07y"
    assert fault.summary == "`v`: `x\\x07y` is no int32"
    assert str(fault.at) == "v.csv:2"


class TestEdges:
    def given(self, check, tmp_path, keys="1\n2\n3\n"):
        file = data_file(tmp_path / "v.csv", b"id\n" + keys.encode())
        assert not check(vertices(file, {"id": "int64"})).faults

    def test_dangling_ends_are_found(self, check, tmp_path):
        self.given(check, tmp_path)
        file = data_file(tmp_path / "e.csv", b"from,to\n1,2\n4,1\n1,5\n6,7\n")
        report = check(edges(file))
        assert found(report) == [("LD204", 3), ("LD204", 4), ("LD204", 5), ("LD204", 5)]

    def test_dropped_edges_are_counted_and_staged_away(self, check, tmp_path):
        self.given(check, tmp_path)
        file = data_file(tmp_path / "e.csv", b"from,to,w\n1,2,a\n4,1,b\n3,1,c\n")
        options = LoadOptions(on_dangling_edge="drop")
        report = check(edges(file, {"w": "string"}, options=options))
        assert (report.faults, report.rows, report.dropped) == ((), 2, 1)
        assert report.pairs == {("V", "V"): 2}
        assert staged_rows(report) == [["1", "2", "a"], ["3", "1", "c"]]

    @pytest.mark.parametrize(
        ("multiplicity", "lines"),
        [("many-to-many", []), ("many-to-one", [4]), ("one-to-many", [3]), ("one-to-one", [3, 4])],
    )
    def test_edges_beyond_the_multiplicity_are_found(self, multiplicity, lines, check, tmp_path):
        self.given(check, tmp_path)
        file = data_file(tmp_path / "e.csv", b"from,to\n1,2\n2,2\n1,3\n")
        report = check(edges(file, multiplicity=multiplicity))
        assert found(report) == [("LD212", line) for line in lines]

    def test_ends_in_a_wrong_form_are_not_called_dangling(self, check, tmp_path):
        self.given(check, tmp_path)
        file = data_file(tmp_path / "e.csv", b"from,to\n1,2\n01,2\n1,\n")
        assert found(check(edges(file))) == [("LD201", 3), ("LD207", 4)]

    def test_ends_may_be_keys_that_live_already(self, tmp_path):
        live = tmp_path / "live.csv"
        live.write_bytes(b'n.id\n"a\\"b"\n"c\\\\"\n" d"\n')
        file = data_file(tmp_path / "e.csv", b'from,to\n"a""b",c\\\n" d",e\n')
        wanted = edges(file, key_type="string", existing={"V": ExistingKeys(str(live))})
        from reconciler.loads.checker import Checker

        with Checker() as fresh:
            report = fresh.submit(wanted).result(timeout=60)
        assert found(report) == [("LD204", 3)]


def staged_rows(report):
    import csv

    (file,) = report.files
    with open(file.path, encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))[1:]


def test_keys_that_live_already_count_as_duplicates(check, tmp_path):
    live = tmp_path / "live.csv"
    live.write_bytes(b"n.id\n2\n9\n")
    file = data_file(tmp_path / "v.csv", b"id\n1\n2\n3\n")
    wanted = vertices(file, {"id": "int64"}, existing={"V": ExistingKeys(str(live))})
    assert found(check(wanted)) == [("LD203", 3)]


def test_first_of_each_key_wins_in_list_order_then_line(check, tmp_path):
    one = data_file(tmp_path / "b.csv", b"id,x\n1,a\n2,b\n1,c\n")
    two = data_file(tmp_path / "a.csv", b"id,x\n2,d\n3,e\n")
    types = {"id": "int64", "x": "string"}
    report = check(vertices([one, two], types, options=LoadOptions(on_duplicate_key="first")))
    assert (report.faults, report.rows, report.duplicates_skipped) == ((), 3, 2)
    assert staged_rows(report) == [["1", "a"], ["2", "b"], ["3", "e"]]


def test_nulls_become_the_zero_of_their_type_when_asked(check, tmp_path):
    types = {"id": "int64", "s": "string", "n": "int32", "d": "date", "l": "int64[]", "f": "float"}
    file = data_file(tmp_path / "v.csv", b'id,s,n,d,l,f\n1,,,,,\n2,NA,NA,2024-01-02,"[1,2]",1.5\n')
    options = LoadOptions(on_null="default", null_values=("", "NA"))
    report = check(vertices(file, types, options=options))
    assert not report.faults
    assert staged_rows(report) == [
        ["1", "", "0", "1970-01-01", "[]", "0.0"],
        ["2", "NA", "0", "2024-01-02", "[1,2]", "1.5"],
    ]


def test_limit_takes_the_first_rows_and_the_edges_between_them(check, tmp_path):
    options = LoadOptions(limit=2)
    file = data_file(tmp_path / "v.csv", b"id\n1\n2\n3\nx\n")
    assert check(vertices(file, {"id": "int64"}, options=options)).rows == 2
    report = check(edges(data_file(tmp_path / "e.csv", b"from,to\n1,2\n2,3\n"), options=options))
    assert (report.faults, report.rows, staged_rows(report)) == ((), 1, [["1", "2"]])


def test_columns_in_another_order_are_staged_in_the_wanted_one(check, tmp_path):
    file = data_file(tmp_path / "v.csv", b'v;id;other;name\n1;7;x;"a;b"\n')
    report = check(vertices(file, TYPES, ["v", "id", "other", "name"], LoadOptions(delimiter=";")))
    assert staged_rows(report) == [["7", "a;b", "1"]]


def test_property_without_a_column_is_staged_as_its_zero(check, tmp_path):
    file = data_file(tmp_path / "v.csv", b"id,name\n1,a\n")
    assert staged_rows(check(vertices(file, TYPES, ["id", "name"]))) == [["1", "a", "0"]]


def test_packed_file_is_unpacked_and_staged(check, tmp_path):
    file = data_file(tmp_path / "v.csv.gz", gzip.compress(b"id,name,v\n1,a,1\n"))
    assert staged_rows(check(vertices(file, TYPES))) == [["1", "a", "1"]]


def test_packed_file_that_is_cut_off_is_a_fault(check, tmp_path):
    content = gzip.compress(b"id,name,v\n" + b"1,a,1\n" * 1000)[:-20]
    file = data_file(tmp_path / "v.csv.gz", content)
    assert found(check(vertices(file, TYPES))) == [("LD215", 1)]


def test_file_that_is_not_the_digested_one_is_a_fault(check, tmp_path):
    file = data_file(tmp_path / "v.csv", b"id,name,v\n1,a,1\n")
    (tmp_path / "v.csv").write_bytes(b"id,name,v\n2,a,1\n")
    assert found(check(vertices(file, TYPES))) == [("LD120", 1)]


def test_file_that_is_gone_is_a_fault(check, tmp_path):
    file = data_file(tmp_path / "v.csv", b"id,name,v\n1,a,1\n")
    (tmp_path / "v.csv").unlink()
    assert found(check(vertices(file, TYPES))) == [("LD215", 1)]


def test_lists_that_would_not_arrive_whole_are_refused(check, tmp_path):
    file = data_file(tmp_path / "v.csv", b"id,x\n1,[a]\n")
    report = check(vertices(file, {"id": "int64", "x": "string[]"}))
    assert report.counts == {"LD216": 1}


def test_twenty_planted_faults_are_found_and_nothing_else(check, tmp_path):
    chance = random.Random(7)
    text = ['"a\nb"', "plain", '"q""uote"', "ä", '"x,y"', '"\n\n"']
    rows = [f"{i},{chance.choice(text[:5])},{chance.randrange(99)}" for i in range(20_000)]
    plants = {
        "LD201": lambda i: f"{i},a,1.0", "LD205": lambda i: f"{i},a", "LD206": lambda i: f"{i},a,1,",
        "LD207": lambda _: ",a,1", "LD208": lambda i: f"{i},a,", "LD209": lambda i: f'{i},"a"b,1',
        "LD203": lambda i: f"{i - 1},again,1", "LD202": lambda i: f"{i},{'x' * 99},1",
    }  # fmt: skip
    planted = {}
    for place in sorted(chance.sample(range(0, 20_000, 3), 20)):
        code = chance.choice(sorted(plants))
        rows[place] = plants[code](place)
        planted[place] = code
    wanted, line = [], 2
    for i, row in enumerate(rows):
        if i in planted:
            wanted.append((planted[i], line))
        line += 1 + row.count("\n")
    file = data_file(tmp_path / "v.csv", ("id,name,v\n" + "\n".join(rows) + "\n").encode())
    report = check(vertices(file, {**TYPES, "name": "string(50)"}))
    assert found(report) == wanted
    assert sum(report.counts.values()) == 20
