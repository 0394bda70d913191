"""The command that imports a file: in pieces, patiently, and on from where it was."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from oms.channels.documents import document
from scripts.import_orders import Answer, Import, orders_in, pieces, poster, run

ENVELOPE = {"channel": "shopify", "account": "demo", "format": "channel", "open": "refuse"}


class Api:
    """Answers as `POST /imports` does. `moods` come before an answer; id 7 is never taken."""

    def __init__(self, *moods: Answer) -> None:
        self.moods, self.known, self.calls = list(moods), set[int](), list[int]()

    def __call__(self, body: bytes) -> Answer:
        orders = json.loads(body)["orders"]
        self.calls.append(len(orders))
        if self.moods and (mood := self.moods.pop(0)).status != 200:
            return mood
        return Answer(200, {"orders": [self._outcome(each["id"]) for each in orders]})

    def _outcome(self, number: int) -> dict[str, Any]:
        if number == 7:
            return {"outcome": "refused", "code": "not-finished", "pointer": "/orders/7"}
        outcome = "known" if number in self.known else "created"
        self.known.add(number)
        return {"outcome": outcome}


class Run:
    """A run over `count` orders in a file of that form, with what it said and how long it slept."""

    def __init__(self, folder: Path, count: int, lines: bool = True) -> None:
        self.file = folder / "orders.json"
        orders = [{"id": n, "total": n / 10} for n in range(count)]
        rows = "\n".join(map(json.dumps, orders))
        self.file.write_text(rows if lines else json.dumps({"orders": orders}, indent=1))
        self.said: list[str] = []
        self.slept: list[float] = []

    def __call__(self, api: Any, most: int = 10) -> int:
        work = Import(api, ENVELOPE, self.slept.append, self.said.append)
        return run(self.file, work, most)


@pytest.mark.parametrize("lines", [True, False])
def test_a_file_is_sent_in_pieces_and_summed_up(tmp_path: Path, lines: bool) -> None:
    api, go = Api(), Run(tmp_path, 6, lines)
    assert go(api, most=4) == 0
    assert api.calls == [4, 2]
    assert go.said[-1] == "done, 6 orders: 6 created, 0 known, 0 skipped, 0 refused"


def test_what_is_refused_is_kept_with_its_reason(tmp_path: Path) -> None:
    go = Run(tmp_path, 12)
    assert go(Api()) == 1
    (row,) = (tmp_path / "orders.json.refused.jsonl").read_text().splitlines()
    assert json.loads(row) == {
        "why": {"outcome": "refused", "code": "not-finished", "pointer": "/orders/7"},
        "order": {"id": 7, "total": 0.7},
    }


def test_it_waits_as_long_as_the_api_asks(tmp_path: Path) -> None:
    api, go = Api(Answer(429, None, 3.0), Answer(503), Answer(0)), Run(tmp_path, 5)
    assert go(api) == 0
    assert go.slept == [3.0, 2.0, 4.0]
    assert api.known == set(range(5))


def test_a_reply_that_was_lost_is_no_second_order(tmp_path: Path) -> None:
    api, go = Api(), Run(tmp_path, 5)
    lost = iter([True])

    def flaky(body: bytes) -> Answer:
        answer = api(body)
        return Answer(0) if next(lost, False) else answer

    assert go(flaky) == 0
    assert "5 known" in go.said[-1]


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    api, go = Api(Answer(200), Answer(200), Answer(403, {"detail": "no"})), Run(tmp_path, 6)
    assert go(api, most=2) == 2
    assert go.said[-1] == "stopped after 4 orders: the API answered 403: no"
    api.calls.clear()
    assert go(api, most=2) == 0
    assert api.calls == [2]


def test_a_changed_file_begins_again(tmp_path: Path) -> None:
    api, go = Api(), Run(tmp_path, 4)
    assert go(api) == 0
    go = Run(tmp_path, 5)
    assert go(api) == 0
    assert api.calls == [4, 5]


def test_it_gives_up_on_an_api_that_never_answers(tmp_path: Path) -> None:
    api, go = Api(*[Answer(503)] * 50), Run(tmp_path, 4)
    assert go(api) == 2
    assert max(go.slept) <= 60


def test_pieces_stay_below_three_megabytes() -> None:
    orders = [{"id": n, "note": "x" * 1_000_000} for n in range(5)]
    assert [len(piece) for piece in pieces(orders, 100)] == [3, 2]


def test_numbers_stay_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"id": 1, "total": 1234567890123.45000}\n')
    (piece,) = pieces(orders_in(path), 10)
    assert b"1234567890123.45000" in document(piece[0])


def test_a_file_that_is_no_json_is_told(tmp_path: Path) -> None:
    go = Run(tmp_path, 1)
    go.file.write_text("id;total\n1;2\n")
    assert go(Api()) == 2


def test_it_speaks_http(tmp_path: Path) -> None:
    seen: list[str] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(f"{self.path} {self.headers['Authorization']}")
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(429 if len(seen) == 1 else 200)
            self.send_header("Retry-After", "9")
            self.end_headers()
            self.wfile.write(b'{"orders": [{"outcome": "created"}]}')

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        go = Run(tmp_path, 1)
        assert go(poster(f"http://127.0.0.1:{server.server_address[1]}/", "t")) == 0
        server.shutdown()
        thread.join()
    assert seen == ["/imports Bearer t"] * 2
    assert go.slept == [9.0]
