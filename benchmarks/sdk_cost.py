"""What botocore itself computes for one DynamoDB call: serialise, sign, read the reply.

In the measured runs this hides inside the excluded client. Lambda bills it, so it is measured
by itself, with the network cut off before the socket: TLS and the wire are not in it.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

_ITEM = {"pk": {"S": "O#1"}, "sk": {"S": "ORDER"}, "doc": {"S": "x" * 2000}}


class _Raw:
    """The stream of a reply that is here already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body

    def read(self) -> bytes:
        return self._body


def milliseconds_per_call(calls: int = 200) -> float:
    """CPU of one `GetItem` that answers 2 KB and one `PutItem` that sends them, on average."""
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(retries={"max_attempts": 0}),
    )
    client.meta.events.register("before-send.dynamodb", _answer)
    spent = [_one(client) for _ in range(calls)]
    return statistics.median(spent[calls // 10 :]) / 2


def _answer(request: Any, **_: Any) -> AWSResponse:
    body = json.dumps({"Item": _ITEM} if b"GetItem" in _target(request) else {}).encode()
    return AWSResponse(request.url, 200, {"content-length": str(len(body))}, _Raw(body))


def _target(request: Any) -> bytes:
    target = request.headers["X-Amz-Target"]
    return target if isinstance(target, bytes) else str(target).encode()


def _one(client: Any) -> float:
    began = time.thread_time_ns()
    client.get_item(TableName="t", Key={"pk": {"S": "O#1"}, "sk": {"S": "ORDER"}})
    client.put_item(TableName="t", Item=_ITEM)
    return (time.thread_time_ns() - began) / 1e6
