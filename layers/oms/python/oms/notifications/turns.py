"""Work for several subscribers at once, so that none waits behind another one.

Every subscriber has a queue. Workers take one piece of one queue in turn; a queue is worked on
by a few of them at most, and one whose work fails is left alone for this round.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

J = TypeVar("J")

_WORKERS = 16
_AT_ONCE = 4  # pieces of one queue


def take_turns(
    queues: Iterable[Sequence[J]],
    work: Callable[[J], bool],
    is_over: Callable[[], bool] = lambda: False,
) -> int:
    """How many pieces were worked on. `work` says whether its queue may go on.

    Raises an ExceptionGroup at the end; what raises stops its queue and no other.
    """
    waiting = [deque(each) for each in queues]
    turns = deque(each for lane in range(_AT_ONCE) for each in waiting if len(each) > lane)
    failures: list[Exception] = []
    done: list[J] = []

    def take_part() -> None:
        while turns and not is_over():
            try:
                queue = turns.popleft()
                piece = queue.popleft()
            except IndexError:
                continue  # another worker was faster
            done.append(piece)
            if not _went_on(work, piece, failures):
                queue.clear()
            turns.append(queue)

    _at_once(take_part, min(_WORKERS, len(turns)))
    if failures:
        raise ExceptionGroup("webhooks that could not be seen to", failures)
    return len(done)


def _went_on(work: Callable[[J], bool], piece: J, failures: list[Exception]) -> bool:
    try:
        return work(piece)
    except Exception as error:
        failures.append(error)
        return False


def _at_once(work: Callable[[], None], workers: int) -> None:
    if workers <= 1:
        work()
        return
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(workers):
            pool.submit(work)
