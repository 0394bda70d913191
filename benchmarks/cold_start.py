"""Cold starts: each function's handler imported in fresh processes, bytecode present."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.catalogue.functions import FUNCTIONS

ROOT = Path(__file__).parents[1]
_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "SECRETS_PREFIX": "oms-local",
    "POWERTOOLS_METRICS_NAMESPACE": "oms",
    **{f"{name}_TABLE": "t" for name in ("ORDERS", "INBOUND", "STOCK", "INDEX")},
}


def cold_start(function: str) -> dict[str, Any]:
    """One fresh process. Raises CalledProcessError when the handler does not load."""
    path = os.pathsep.join((str(ROOT / "layers/oms/python"), str(ROOT)))
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/cold_child.py"), function],
        env={**_ENVIRONMENT, "PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def cold_starts(times: int = 5) -> dict[str, dict[str, Any]]:
    """The median of `times` processes for each function, after one that writes the bytecode."""
    return {row.name: _median(row.name, times) for row in FUNCTIONS}


def _median(function: str, times: int) -> dict[str, Any]:
    cold_start(function)
    runs = [cold_start(function) for _ in range(times)]
    middle = {
        name: statistics.median(run[name] for run in runs) for name in ("import_ms", "build_ms")
    }
    return {**runs[-1], **middle}
