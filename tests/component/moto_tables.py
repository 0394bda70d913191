"""The five tables of docs/data-model.md on moto, in this process.

moto is not made for threads: 200 units were sold up to 374 times on it. Here one lock stands
around each DynamoDB request, which makes single requests and transactions exact. It also
copies every table for each transaction and leaves stream records of cancelled ones; here a
transaction remembers the items it names and puts back those.

What stays missing: `ClientRequestToken` is ignored, and there are no transaction conflicts,
throttles or item collection limits. Nothing said about those may rest on this module.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any
from unittest.mock import patch

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from oms.platform.dynamo import Dynamo

_LOCK = threading.RLock()
REGION = "eu-central-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
}


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the tables, and the two ways in: ours and boto3's."""

    client: Any
    dynamo: Dynamo
    orders: str = "oms-orders"
    inbound: str = "oms-inbound"
    stock: str = "oms-stock"
    order_index: str = "oms-order-index"
    channels: str = "oms-channels"

    def count(self, table: str) -> int:
        return len(self.items(table))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Everything in a table, for assertions."""
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [item for page in pages for item in page["Items"]]

    def stream_records(self, table: str) -> list[dict[str, Any]]:
        """What the table's stream holds, oldest first, as a Lambda gets it."""
        # moto does not know the host names that botocore makes of an account in an ARN.
        config = Config(account_id_endpoint_mode="disabled")
        streams = boto3.client("dynamodbstreams", region_name=REGION, config=config)
        arn = self.client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        described = streams.describe_stream(StreamArn=arn)["StreamDescription"]
        (shard,) = described["Shards"]
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        reply = streams.get_records(ShardIterator=iterator["ShardIterator"], Limit=1000)
        return list(reply["Records"])


@contextmanager
def tables() -> Iterator[Tables]:
    """A fresh mocked account with empty tables; nothing leaves the process."""
    with patch.dict("os.environ", CREDENTIALS), mock_aws(), one_at_a_time(), exact_undo():
        client = boto3.client(
            "dynamodb",
            region_name=REGION,
            config=Config(max_pool_connections=32, retries={"mode": "standard", "max_attempts": 3}),
        )
        made = Tables(client, Dynamo(client, sleep=lambda seconds: None))
        for definition in definitions(made):
            client.create_table(**definition)
        yield made


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Serialise moto's DynamoDB. Reentrant: a request made while serving one still goes in."""
    unlocked = DynamoHandler.call_action

    @wraps(unlocked)
    def locked(self: DynamoHandler) -> Any:
        with _LOCK:
            return unlocked(self)

    with patch.object(DynamoHandler, "call_action", locked):
        yield


@contextmanager
def exact_undo() -> Iterator[None]:
    """A cancelled transaction puts back what it touched, streams included."""
    transact = DynamoDBBackend.transact_write_items

    @wraps(transact)
    def undoing(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = [_Before.of(self, next(iter(each.values()))) for each in transact_items]
        try:
            transact(self, transact_items)
        except BaseException:
            for each in before:
                each.put_back()
            raise

    with (
        patch.object(DynamoDBBackend, "transact_write_items", undoing),
        patch.object(Table, "__deepcopy__", lambda self, memo: self, create=True),
    ):
        yield


@dataclass(frozen=True, slots=True)
class _Before:
    """One item as it was before a transaction, and how long its table's stream was."""

    table: Table
    pk: DynamoType
    sk: DynamoType
    item: Item | None
    records: int

    @classmethod
    def of(cls, backend: DynamoDBBackend, action: dict[str, Any]) -> _Before:
        table = backend.get_table(action["TableName"])
        key = action.get("Key") or action["Item"]
        pk, sk = DynamoType(key["pk"]), DynamoType(key["sk"])
        shard = table.stream_shard
        item = copy.deepcopy(table.get_item(pk, sk))
        return cls(table, pk, sk, item, len(shard.items) if shard else 0)

    def put_back(self) -> None:
        if self.item is None:
            self.table.items[self.pk].pop(self.sk, None)
        else:
            self.table.items[self.pk][self.sk] = self.item
        if self.table.stream_shard:
            del self.table.stream_shard.items[self.records :]


def definitions(names: Tables) -> list[dict[str, Any]]:
    """What `create_table` needs for each table."""
    return [
        _table(names.orders, "NEW_AND_OLD_IMAGES", ("worklist", "worklist", "due_at")),
        _table(names.inbound),
        _table(names.stock, "NEW_AND_OLD_IMAGES", ("due", "due_list", "due_at")),
        _table(names.order_index),
        _table(names.channels, "NEW_AND_OLD_IMAGES", ("due", "due_list", "due_at")),
    ]


def _table(
    name: str, stream: str = "", index: tuple[str, str, str] | None = None
) -> dict[str, Any]:
    indexed = index[1:] if index else ()
    made: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _keys("pk", "sk"),
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", *indexed)
        ],
    }
    if stream:
        made["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream}
    if index:
        made["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index[0],
                "KeySchema": _keys(index[1], index[2]),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ]
    return made


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
