"""`make prove`: the long proofs of stock and channels, bounded by SECONDS, with what was covered.

    python -m tests.simulation.prove [--seconds N] [--seed N] [--only NAME]

Each proof runs in its share of the time and says how much of itself it did. Work is spread
over the machine's processors in small pieces. A failure names the seed or the schedule, which
replay it on the same commit; the exit status is the number of proofs that failed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import day, faults_at, flash, forgeries, machine, mutants, races

Piece = Callable[..., "Part"]
PROCESSES = os.cpu_count() or 2
MOST_SCHEDULES = 200_000
MOST_FORGED, _FORGED_AT_ONCE = 200_000, 2_000


@dataclass
class Part:
    """What one piece of a proof found. `counts` are added up over the pieces; `complete` is
    False when the piece had more to try than its time."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Proof:
    """`pieces` are the arguments of `run`, in the order of their worth; `share` of the time."""

    name: str
    run: Piece
    pieces: Callable[[int, float], Iterable[tuple[Any, ...]]]
    share: float
    claim: str


# --- the pieces --------------------------------------------------------------------------


def _days(seeds: range) -> Part:
    part = Part()
    for seed in seeds:
        _noted(part, lambda seed=seed: part.counts.update(_day(seed)))  # type: ignore[misc]
    return part


def _day(seed: int) -> Counter[str]:
    played, plan = day.play(seed)
    return Counter(
        {"days": 1, "calls": sum(played.heard.values()), "faults": sum(plan.visits.values())}
    )


def _sale(seed: int, sale: flash.Sale) -> Part:
    part = Part()

    def play() -> None:
        heard = flash.play(seed, sale)
        what = f"{'spread' if sale.parts > 1 else 'one row'}"
        part.counts.update({f"sales, {what}": 1, "told yes": heard.yes, "buyers": sale.buyers})

    _noted(part, play)
    return part


def _race(number: int, seconds: float) -> Part:
    race, part = races.RACES[number], Part()

    def explore() -> None:
        explored = races.explore(race, MOST_SCHEDULES, seconds)
        part.counts.update({"schedules": explored.schedules, "races": 1})
        how = "all" if explored.complete else "the first"
        part.notes.append(f"{race.name}: {how} {explored.schedules:,} schedules")
        part.complete = explored.complete

    _noted(part, explore)
    return part


def _faulty(number: int, faults: tuple[tuple[faults_at.Where, ...], ...]) -> Part:
    scenario, part = faults_at.SCENARIOS[number], Part()
    visits: Counter[Any] = Counter()
    for each in faults:
        found = _noted(part, lambda each=each: faults_at.differs(scenario, each, visits))  # type: ignore[misc]
        if found:
            part.failures.append(found)
        part.counts["single faults" if len(each) == 1 else "pairs"] += 1
    part.counts.update(
        {f"visit {boundary[:3]} {kind}": n for (boundary, kind), n in visits.items()}
    )
    return part


def _mutant(number: int, first_seed: int) -> Part:
    caught = mutants.hunt(mutants.MUTANTS[number], first_seed)
    name = caught.mutant.name
    part = Part(Counter({"hunts": 1}), notes=[f"{name}|{caught.seeds}"])
    if not caught.seeds:
        part.failures.append(f"the mutant '{name}' was not caught in {mutants.MOST_SEEDS} seeds")
    return part


def _machine(seed: int) -> Part:
    part = Part()

    def run() -> None:
        examples, steps = machine.prove(50, 50, seed)
        part.counts.update({"examples": examples, "steps": steps})

    _noted(part, run)
    return part


