"""The process in which NeuG runs: one script, standard library plus the engine, nothing of ours.

It is started by the engine's own runtime, so that the engine's pins, its aborts and its hold on the
interpreter never meet gsctl. Two ways:

    host.py work                       JSON requests on stdin, one JSON answer a line on stdout
    host.py serve DB PORT [THREADS]    a server for one database, until SIGTERM

A request is `{"op": …}`. A write is refused when the lease has passed to somebody with a newer epoch.
"""

import json
import logging
import os
import signal
import sys
import threading

os.environ.setdefault("GLOG_minloglevel", "3")  # before the import: the engine logs to stderr


def engine():
    """The engine's module, imported late and silently: it prints at import."""
    logging.disable(logging.INFO)
    import neug

    logging.getLogger("neug").setLevel(logging.CRITICAL)
    return neug


class Fenced(Exception):
    """A newer epoch is in force: this process slept through its lease."""


class Worker:
    """One open database, or one session with a server, at a time."""

    def __init__(self):
        self.database = None
        self.connection = None
        self.session = None
        self.lease = None
        self.epoch = 0

    def open(self, path, mode, lease=None, epoch=0):
        """Open a database: `r`, or `rw`, which makes one where there is none."""
        self.close()
        self.lease, self.epoch = lease, epoch
        if mode == "rw":
            self.check_fence()
        self.database = engine().Database(path, mode)
        self.connection = self.database.connect()

    def connect(self, url, timeout_s=30, lease=None, epoch=0):
        """Speak with a server instead."""
        self.close()
        self.lease, self.epoch = lease, epoch
        self.connection = self.session = engine().Session(url, timeout=f"{int(timeout_s)}s")

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
        access = "" if write else "r"
        result = self.connection.execute(query, access_mode=access, parameters=parameters or {})
        names = result.column_names() if hasattr(result, "column_names") else []
        columns = [as_written(name) for name in names]
        rows = []
        for row in result:
            if limit is not None and len(rows) >= limit:
                return {"columns": columns, "rows": rows, "more": True}
            rows.append([plain(value) for value in row])
        return {"columns": columns, "rows": rows, "more": False}

    def prepare(self, statements, queries):
        """Bind queries on an empty database with a catalog; the message of each that fails."""
        import shutil
        import tempfile

        folder = tempfile.mkdtemp(prefix="gsctl-prepare-")
        try:
            self.open(os.path.join(folder, "db"), "rw")
            for statement in statements:
                self.connection.execute(statement)
            return [self._bind(query) for query in queries]
        finally:
            self.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _bind(self, query):
        try:
            self.connection.execute("EXPLAIN " + query)
        except Exception as error:
            return str(error)
        return None

    def begin(self):
        self.check_fence()
        self.connection.begin_transaction()

    def commit(self):
        self.check_fence()
        self.connection.commit()

    def rollback(self):
        self.connection.rollback()

    def schema(self):
        raw = self.connection.get_schema()
        return json.loads(raw) if isinstance(raw, str) else raw

    def close(self):
        """Close what is open; a transaction that is open is rolled back by the engine."""
        for thing in (self.connection, self.database):
            if thing is not None:
                thing.close()
        self.connection = self.database = self.session = None

    def version(self):
        return {"version": engine().__version__, "python": sys.version.split()[0]}


def as_written(column):
    """A column's name as the query has it: without an alias the engine says `_0_n.name`."""
    head, _, rest = column[1:].partition("_") if column.startswith("_") else ("", "", "")
    return rest if head.isdigit() and ("." in rest or "(" in rest) else column


def plain(value):
    """A value of the engine in JSON's terms: dates and intervals as text, vertices as mappings."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)


def work():
    """Answer requests until stdin ends. The engine's own words go to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker()
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


def serve(path, port, threads="0"):
    """Serve one database on the loopback until told to stop; then close it, checkpoint included."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = engine().Database(path, "rw")
    url = database.serve(
        port=int(port),
        host="127.0.0.1",
        blocking=False,
        **({"thread_num": int(threads)} if int(threads) else {}),
    )
    print(f"serving {path} on {url}", flush=True)
    while not stop.wait(0.5):
        pass
    database.stop_serving()
    database.close()
    print("stopped", flush=True)


if __name__ == "__main__":
    {"work": work, "serve": serve}[sys.argv[1]](*sys.argv[2:])
