"""Workers that take turns at the double's switch points, one at a time and repeatable.

Each worker runs in a greenlet. At every switch point it stops, and a chooser says who goes on.
A run is its seed, or the list of its choices.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet

from tests.simulation.dynamo.faults import Crash

_TOO_LONG = 10_000_000
Chooser = Callable[[int], int]  # of so many workers, which one goes on


class VirtualClock:
    """Seconds that only pass when somebody says so."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker ended: with a value, or with what it raised."""

    value: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class Run:
    """One run: how each worker ended, and the choices that led there.

    `widths` says how many workers there were to choose from at each choice.
    """

    endings: list[Ending]
    choices: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    points: list[tuple[int, str]] = field(default_factory=list)

    @property
    def values(self) -> list[Any]:
        """What the workers returned; raises what one of them raised."""
        for ending in self.endings:
            if ending.error is not None:
                raise ending.error
        return [ending.value for ending in self.endings]


class Scheduler:
    """Give `switch` to the double and `sleep` to the adapter; then `run` the workers.

    `stops_at` says which points are worth a choice; the others are passed without stopping.
    """

    def __init__(
        self,
        clock: VirtualClock | None = None,
        stops_at: Callable[[str], bool] = lambda point: True,
    ) -> None:
        self.clock = clock or VirtualClock()
        self._stops_at = stops_at
        self._driver: greenlet | None = None
        self._asleep: set[int] = set()
        self._numbers: dict[greenlet, int] = {}

    def switch(self, point: str) -> None:
        """Let others run. Outside of `run`, for example while a world is set up: nothing."""
        if self._driver is not None and getcurrent() in self._numbers and self._stops_at(point):
            self._driver.switch(point)

    def sleep(self, seconds: float) -> None:
        """Advance the clock and let somebody else take a step, if there is anybody awake."""
        self.clock.advance(seconds)
        if self._driver is not None and (number := self._numbers.get(getcurrent())) is not None:
            self._asleep.add(number)
            self._driver.switch("sleep")

    def run(self, workers: Sequence[Callable[[], Any]], choose: Chooser, seed: int = 0) -> Run:
        """Until all workers have ended. `seed` also rules `random` meanwhile, for the jitter."""
        state = random.getstate()
        random.seed(seed)
        run = Run([Ending()] * len(workers))
        self._driver = getcurrent()
        lanes = [greenlet(_ending_of(worker)) for worker in workers]
        self._numbers = {lane: number for number, lane in enumerate(lanes)}
        try:
            self._take_turns(lanes, run, choose)
        finally:
            self._driver, self._numbers = None, {}
            self._asleep.clear()
            random.setstate(state)
        return run

    def _take_turns(self, lanes: list[greenlet], run: Run, choose: Chooser) -> None:
        running = list(range(len(lanes)))
        while running:
            awake = [each for each in running if each not in self._asleep] or running
            number = awake[self._chosen(len(awake), run, choose)]
            # Who slept may go on as soon as somebody else has taken a step.
            self._asleep.clear()
            told = lanes[number].switch()
            if isinstance(told, Ending):
                run.endings[number] = told
                running.remove(number)
            else:
                run.points.append((number, told))
            if len(run.points) > _TOO_LONG:
                raise RuntimeError("the workers do not come to an end")

    def _chosen(self, width: int, run: Run, choose: Chooser) -> int:
        if width == 1:
            return 0
        choice = choose(width)
        run.choices.append(choice)
        run.widths.append(width)
        return choice


def _ending_of(worker: Callable[[], Any]) -> Callable[[], Ending]:
    def run() -> Ending:
        try:
            return Ending(worker())
        except (Exception, Crash) as error:
            return Ending(error=error)

    return run


# --- choosers ----------------------------------------------------------------------------


def at_random(seed: int) -> Chooser:
    return random.Random(seed).randrange


def replaying(choices: Iterable[int]) -> Chooser:
    """These choices, then always the first worker."""
    left = iter(choices)
    return lambda width: next(left, 0)


# --- many runs ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """What is run once: fresh state, its workers, and what must hold at the end."""

    workers: Sequence[Callable[[], Any]]
    check: Callable[[Run], None]


MakeWorld = Callable[[Scheduler], World]


@dataclass(frozen=True, slots=True)
class Explored:
    """`complete`: there was no schedule left."""

    schedules: int
    complete: bool


class ScheduleFailed(AssertionError):
    """A check failed; `choices` and `seed` replay it."""

    def __init__(self, choices: list[int], seed: int, cause: BaseException) -> None:
        super().__init__(f"schedule {choices}, seed {seed}: {cause!r}")
        self.choices, self.seed = choices, seed


def before_effects(point: str) -> bool:
    """For `stops_at`: leaves out the points after an effect, which nobody else can tell from
    the worker's next one before. Far fewer schedules, the same effects in the same orders."""
    return not point.startswith("after:")


def all_schedules(
    make_world: MakeWorld,
    max_schedules: int,
    stops_at: Callable[[str], bool] = before_effects,
) -> Explored:
    """Every interleaving, depth first, each in a fresh world."""
    prefix: list[int] = []
    ran = 0
    while True:
        run = _play(make_world, replaying(prefix), stops_at)
        ran += 1
        following = _next_prefix(run)
        if following is None or ran >= max_schedules:
            return Explored(ran, complete=following is None)
        prefix = following


def _next_prefix(run: Run) -> list[int] | None:
    """The run's choices up to the last one that had another worker left, and that worker."""
    for depth in reversed(range(len(run.choices))):
        if run.choices[depth] + 1 < run.widths[depth]:
            return [*run.choices[:depth], run.choices[depth] + 1]
    return None


def random_schedules(
    make_world: MakeWorld,
    seeds: Iterable[int],
    stops_at: Callable[[str], bool] = lambda point: True,
) -> int:
    """One run for each seed; gives how many."""
    runs = [_play(make_world, at_random(seed), stops_at, seed) for seed in seeds]
    return len(runs)


def replay(
    make_world: MakeWorld,
    choices: Sequence[int],
    stops_at: Callable[[str], bool] = before_effects,
    seed: int = 0,
) -> Run:
    """The same run once more; `choices`, `stops_at` and `seed` as they were."""
    return _play(make_world, replaying(choices), stops_at, seed)


def _play(
    make_world: MakeWorld, choose: Chooser, stops_at: Callable[[str], bool], seed: int = 0
) -> Run:
    scheduler = Scheduler(stops_at=stops_at)
    world = make_world(scheduler)
    run = scheduler.run(world.workers, choose, seed)
    try:
        world.check(run)
    except (Exception, Crash) as error:
        raise ScheduleFailed(run.choices, seed, error) from error
    return run