def _forged(name: str, seed: int) -> Part:
    part = Part()

    def knock() -> None:
        with forgeries.door() as oms:
            refused = forgeries.forge(oms, name, seed, _FORGED_AT_ONCE)
            answered = forgeries.babble(oms, name, seed, _FORGED_AT_ONCE // 20)
        part.counts.update({f"forged, answered {k}": n for k, n in refused.items()})
        part.counts.update({f"nonsense, answered {k}": n for k, n in answered.items()})

    _noted(part, knock)
    return part


def _noted(part: Part, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        how = "\n".join(getattr(error, "__notes__", ()))  # the commands that lead there
        part.failures.append(f"{type(error).__name__}: {error}\n{how}"[:8_000])
    return None


# --- what there is to prove --------------------------------------------------------------


def _forgeries(first: int, seconds: float) -> Iterator[tuple[str, int]]:
    for seed in range(first, first + MOST_FORGED // _FORGED_AT_ONCE // len(forgeries.SIGNED) + 1):
        for name in forgeries.SIGNED:
            yield name, seed


def _seeds(first: int, seconds: float) -> Iterator[tuple[range]]:
    return ((range(start, start + 20),) for start in itertools.count(first, 20))


def _sales(first: int, seconds: float) -> Iterator[tuple[int, flash.Sale]]:
    kinds = (
        flash.Sale(),
        flash.Sale(parts=8),
        flash.Sale(turnover=0.1),
        flash.Sale(parts=16, turnover=0.1),
    )
    return ((first + n, kinds[n % len(kinds)]) for n in range(1_000))


def _all_faults(first: int, seconds: float) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for kind in (faults_at.singles, faults_at.pairs):
        for number, scenario in enumerate(faults_at.SCENARIOS):
            found: Iterator[Any] = iter(kind(scenario))
            while batch := tuple(itertools.islice(found, 50)):
                yield number, batch


def _all_races(first: int, seconds: float) -> Iterator[tuple[int, float]]:
    share = seconds * PROCESSES / len(races.RACES)
    return ((number, share) for number in range(len(races.RACES)))


def _hunts(first: int, seconds: float) -> Iterator[tuple[int, int]]:
    rounds = itertools.product(range(5), range(len(mutants.MUTANTS)))
    return ((number, first + 1_000 * turn) for turn, number in rounds)


PROOFS = (
    Proof("mutants", _mutant, _hunts, 0.10, "every planted bug is caught"),
    Proof(
        "races",
        _race,
        _all_races,
        0.18,
        "every interleaving of two and three buyers on the last units",
    ),
    Proof("faults", _faulty, _all_faults, 0.20, "every single fault and pair at every call"),
    Proof(
        "forged webhooks",
        _forged,
        _forgeries,
        0.12,
        "of 200,000 mutated webhooks none is let in, and none is answered with a fault",
    ),
    Proof("flash sales", _sale, _sales, 0.20, "exactly the units are told yes, none stranded"),
    Proof("random days", _days, _seeds, 0.10, "whatever happens, the laws hold"),
    Proof(
        "reference model",
        _machine,
        lambda first, seconds: ((n,) for n in itertools.count(first)),
        0.10,
        "the engine answers as the plain rules do",
    ),
)


# --- running -----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    print(
        f"commit {_commit()}, seed {options.seed}, {options.seconds} seconds, {PROCESSES} processes"
    )
    chosen = [proof for proof in PROOFS if options.only in ("", proof.name)]
    whole = sum(proof.share for proof in chosen)
    failed, left_over = 0, 0.0
    for proof in chosen:
        allowed = options.seconds * proof.share / whole + left_over
        began = time.monotonic()
        part, complete = _carried_out(proof, options.seed, allowed)
        spent = time.monotonic() - began
        left_over = max(0.0, allowed - spent)
        failed += bool(part.failures)
        _report(proof, part, complete, spent)
    return failed


def _carried_out(proof: Proof, seed: int, seconds: float) -> tuple[Part, bool]:
    """Pieces in parallel until the time is over; True when there was none left."""
    pieces, total = iter(proof.pieces(seed, seconds)), Part()
    until = time.monotonic() + seconds
    with ProcessPoolExecutor(PROCESSES) as pool:
        running: set[Future[Part]] = set()
        while True:
            while len(running) < 2 * PROCESSES and time.monotonic() < until:
                piece = next(pieces, None)
                if piece is None:
                    break
                running.add(pool.submit(proof.run, *piece))
            if not running:
                return total, total.complete and next(pieces, None) is None
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                _add(total, each.result())


def _add(total: Part, part: Part) -> None:
    total.counts.update(part.counts)
    total.failures += part.failures
    total.notes += part.notes
    total.complete &= part.complete


def _report(proof: Proof, part: Part, complete: bool, seconds: float) -> None:
    verdict = "FAILED" if part.failures else "holds"
    extent = "all of it" if complete else "as much as the time allowed"
    print(f"\n{proof.name}: {proof.claim}: {verdict} ({extent}, {seconds:.0f} s)")
    for what, number in sorted(part.counts.items()):
        if not what.startswith("visit"):
            print(f"  {number:>12,} {what}")
    _report_visits(part)
    for note in _summed(part.notes):
        print(f"  {note}")
    for failure in part.failures[:10]:
        print(f"  ! {failure}")
    sys.stdout.flush()


def _report_visits(part: Part) -> None:
    """How often each kind of fault met each boundary: a hole would be a 0."""
    cells = {what: n for what, n in part.counts.items() if what.startswith("visit")}
    for what, number in sorted(cells.items()):
        print(f"  {number:>12,} {what.removeprefix('visit ')}")


def _summed(notes: list[str]) -> list[str]:
    """Hunts of one mutant as one line, with the median of the seeds they took."""
    seeds: dict[str, list[int]] = {}
    plain = []
    for note in notes:
        name, _, number = note.partition("|")
        if number:
            seeds.setdefault(name, []).append(int(number))
        else:
            plain.append(note)
    hunted = [
        f"{name:<36} caught in {statistics.median(taken):g} seeds (median of {len(taken)} hunts)"
        for name, taken in seeds.items()
        if all(taken)
    ]
    return plain + hunted


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SECONDS") or 3_600))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", choices=["", *(proof.name for proof in PROOFS)])
    return parser.parse_args(arguments)


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
