"""Start workflow executions under names that say what they are for.

The name is the claim: an intake number or a parcel's packing is started once, however often
its event comes. A name that exists is therefore an answer, not an error.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from oms.kernel.ids import OrderId, shipment_id


@cache
def _client() -> Any:
    config = Config(
        connect_timeout=2, read_timeout=4, retries={"mode": "standard", "max_attempts": 3}
    )
    return boto3.client("stepfunctions", config=config)


class Workflows:
    def __init__(self, intake_arn: str, shipment_arn: str, client: Any = None) -> None:
        self._intake, self._shipment, self._given = intake_arn, shipment_arn, client

    def start_intake(self, order_id: str, number: int) -> None:
        name = f"{order_id}-{number}"
        self._start(self._intake, name, {"order_id": order_id, "run": name})

    def start_shipment(self, order_id: str, shipment: int, parcel: int, sequence: int) -> None:
        """`sequence` is that of the event that asks for it: a parcel packed again, or retried
        by a person, is another run."""
        name = f"{shipment_id(OrderId(order_id), shipment)}-{parcel}-{sequence}"
        content = {"order_id": order_id, "run": name, "shipment": shipment, "parcel": parcel}
        self._start(self._shipment, name, content)

    def _start(self, arn: str, name: str, content: dict[str, Any]) -> None:
        client = self._given or _client()
        try:
            client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(content))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
