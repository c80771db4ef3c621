"""Any number of stories: `python -m tests.loop.simulation --seeds 0:100000`.

Prints each seed that fails with its trace, and ends with 1 then. `--trace` tells one that does not.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from .story import simulate


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:2000", help="from:to, without the last")
    parser.add_argument("--trace", action="store_true", help="print what happens")
    parser.add_argument("--most", type=int, default=3, help="end after so many that fail")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition(":")
    failed, began = 0, time.monotonic()
    for seed in range(int(first), int(last or int(first) + 1)):
        try:
            story = simulate(seed)
        except Exception:  # noqa: BLE001  whatever it is, the seed is what is wanted
            failed += 1
            traceback.print_exc()
            print(f"failed: seed {seed}", flush=True)
            if failed == asked.most:
                break
        else:
            if asked.trace:
                print("\n".join(story.trace))
    seconds = time.monotonic() - began
    print(f"{failed} failed, up to seed {seed}, in {seconds:.1f} s", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
