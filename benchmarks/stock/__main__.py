"""`python -m benchmarks.stock`: the stock engine alone. `--quick`: 100 thousand rows, not a
million; `--full`: 10,000 buyers of the spread SKU too."""

from __future__ import annotations

import sys

from benchmarks.stock.measured import measured
from benchmarks.stock.report import stock_lines

if __name__ == "__main__":
    result = measured(
        lambda line: print(line, file=sys.stderr, flush=True),
        quick="--quick" in sys.argv[1:],
        full="--full" in sys.argv[1:],
    )
    print("\n".join(stock_lines(result)))
