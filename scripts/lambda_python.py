"""Refuses to deploy without an interpreter of Lambda's own minor version at hand.

Functions are deployed with bytecode, which fits one minor version only; without it each cold
start compiles everything again.
"""

from __future__ import annotations

import sys

from infra.packages import compiler_for
from infra.settings import LAMBDA_PYTHON

_HOW = f"""
The functions run on Python {LAMBDA_PYTHON} and are deployed with its bytecode, and there is no
Python {LAMBDA_PYTHON} on this machine. Either

  install it beside this one (it is found by itself), or
  make clean && make PYTHON=/path/to/python{LAMBDA_PYTHON} deploy
"""


def main() -> None:
    if compiler_for(LAMBDA_PYTHON) is None:
        sys.exit(_HOW)


if __name__ == "__main__":
    main()
