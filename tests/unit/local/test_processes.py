"""Children and ports: nothing of ours outlives us, and nothing of others is touched."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.child import Child, ChildDied
from local.drivers.loop import Loop
from local.ports import free_port, is_free
from local.settings import quiet_environment

# A child that has a child of its own, which ignores SIGTERM: the worst that can happen.
_STUBBORN = """
import signal, subprocess, sys, time
inner = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", inner])
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    (tmp_path / "stubborn.py").write_text(_STUBBORN)
    (tmp_path / "broken.py").write_text("print('about to fail'); raise SystemExit(3)")
    return tmp_path


def _start(module: str, modules: Path) -> Child:
    path = f"{Path(__file__).parents[3]}{os.pathsep}{modules}"
    log = modules / "logs" / f"{module}.log"
    return Child(module, module, [], log=log, environment=quiet_environment(PYTHONPATH=path))


def _until(condition: object, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def _group_lives(group: int) -> bool:
    """Whether a process that is no zombie is in the group."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in listed.stdout.splitlines()]
    return any(int(row[0]) == group and not row[1].startswith("Z") for row in rows)


def test_stopping_ends_grandchildren_that_ignore_the_signal(modules: Path) -> None:
    child = _start("stubborn", modules)
    assert _until(lambda: "up" in child.tail())
    child.stop(grace=5)
    assert not child.is_alive
    assert not _group_lives(child.pid)


def test_a_child_that_ends_by_itself_is_reported_with_the_end_of_its_log(modules: Path) -> None:
    child = _start("broken", modules)
    assert _until(lambda: not child.is_alive)
    with pytest.raises(ChildDied, match=r"broken ended with 3(?s:.*)about to fail"):
        child.check()
    child.stop()


def test_a_child_ends_when_its_parent_is_killed(modules: Path) -> None:
    """SIGKILL leaves the parent no time for anything."""
    root = Path(__file__).parents[3]
    parent_code = (
        "import sys, time; from pathlib import Path; from local.child import Child;"
        "from local.settings import quiet_environment as q;"
        f"c = Child('x', 'stubborn', [], log=Path({str(modules / 'x.log')!r}),"
        f" environment=q(PYTHONPATH={f'{root}{os.pathsep}{modules}'!r}));"
        "print(c.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _until(lambda: "up" in (modules / "x.log").read_text())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    try:
        assert _until(lambda: not _leads(child))
    finally:
        os.killpg(child, signal.SIGKILL)  # the stubborn grandchild, which nobody stops here


def _leads(pid: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")


def test_a_taken_port_is_not_free_and_another_is_chosen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) != port
    assert free_port(port) == port


def test_what_would_lead_a_child_off_this_machine_stays_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "https_proxy", "PYTHONSTARTUP", "SERVICES"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("LANG", "C.UTF-8")
    given = quiet_environment(AWS_REGION="us-east-1")
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL", "https_proxy", "SERVICES"} & given.keys()
    assert (given["LANG"], given["AWS_REGION"]) == ("C.UTF-8", "us-east-1")
    assert given["AWS_CONFIG_FILE"] == os.devnull


def test_a_loop_goes_on_after_a_failure_and_stops_when_told() -> None:
    rounds = []

    def work() -> None:
        rounds.append(1)
        raise OSError("the stack is busy")

    loop = Loop("test", work, seconds=0.01)
    loop.start()
    assert _until(lambda: len(rounds) > 2)
    loop.stop()
    done = len(rounds)
    assert not _until(lambda: len(rounds) > done, seconds=0.1)
