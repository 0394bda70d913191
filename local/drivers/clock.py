"""Ticks once a second for a sweeper.

EventBridge schedules tick once a minute at best (in the emulator every 10 s), and the local
grace period is 5 s. So the stack calls the same function that the schedule calls, oftener.
"""

from __future__ import annotations

import json

from local.aws.clients import Clients

_EVENT = json.dumps({"source": "local.clock", "detail-type": "Scheduled Event", "detail": {}})


class ClockTicker:
    """Each call is one tick: it waits for the sweep to end, so that none overlap."""

    def __init__(self, clients: Clients, function: str) -> None:
        self._lambda, self._function = clients("lambda"), function

    def __call__(self) -> None:
        reply = self._lambda.invoke(FunctionName=self._function, Payload=_EVENT)
        if reply.get("FunctionError"):
            raise RuntimeError(f"sweep failed: {reply['Payload'].read()[:500]!r}")
