"""Where the payloads lie that the platforms publish: beside this repository, not in it."""

from __future__ import annotations

import os
from pathlib import Path

PAYLOADS = Path(__file__).resolve().parents[2] / "shared" / "payloads"
MISSING = "no recorded payloads: the folder shared/payloads is looked for beside the repository"


def are_missing() -> bool:
    """Whether tests of recorded payloads may be skipped; in CI they may not."""
    return not PAYLOADS.exists() and not os.environ.get("CI")
