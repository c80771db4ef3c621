"""Ladybug's part of the host process (reconciler/embedded/host.py), and its server.

The engine has no server of its own. Ours only reads, on the loopback, one process a graph:

    GET  /health    {"status": "ok"}
    GET  /schema    the tables
    POST /query     {"query": …, "parameters": {…}, "limit": …} -> {"columns", "rows", "more"}

A query gives at most so many rows and may take so many seconds. A lock on the file keeps writers
out: the engine's own readers hold none, and would read what a writer's checkpoint moves about.
"""

import contextlib
import fcntl
import http.server
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading

import ladybug

DATABASE = "graph.lbug"
CATALOG = "catalog.json"
MOST_BYTES = 1 << 20  # of a request
# What reads and writes files of whoever runs the server, or loads code into it.
OUTSIDE = re.compile(
    r"^\s*(?!(?:match|optional|unwind|with|return|call|explain|profile)\b)|\bload\s+(?:from|with)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`|/\*.*?\*/|//[^\n]*", re.DOTALL)


class Opened:
    """A database and a connection to it."""

    def __init__(self, folder, mode, threads=0, pages=0):
        path = os.path.join(folder, DATABASE)
        self.folder = folder
        self.writes = mode == "rw"
        if self.writes:
            os.makedirs(folder, exist_ok=True)
        # Checkpoints come when we say so: after each commit, and not where nothing was written.
        self.database = ladybug.Database(
            path,
            read_only=not self.writes,
            auto_checkpoint=False,
            max_num_threads=threads,
            buffer_pool_size=pages,
        )
        self.connection = ladybug.Connection(self.database)

    def rows(self, query):
        return answer(self.connection, query, {})[1]

    def close(self):
        self.connection.close()
        self.database.close()


class Completed(Opened):
    """A database whose checkpoint was cut short, read in a clone: only a writer can complete it."""

    def __init__(self, folder):
        self.clone = tempfile.mkdtemp(prefix="gsctl-completed-")
        for name in os.listdir(folder):
            if name.startswith(DATABASE) and not name.endswith(".lock"):
                shutil.copyfile(os.path.join(folder, name), os.path.join(self.clone, name))
        super().__init__(self.clone, "rw")
        self.writes = False

    def close(self):
        super().close()
        shutil.rmtree(self.clone, ignore_errors=True)


def open(folder, mode):
    try:
        return Opened(folder, mode)
    except RuntimeError as error:
        if mode == "rw" or "recovery is pending" not in str(error):
            raise
    return Completed(folder)


def execute(opened, query, parameters, _write):
    return answer(opened.connection, query, parameters)


def answer(connection, query, parameters):
    result = connection.execute(query, parameters)
    if isinstance(result, list):
        raise ValueError("one statement at a time")
    return result.get_column_names(), with_whole_numbers(result)


def with_whole_numbers(result):
    """The rows; of the widest whole numbers, as sums are, the engine makes decimals."""
    types = result.get_column_data_types()
    whole = [i for i, name in enumerate(types) if name.removeprefix("INT").isdigit()]
    for row in result:
        for i in whole:
            row[i] = None if row[i] is None else int(row[i])
        yield row


def begin(opened):
    opened.connection.execute("BEGIN TRANSACTION")


def commit(opened):
    opened.connection.execute("COMMIT")


def rollback(opened):
    # A statement that failed has rolled back already.
    with contextlib.suppress(RuntimeError):
        opened.connection.execute("ROLLBACK")


def schema(opened):
    """Every table, with its columns (name, type, whether it is the key) and its pairs."""
    listed = opened.rows("CALL show_tables() RETURN *")
    return {"tables": [table(opened, *row[1:]) for row in listed]}


def table(opened, name, kind, _database, comment):
    called = json.dumps(name, ensure_ascii=False)
    columns = opened.rows(f"CALL table_info({called}) RETURN *")
    pairs = opened.rows(f"CALL show_connection({called}) RETURN *") if kind == "REL" else ()
    return {
        "name": name,
        "kind": kind,
        "comment": comment,
        "properties": [[row[1], row[2], row[4] is True] for row in columns],
        "pairs": [row[:2] for row in pairs],
    }


