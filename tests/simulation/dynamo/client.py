"""A double of boto3's DynamoDB client that keeps DynamoDB's own rules, in memory.

clock = VirtualClock()
dynamo = Dynamo(DynamoDouble(clock), sleep=clock.advance)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.simulation.dynamo import batches, reads
from tests.simulation.dynamo.capacity import Capacity, ItemLimits, Throttle
from tests.simulation.dynamo.errors import (
    EXCEPTIONS,
    Refusal,
    cancelled,
    conflict,
    no_such_table,
    reason_for,
    throttled,
)
from tests.simulation.dynamo.faults import Crash, Fault, FaultKind, FaultPlan
from tests.simulation.dynamo.parameters import check_request
from tests.simulation.dynamo.streams import Stream
from tests.simulation.dynamo.tables import Table
from tests.simulation.dynamo.transactions import Transactions
from tests.simulation.dynamo.writes import Store, write_one

Request = dict[str, Any]
Reply = dict[str, Any]


class DynamoDouble:
    """`switch` is told of each point where another worker may run: "before:<operation>",
    "inside:transact_write_items" with the items locked, "after:<operation>".

    `plan` may be set and taken away at any time; `limits` throttle hot items.
    """

    exceptions = EXCEPTIONS

    def __init__(
        self,
        clock: Callable[[], float],
        switch: Callable[[str], None] | None = None,
        plan: FaultPlan | None = None,
        limits: ItemLimits | None = None,
    ) -> None:
        self.plan, self._clock, self._switch = plan, clock, switch
        self._store = Store(clock, Throttle(limits, clock) if limits else None)
        inside = (lambda: switch("inside:transact_write_items")) if switch else None
        self._transactions = Transactions(self._store, inside)
        self._tokens = count(1)
        self._late: list[tuple[float, str, Request]] = []

    @property
    def capacity(self) -> Capacity:
        return self._store.capacity

    def stream(self, table: str) -> Stream:
        """The changes of a table that was made with a StreamSpecification."""
        return self._store.streams[table]

    # --- boto3's methods

    def create_table(self, **definition: Any) -> Reply:
        name = definition["TableName"]
        if name in self._store.tables:
            code = "ResourceInUseException"
            raise Refusal(code, f"Table already exists: {name}").as_client_error("create_table")
        table = self._store.tables[name] = Table(definition)
        self._store.streams[name] = Stream(name, table.view)
        return {"TableDescription": {"TableName": name, "TableStatus": "ACTIVE"}}

    def describe_table(self, *, TableName: str) -> Reply:
        table = self._store.tables.get(TableName)
        if table is None:
            raise no_such_table().as_client_error("describe_table")
        told = {"TableName": TableName, "TableStatus": "ACTIVE", "ItemCount": len(table.items)}
        return {"Table": told}

    def get_item(self, **request: Any) -> Reply:
        return self._serve("get_item", request)

    def batch_get_item(self, **request: Any) -> Reply:
        return self._serve("batch_get_item", request)

    def query(self, **request: Any) -> Reply:
        return self._serve("query", request)

    def scan(self, **request: Any) -> Reply:
        return self._serve("scan", request)

    def put_item(self, **request: Any) -> Reply:
        return self._serve("put_item", request)

    def update_item(self, **request: Any) -> Reply:
        return self._serve("update_item", request)

    def delete_item(self, **request: Any) -> Reply:
        return self._serve("delete_item", request)

    def batch_write_item(self, **request: Any) -> Reply:
        return self._serve("batch_write_item", request)

    def transact_write_items(self, **request: Any) -> Reply:
        # As botocore does: a token of its own, the same one when it sends again by itself.
        if "ClientRequestToken" not in request:
            request["ClientRequestToken"] = f"made-by-botocore-{next(self._tokens)}"
        return self._serve("transact_write_items", request)

    def get_paginator(self, operation: str) -> _Pages:
        return _Pages(getattr(self, operation))

    # --- serving

    def _serve(self, operation: str, request: Request) -> Reply:
        check_request(operation, request)
        if self._late and self._late[0][0] <= self._clock():
            self.deliver_late()
        fault = self.plan.fault_for(operation, request) if self.plan else None
        if fault is not None:
            return self._serve_badly(operation, request, fault)
        if self._switch is None:
            return self._answer(operation, request)
        self._switch("before:" + operation)
        try:
            reply = self._answer(operation, request)
        except ClientError:
            self._switch("after:" + operation)
            raise
        self._switch("after:" + operation)
        return reply

    def _answer(self, operation: str, request: Request) -> Reply:
        try:
            reply = self._EFFECTS[operation](self, request)
        except Refusal as refusal:
            raise refusal.as_client_error(operation) from None
        reply["ResponseMetadata"] = {"HTTPStatusCode": 200, "RetryAttempts": 0}
        return reply

    _EFFECTS: dict[str, Callable[[DynamoDouble, Request], Reply]] = {
        "get_item": lambda self, request: reads.get_item(self._store, request),
        "query": lambda self, request: reads.query(self._store, request),
        "scan": lambda self, request: reads.scan(self._store, request),
        "batch_get_item": lambda self, request: batches.batch_get_item(self._store, request),
        "batch_write_item": lambda self, request: batches.batch_write_item(self._store, request),
        "transact_write_items": lambda self, request: self._transactions.write(request),
        "put_item": lambda self, request: write_one(self._store, "put_item", "Put", request),
        "update_item": lambda self, request: write_one(
            self._store, "update_item", "Update", request
        ),
        "delete_item": lambda self, request: write_one(
            self._store, "delete_item", "Delete", request
        ),
    }

    # --- faults

    def _serve_badly(self, operation: str, request: Request, fault: Fault) -> Reply:
        self._tell(f"before:{operation}")
        match fault.kind:
            case FaultKind.CRASH_BEFORE:
                raise Crash(f"before {operation}")
            case FaultKind.THROTTLED | FaultKind.CONFLICT:
                return self._turn_away(operation, request, fault)
        try:
            reply: Reply | ClientError = self._answer(operation, request)
        except ClientError as error:
            reply = error
        self._tell(f"after:{operation}")
        if fault.kind is FaultKind.DUPLICATE and not isinstance(reply, ClientError):
            # What was refused has been answered: nobody sends it again.
            due = self._clock() + fault.after
            self._late.append((due, operation, copy.deepcopy(request)))
            self._late.sort(key=lambda each: each[0])
        if fault.kind is FaultKind.CRASH_AFTER:
            raise Crash(f"after {operation}")
        if fault.kind is FaultKind.REPLY_LOST:
            raise ReadTimeoutError(endpoint_url="https://dynamodb.eu-central-1.amazonaws.com/")
        if fault.kind is FaultKind.RESENT:
            reply = self._answer(operation, request)
        if isinstance(reply, ClientError):
            raise reply
        return reply

    def _tell(self, point: str) -> None:
        if self._switch is not None:
            self._switch(point)

    def _turn_away(self, operation: str, request: Request, fault: Fault) -> Reply:
        """Nothing is written, or of a batch only what stands before the fault's position."""
        is_conflict = fault.kind is FaultKind.CONFLICT
        on_demand = self._on_demand(operation, request)
        refusal = conflict() if is_conflict else throttled(on_demand)
        if operation.startswith("batch_") and (fault.position or is_conflict):
            serve: Callable[..., Reply] = getattr(batches, operation)
            return serve(self._store, request, first_left=fault.position)
        if operation == "transact_write_items":
            actions = len(request["TransactItems"])
            hit = min(fault.position, actions - 1)
            refusal = cancelled([reason_for(refusal if n == hit else None) for n in range(actions)])
        raise refusal.as_client_error(operation)

    def _on_demand(self, operation: str, request: Mapping[str, Any]) -> bool:
        if operation.startswith("batch_"):
            name = next(iter(request["RequestItems"]))
        elif operation == "transact_write_items":
            name = next(iter(request["TransactItems"][0].values()))["TableName"]
        else:
            name = request["TableName"]
        table = self._store.tables.get(name)
        return table is None or table.on_demand

    def deliver_late(self, *, everything: bool = False) -> list[Reply | ClientError]:
        """Let the duplicates arrive whose time has come (also done before each operation).

        Nobody waits for their answers; these are given for assertions.
        """
        now = self._clock()
        arriving = [each for each in self._late if everything or each[0] <= now]
        self._late = [each for each in self._late if each not in arriving]
        answers: list[Reply | ClientError] = []
        for _, operation, request in arriving:
            try:
                answers.append(self._answer(operation, request))
            except ClientError as error:
                answers.append(error)
        return answers


class _Pages:
    """As boto3's paginators of query and scan."""

    def __init__(self, call: Callable[..., Reply]) -> None:
        self._call = call

    def paginate(self, **request: Any) -> Iterator[Reply]:
        while True:
            page = self._call(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
