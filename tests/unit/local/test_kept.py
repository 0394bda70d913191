"""Data that is kept finds its queues again, on whatever port."""

from __future__ import annotations

import socket
from pathlib import Path

from local.kept import port_for


def _kept(folder: Path) -> int:
    port = port_for(folder)
    (folder / "state").mkdir()
    (folder / "state" / "sqs.json").write_text(f'{{"http://127.0.0.1:{port}/0/start_intake": 1}}')
    return port


def test_data_stays_on_its_port(tmp_path: Path) -> None:
    assert port_for(tmp_path) == port_for(tmp_path)


def test_when_the_port_is_taken_the_queues_move_along(tmp_path: Path) -> None:
    before = _kept(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", before))
        taken.listen()
        after = port_for(tmp_path)
    assert after != before
    text = (tmp_path / "state" / "sqs.json").read_text()
    assert text == f'{{"http://127.0.0.1:{after}/0/start_intake": 1}}'
    assert port_for(tmp_path) == after