def close(opened):
    """Close it; one that was written to is checkpointed, and what it holds is left beside it."""
    if not opened.writes:
        opened.close()
        return
    rollback(opened)
    opened.connection.execute("CHECKPOINT")
    seen = schema(opened)
    opened.close()
    leave(opened.folder, seen)


def leave(folder, seen):
    """So that looking at a graph needs no engine; see `store`."""
    found = os.stat(os.path.join(folder, DATABASE))
    new = pathlib.Path(folder, CATALOG + ".new")
    told = {"state": f"{found.st_size}-{found.st_mtime_ns}", "schema": seen}
    new.write_text(json.dumps(told), encoding="utf-8")
    new.rename(new.with_suffix(""))


def serve(stop, folder, port, *options):
    threads, pages, most_rows, timeout_s = map(int, options)
    opened = Opened(folder, "r", threads, pages)
    held = os.open(os.path.join(folder, DATABASE), os.O_RDONLY)
    fcntl.lockf(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    server = Server(opened, port, most_rows, timeout_s)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"serving {folder} on http://127.0.0.1:{port}", flush=True)
    stop.wait()
    server.shutdown()


class Server(http.server.ThreadingHTTPServer):
    """The server, with what its handlers need."""

    daemon_threads = True  # a query that runs does not keep us from ending

    def __init__(self, opened, port, most_rows, timeout_s):
        self.database = opened.database
        self.schema = schema(opened)
        self.most_rows = most_rows
        self.timeout_s = timeout_s
        super().__init__(("127.0.0.1", port), Handler)


class Refused(Exception):
    """A request that is answered with a status other than 200."""

    def __init__(self, status, says):
        super().__init__(says)
        self.status = status


class Handler(http.server.BaseHTTPRequestHandler):
    """One client. It has a connection to the database of its own, for as long as it stays."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds that a client may be silent
    disable_nagle_algorithm = True
    connection_to_database = None

    def do_GET(self):
        known = {"/health": {"status": "ok"}, "/schema": self.server.schema}
        if self.path in known:
            self.say(200, known[self.path])
        else:
            self.say(404, {"error": "there are /health, /schema and /query"})

    def do_POST(self):
        try:
            self.say(200, self.asked(self.request_read()))
        except Refused as error:
            self.say(error.status, {"error": str(error)})
        except Exception as error:  # whatever the engine throws is an answer, not our end
            slow = str(error).startswith("Interrupted")
            self.say(504 if slow else 400, {"error": str(error)})

    def request_read(self):
        """The request's body. Only JSON, and only for us: no page in a browser can send that."""
        size = self.headers.get("Content-Length", "")
        if not size.isdigit() or int(size) > MOST_BYTES:
            self.close_connection = True
            raise Refused(413, f"a Content-Length of up to {MOST_BYTES} is wanted")
        body = self.rfile.read(int(size))
        if self.path != "/query":
            raise Refused(404, "there are /health, /schema and /query")
        if self.headers.get_content_type() != "application/json":
            raise Refused(415, "a Content-Type of application/json is wanted")
        if self.headers.get("Host", "").rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            raise Refused(421, "this server is 127.0.0.1, under no other name")
        return body

    def asked(self, body):
        try:
            request = json.loads(body)
            query, parameters = str(request["query"]), dict(request.get("parameters") or {})
            limit = min(int(request.get("limit") or self.server.most_rows), self.server.most_rows)
        except (ValueError, KeyError, TypeError, AttributeError):
            says = 'the body is {"query": "…", "parameters": {…}, "limit": …}'
            raise Refused(400, says) from None
        if OUTSIDE.search(QUOTED.sub(" ", query)):
            raise Refused(403, "only queries are answered here, that touch nothing but the graph")
        columns, found = answer(self.connected(), query, parameters)
        return sys.modules["__main__"].table(columns, found, limit)

    def connected(self):
        if self.connection_to_database is None:
            self.connection_to_database = ladybug.Connection(self.server.database)
            self.connection_to_database.set_query_timeout(self.server.timeout_s * 1000)
        return self.connection_to_database

    def finish(self):
        super().finish()
        if self.connection_to_database is not None:
            self.connection_to_database.close()

    def say(self, status, answer):
        body = json.dumps(answer, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        """Nothing: queries hold users' data."""
