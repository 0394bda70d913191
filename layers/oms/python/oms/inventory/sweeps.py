"""All that is swept by the minute, one after the other; one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Sweep = Callable[[], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class SweepInTurn:
    sweeps: tuple[Sweep, ...]

    def __call__(self) -> dict[str, int]:
        """What each did, by what it calls that."""
        done: dict[str, int] = {}
        failures = list[Exception]()
        for sweep in self.sweeps:
            try:
                done |= sweep()
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("stock that could not be swept", failures)
        return done
