"""The local stack: emulator, stand-ins, the deployed templates, one front address, drivers.

with Stack() as stack:
    ApiClient(stack.url, stack.ops_token).get("/orders")
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.settings import settings_of
from local import kept, synth
from local.aws.assembly import StackTemplate, stacks
from local.aws.clients import Clients
from local.aws.deploy import Deployment
from local.aws.resources import Resources
from local.aws.restart import read_streams_again
from local.child import Child
from local.client import ApiClient
from local.demo import loader
from local.drivers.clock import ClockTicker
from local.drivers.courier import EdiCourier
from local.drivers.loop import Loop
from local.drivers.nodes import NodeDriver
from local.emulator import Emulator
from local.front.links import Backend
from local.front.server import Front
from local.front.shops import DemoShops
from local.ports import PortTaken, free_port, is_free
from local.settings import (
    API_KEY,
    HOME,
    OPS_TOKEN,
    SIGNING_SECRET,
    STAGE,
)
from local.standins_at import StandIn, start_standins

Say = Callable[[str], None]
# Seconds between the ticks of each sweeper.
_TICKS = {"sweep_orders": 1.0, "sweep_stock": 1.0, "sweep_channels": 5.0, "sweep_webhooks": 5.0}


class Stack:
    """`data` is a folder to keep orders in; None starts fresh and leaves nothing but logs.

    `port` 0 takes a free one. `nodes` and `clock` switch off the demo nodes and the ticking
    of the sweeper, for tests that do that themselves. `name` tells the logs apart. `first` is
    done to the deployed stack before `/health` answers 200.
    """

    ops_token = OPS_TOKEN
    api_key = API_KEY
    signing_secret = SIGNING_SECRET

    def __init__(
        self,
        data: Path | None = None,
        port: int = 0,
        *,
        name: str = "",
        nodes: bool = True,
        clock: bool = True,
        say: Say = lambda line: None,
        first: Callable[[Stack], object] = lambda stack: None,
    ) -> None:
        self._data, self._say, self._first = data, say, first
        self._drives_nodes, self._ticks = nodes, clock
        self._port = port
        self.home = HOME / (name or f"stack-{os.getpid()}")
        self._front: Front | None = None
        self._emulator: Emulator | None = None
        self._standins: dict[str, StandIn] = {}
        self._loops: list[Loop] = []
        self._resources: Resources | None = None
        self.clients: Clients

    # --- life

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Raises SynthFailed, DeployFailed, ChildDied or PortTaken; `stop` then cleans up."""
        self._prepare()
        self._open_front()
        emulator = self._start_emulator()
        folder, reused = synth.assembly()
        self._say("templates: reused" if reused else "templates: synthesised")
        emulator.wait()
        self._deploy(emulator, stacks(folder))
        self._load()
        self._first(self)
        self._drive()
        self._open.ready = True

    def _prepare(self) -> None:
        """Fresh unless the data is to be kept. Scratch files of a run that was killed go too."""
        shutil.rmtree(self.home, ignore_errors=True)
        (self.home / "logs").mkdir(parents=True)
        if self._data:
            self._data.mkdir(parents=True, exist_ok=True)

    def _open_front(self) -> None:
        if self._port and not is_free(self._port):
            raise PortTaken(f"port {self._port} is taken; choose another: PORT={self._port + 1}")
        self._front = Front(self._port)
        self._front.serve()

    def _start_emulator(self) -> Emulator:
        started = start_standins(self.home / "logs", self.url, self._data)
        self._standins = {each.name: each for each in started}
        addresses = {each.variable: each.url for each in started}
        self._emulator = Emulator(
            self.home, self._inner_port(), keep_in=self._data, environment=addresses
        )
        return self._emulator

    def _inner_port(self) -> int:
        return kept.port_for(self._data) if self._data else free_port()

    def _deploy(self, emulator: Emulator, templates: list[StackTemplate]) -> None:
        self.clients = Clients(emulator.endpoint)
        addresses = {each.parameter: each.url for each in self._standins.values()}
        Deployment(self.clients, self._say, addresses).deploy(templates)
        self._resources = Resources.read(self.clients, [each.name for each in templates])
        # On AWS the merchant proves that the sender's address is theirs.
        self.clients("sesv2").create_email_identity(EmailIdentity=settings_of(STAGE).sender)
        if self._data:
            read_streams_again(self.clients)
        self._open.backend = Backend(emulator.port, self._resources.api_id)
        shops = DemoShops(
            self._standins["shop"].url, self._open.url, self._enqueue, self._drop_file
        )
        self._open.captured, self._open.shops = shops, shops

    def _enqueue(self, message: str) -> None:
        """Into the queue where a marketplace puts its notifications."""
        sqs = self.clients("sqs")
        name = settings_of(STAGE).name("receive_notifications")
        queue = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody=message)

    def _drop_file(self, key: str, body: bytes) -> None:
        self.clients("s3").put_object(Bucket=self.resources.documents, Key=key, Body=body)

    def _load(self) -> None:
        loader.load(self.clients, self.resources.table("stock"), self.api)
        self._say("demo: nodes, catalogue and stock are in")

    def _drive(self) -> None:
        if self._ticks:
            for sweeper, seconds in _TICKS.items():
                tick = ClockTicker(self.clients, self.resources.function(sweeper))
                self._loops.append(Loop(f"clock of {sweeper}", tick, seconds))
            courier = EdiCourier(self.clients, self.resources.documents, self._standins["shop"].url)
            self._loops.append(Loop("courier of EDI files", courier))
        if self._drives_nodes:
            self._loops.append(Loop("demo nodes", NodeDriver(self.api)))
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """In the order of who calls whom, so that nothing finds its partner gone. Repeatable."""
        for loop in self._loops:
            loop.stop()
        self._loops = []
        if self._emulator:
            self._emulator.stop()
            self._emulator = None
        for standin in self._standins.values():
            standin.child.stop()
        self._standins = {}
        if self._front:
            self._front.stop()
            self._front = None
        shutil.rmtree(self.home / "scratch", ignore_errors=True)

    def check(self) -> None:
        """Raises ChildDied when a part of the stack ended by itself."""
        for child in self._children():
            child.check()

    def _children(self) -> list[Child]:
        emulator = [self._emulator.child] if self._emulator else []
        return emulator + [each.child for each in self._standins.values()]

    # --- use

    @property
    def _open(self) -> Front:
        if self._front is None:
            raise RuntimeError("the stack is not started")
        return self._front

    @property
    def url(self) -> str:
        return self._open.url

    @property
    def api(self) -> ApiClient:
        """The public API, as operations."""
        return ApiClient(self.url)

    @property
    def resources(self) -> Resources:
        if self._resources is None:
            raise RuntimeError("the stack is not deployed")
        return self._resources

    def books(self, standin: str = "stripe") -> Any:
        """What a stand-in has on its books (`GET /_books`)."""
        return ApiClient(self._standins[standin].url).get("/_books")

    def kill_worker(self, function: str) -> int:
        """End the processes of a Lambda as a crash would (SIGKILL); gives how many there were."""
        assert self._emulator is not None
        return self._emulator.kill_workers(self.resources.function(function))
