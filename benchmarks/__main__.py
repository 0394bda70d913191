"""`make bench`: measures, prints the table, writes `benchmarks/results/latest.json`.

`python -m benchmarks --quick` leaves the local stack out and takes fewer orders and rows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import local_stack
from benchmarks.channels import captures
from benchmarks.measure import everything
from benchmarks.report import table
from benchmarks.stock.measured import measured

LATEST = Path(__file__).parent / "results/latest.json"


def main(quick: bool) -> None:
    skipped = {"skipped": "--quick"}
    result = everything(
        rounds=2 if quick else 6,
        cold_times=1 if quick else 5,
        stack=skipped if quick else local_stack.measured(),
        say=_say,
    )
    _say("channels: captures of each")
    result["channels"] = captures(orders=5 if quick else 30)
    result["stock"] = measured(_say, quick=quick)
    print(table(result))
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(result, indent=2) + "\n")
    print("written to benchmarks/results/latest.json")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
