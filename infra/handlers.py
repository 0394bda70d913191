"""Where each function's code is, and the complaint when some of it is not written yet."""

from __future__ import annotations

import os
from pathlib import Path

from infra.catalogue.functions import FUNCTIONS
from infra.packages import ROOT, zip_of
from infra.settings import Settings


class HandlerMissing(RuntimeError):
    """A function of the catalogue has no folder, or a folder no row in the catalogue."""


def handler_zip(function: str, settings: Settings) -> Path:
    return zip_of(function, [(functions_folder() / function, "")], "/var/task", settings)


def functions_folder() -> Path:
    """`OMS_FUNCTIONS_DIR` points tests of templates at handlers that do nothing."""
    return Path(os.environ.get("OMS_FUNCTIONS_DIR", ROOT / "functions"))


def check_handlers() -> None:
    """All of them at once, so that one run tells the whole story."""
    folder = functions_folder()
    expected = {row.name for row in FUNCTIONS}
    written = {path.parent.name for path in folder.glob("*/handler.py")}
    complaints = [f"{name} has no {folder}/{name}/handler.py" for name in expected - written]
    complaints += [f"{folder}/{name} is not in the catalogue" for name in written - expected]
    if complaints:
        raise HandlerMissing("\n".join(["functions and catalogue differ:", *sorted(complaints)]))
