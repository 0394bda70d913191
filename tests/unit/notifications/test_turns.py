"""Many queues, few workers: each queue has its turn, and a failing one holds up no other."""

from __future__ import annotations

import threading

import pytest

from oms.notifications.turns import take_turns


def test_queues_take_turns_and_the_long_one_does_not_go_first() -> None:
    done: list[str] = []

    def work(piece: str) -> bool:
        done.append(piece)
        return True

    assert take_turns([["a"]], work) == 1
    assert take_turns([[f"long{n}" for n in range(200)], ["short"]], work) == 201
    assert done.index("short") < 100
    assert sorted(done[1:]) == sorted([*(f"long{n}" for n in range(200)), "short"])


def test_a_queue_whose_work_fails_is_let_alone_for_this_round() -> None:
    done: list[str] = []

    def work(piece: str) -> bool:
        done.append(piece)
        return not piece.startswith("away")

    take_turns([[f"away{n}" for n in range(100)], [f"well{n}" for n in range(50)]], work)
    assert sum(each.startswith("well") for each in done) == 50
    assert sum(each.startswith("away") for each in done) <= 4  # as many as were under way


def test_one_that_is_slow_keeps_few_workers() -> None:
    """The slow one's work ends only when all of the others' is done."""
    others_done, left = threading.Event(), [30]
    lock = threading.Lock()

    def work(piece: str) -> bool:
        if piece == "slow":
            return others_done.wait(10)
        with lock:
            left[0] -= 1
            if not left[0]:
                others_done.set()
        return True

    assert take_turns([["slow"] * 40, *([f"quick{n}"] * 3 for n in range(10))], work) == 70


def test_what_raises_is_reported_and_stops_its_queue_alone() -> None:
    done: list[str] = []

    def work(piece: str) -> bool:
        if piece == "bad":
            raise RuntimeError("no")
        done.append(piece)
        return True

    with pytest.raises(ExceptionGroup):
        take_turns([["bad"], ["good"] * 9], work)
    assert len(done) == 9


def test_when_time_is_over_the_rest_is_left() -> None:
    assert take_turns([["a", "b"]], lambda piece: True, lambda: True) == 0
    assert take_turns([], lambda piece: True) == 0
