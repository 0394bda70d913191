"""Offer stock that came in to those who wait for it, and carry out large postings."""

from collections.abc import Mapping, Sequence
from typing import Any

from oms.inventory.stream import given_work, worth_a_look
from oms.platform.consumer import stream_handler
from oms.platform.observability import count
from oms.wiring import serve_waiting, stock_work


def _serve(records: Sequence[Mapping[str, Any]]) -> None:
    for work_id in given_work(records):
        stock_work().carry_out(work_id)
    if served := serve_waiting()(worth_a_look(records)):
        count("WaitingServed", served)


handler = stream_handler(_serve)
