"""Runs in NeuG's own Python: loads a file by COPY into a fresh type, answers the rows it holds.

A line of JSON in {files, types, element}, a line of JSON out {rows} or {error}.
"""

import json
import logging
import os
import sys
import tempfile

os.environ["GLOG_minloglevel"] = "3"  # noqa: SIM112  the spelling that glog reads
logging.disable(logging.INFO)
from neug import Database  # noqa: E402

with tempfile.TemporaryDirectory() as place:
    database = Database(place + "/db", "rw")
    engine = database.connect()
    for number, line in enumerate(sys.stdin):
        asked = json.loads(line)
        table = f"T{number}"
        columns = ", ".join(f"p{i} {type_}" for i, type_ in enumerate(asked["types"]))
        engine.execute(f"CREATE NODE TABLE {table}({columns}, PRIMARY KEY (p0))")
        try:
            for path, delimiter, header in asked["files"]:
                engine.execute(
                    f'COPY {table} FROM "{path}" (header={str(header).lower()},'
                    f' delim="{delimiter}", auto_detect=false, escaping=false)'
                )
            values = ", ".join(f"n.p{i}" for i in range(len(asked["types"])))
            rows = [list(row) for row in engine.execute(f"MATCH (n:{table}) RETURN {values}")]
            print(json.dumps({"rows": rows}), flush=True)
        except Exception as error:  # noqa: BLE001
            print(json.dumps({"error": str(error)}), flush=True)
        engine.execute(f"DROP TABLE {table}")
    engine.close()
    database.close()
