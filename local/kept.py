"""A folder of kept data: the emulator's state, and the port that its state speaks of.

Queues are stored under their addresses, port included: on another port nobody finds them.
"""

from __future__ import annotations

from pathlib import Path

from local.ports import free_port
from local.settings import HOST


def port_for(data: Path) -> int:
    """The port that the data was kept on; when it is taken, another one, and the kept
    addresses say so too."""
    note = data / "port"
    before = int(note.read_text()) if note.exists() else 0
    port = free_port(before)
    if before and port != before:
        _readdress(data / "state", before, port)
    note.write_text(str(port))
    return port


def _readdress(state: Path, before: int, port: int) -> None:
    for path in state.glob("*.json"):
        text = path.read_text()
        moved = text.replace(f"http://{HOST}:{before}/", f"http://{HOST}:{port}/")
        if moved != text:
            path.write_text(moved)
