"""The process in which an embedded engine runs: standard library plus the engine, nothing of ours.

It is started by the engine's own runtime, so that the engine's pins, its aborts and its hold on the
interpreter never meet gsctl. Two ways:

    host.py ENGINE work                     JSON requests on stdin, one JSON answer a line on stdout
    host.py ENGINE serve FOLDER PORT …      a server for one database, until SIGTERM

A request is `{"op": …}`. A write is refused when the lease has passed to somebody with a newer epoch.

ENGINE is the path of the engine's own part, a module of these functions:

    open(folder, mode)              something open: `r`, or `rw`, which makes a database where none is
    connect(url, timeout_s)         the same through a server
    execute(opened, query, parameters, write)    names of columns, and an iterable of rows
    begin(opened), commit(opened), rollback(opened)
    schema(opened)                  the engine's own account of its types, as JSON can carry it
    close(opened)                   what is uncommitted is rolled back
    serve(stop, folder, port, *options)          until `stop`, a threading.Event, is set
"""

import csv
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import threading


def load(path):
    """The engine's own part, from its file."""
    spec = importlib.util.spec_from_file_location("engine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Fenced(Exception):
    """A newer epoch is in force: this process slept through its lease."""


class Worker:
    """One open database, or one session with a server, at a time."""

    def __init__(self, engine):
        self.engine = engine
        self.opened = None
        self.lease = None
        self.epoch = 0

    def open(self, path, mode, lease=None, epoch=0):
        self.close()
        self.lease, self.epoch = lease, epoch
        if mode == "rw":
            self.check_fence()
        self.opened = self.engine.open(path, mode)

    def connect(self, url, timeout_s=30, lease=None, epoch=0):
        """Speak with a server instead."""
        self.close()
        self.lease, self.epoch = lease, epoch
        self.opened = self.engine.connect(url, int(timeout_s))

    def check_fence(self):
        if not self.lease:
            return
        try:
            with open(self.lease, encoding="utf-8") as file:
                current = json.load(file)["epoch"]
        except (OSError, ValueError, KeyError):
            raise Fenced("the lease cannot be read") from None
        if current != self.epoch:
            raise Fenced(f"the lease has passed on: epoch {current}, not {self.epoch}")

    def execute(self, query, parameters=None, write=False, limit=None):
        """Rows of a statement, as JSON can carry them, and the names of the columns."""
        if write:
            self.check_fence()
        columns, found = self.engine.execute(self.opened, query, parameters or {}, write)
        return table(columns, found, limit)

    def export(self, query, columns, path):
        """Write the rows of a query to a CSV file with a header; how many there are."""
        _, found = self.engine.execute(self.opened, query, {}, False)
        rows = 0
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            for row in found:
                writer.writerow([as_text(value) for value in row])
                rows += 1
        return rows

    def prepare(self, statements, queries):
        """Bind queries on an empty database with a catalog; the message of each that fails."""
        folder = tempfile.mkdtemp(prefix="gsctl-prepare-")
        try:
            self.open(os.path.join(folder, "db"), "rw")
            for statement in statements:
                self.engine.execute(self.opened, statement, {}, True)
            return [self._bind(query) for query in queries]
        finally:
            self.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _bind(self, query):
        try:
            self.engine.execute(self.opened, "EXPLAIN " + query, {}, True)
        except Exception as error:
            return str(error)
        return None

    def begin(self):
        self.check_fence()
        self.engine.begin(self.opened)

    def commit(self):
        self.check_fence()
        self.engine.commit(self.opened)

    def rollback(self):
        self.engine.rollback(self.opened)

    def schema(self):
        return self.engine.schema(self.opened)

    def close(self):
        opened, self.opened = self.opened, None
        if opened is not None:
            self.engine.close(opened)


def table(columns, found, limit):
    """Columns and rows, at most `limit`, and whether there are more."""
    rows = []
    for row in found:
        if limit is not None and len(rows) >= limit:
            return {"columns": columns, "rows": rows, "more": True}
        rows.append([plain(value) for value in row])
    return {"columns": columns, "rows": rows, "more": False}


def as_text(value):
    """A value as a load reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(as_text(item) for item in value) + "]"
    return (
        value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
    )


def plain(value):
    """A value of the engine in JSON's terms: dates and intervals as text, vertices as mappings."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)


def work(engine):
    """Answer requests until stdin ends. The engine's own words go to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(engine)
    for line in sys.stdin:
        request = json.loads(line)
        operation = request.pop("op")
        try:
            answer = {"ok": getattr(worker, operation)(**request)}
        except Fenced as error:
            answer = {"error": str(error), "kind": "fenced"}
        except Exception as error:  # whatever the engine throws is an answer, not our end
            answer = {"error": str(error), "kind": type(error).__name__}
        answers.write(json.dumps(answer, ensure_ascii=True, default=str) + "\n")
        answers.flush()
    worker.close()


def serve(engine, folder, port, *options):
    """Serve one database on the loopback until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine.serve(stop, folder, int(port), *options)
    print("stopped", flush=True)


if __name__ == "__main__":
    {"work": work, "serve": serve}[sys.argv[2]](load(sys.argv[1]), *sys.argv[3:])
