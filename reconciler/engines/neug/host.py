"""NeuG's part of the host process (reconciler/embedded/host.py): what only NeuG does so."""

import json
import logging
import os

os.environ.setdefault("GLOG_minloglevel", "3")  # before the import: the engine logs to stderr


def engine():
    """The engine's module, imported late and silently: it prints at import."""
    logging.disable(logging.INFO)
    import neug

    logging.getLogger("neug").setLevel(logging.CRITICAL)
    return neug


class Opened:
    """A connection, and what must be closed with it."""

    def __init__(self, connection, database=None):
        self.connection = connection
        self.database = database


def open(folder, mode):
    database = engine().Database(folder, mode)
    return Opened(database.connect(), database)


def connect(url, timeout_s):
    return Opened(engine().Session(url, timeout=f"{timeout_s}s"))


def execute(opened, query, parameters, write):
    result = opened.connection.execute(
        query, access_mode="" if write else "r", parameters=parameters
    )
    names = result.column_names() if hasattr(result, "column_names") else []
    return [as_written(name) for name in names], result


def begin(opened):
    opened.connection.begin_transaction()


def commit(opened):
    opened.connection.commit()


def rollback(opened):
    opened.connection.rollback()


def schema(opened):
    raw = opened.connection.get_schema()
    return json.loads(raw) if isinstance(raw, str) else raw


def close(opened):
    for thing in (opened.connection, opened.database):
        if thing is not None:
            thing.close()


def as_written(column):
    """A column's name as the query has it: without an alias the engine says `_0_n.name`."""
    head, _, rest = column[1:].partition("_") if column.startswith("_") else ("", "", "")
    return rest if head.isdigit() and ("." in rest or "(" in rest) else column


def serve(stop, folder, port, threads="0"):
    """Serve until told to stop; then close, checkpoint included."""
    database = engine().Database(folder, "rw")
    url = database.serve(
        port=port,
        host="127.0.0.1",
        blocking=False,
        **({"thread_num": int(threads)} if int(threads) else {}),
    )
    print(f"serving {folder} on {url}", flush=True)
    while not stop.wait(0.5):
        pass
    database.stop_serving()
    database.close()
