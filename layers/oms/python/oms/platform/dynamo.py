"""DynamoDB, the only door to it: reads, pages, and commits of `Write`s.

Failures are told apart here once: a false condition becomes the error its write named, a
conflict or throttle is tried again with jitter, no answer becomes Unavailable (it may have
happened), everything else stays what botocore raised.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from oms.kernel.errors import Contended, Unavailable
from oms.platform.attributes import marshal, unmarshal
from oms.platform.unit import Action, Item, Write

# Not in botocore's own retry lists, and safe to repeat: nothing was written.
_TRY_AGAIN = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
    }
)
_CONFLICT = frozenset({"TransactionConflict", "TransactionConflictException"})
_ATTEMPTS = 8  # with their pauses a commit waits 2.2 s at most, and half of that on average
_BATCH_GET_LIMIT = 100
_BATCH_WRITE_LIMIT = 25

Key = Mapping[str, str]
# Hears of every conflict: the keys of the items that others were writing.
OnConflict = Callable[[Sequence[Key]], None]


class _Retry:
    """The answer "nothing was written, ask again"."""


class _DoneBefore:
    """The answer "this very write had already happened"."""


@dataclass(frozen=True, slots=True)
class _Conflict(_Retry):
    """The same, because somebody else was writing the items with these keys."""

    keys: tuple[Key, ...]


_Answer = Exception | _Retry | _DoneBefore
RETRY, DONE_BEFORE = _Retry(), _DoneBefore()


@cache
def default_client() -> Any:
    """One client a process: timeouts far below any function's own."""
    return boto3.client(
        "dynamodb",
        config=Config(
            connect_timeout=2,
            read_timeout=4,
            retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=10,
        ),
    )


class Dynamo:
    """The tables of one stage. Values are str, int, bytes, bool, None, list and dict."""

    def __init__(
        self,
        client: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        on_conflict: OnConflict = lambda keys: None,
    ) -> None:
        self._client = client or default_client()
        self._sleep, self._on_conflict = sleep, on_conflict

    # --- reading ---------------------------------------------------------------------

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:
        request = {"TableName": table, "Key": marshal(key), "ConsistentRead": consistent}
        reply = self._read(lambda: self._client.get_item(**request))
        return unmarshal(reply["Item"]) if "Item" in reply else None

    def get_many(self, table: str, keys: Sequence[Key], *, consistent: bool = True) -> list[Item]:
        """The items that exist, in no particular order. Asks again for what was throttled."""
        found: list[Item] = []
        for start in range(0, len(keys), _BATCH_GET_LIMIT):
            wanted = {
                table: {
                    "Keys": [marshal(key) for key in keys[start : start + _BATCH_GET_LIMIT]],
                    "ConsistentRead": consistent,
                }
            }
            for attempt in range(_ATTEMPTS):
                asked = {"RequestItems": wanted}
                reply = self._read(partial(self._client.batch_get_item, **asked))
                found += [unmarshal(item) for item in reply["Responses"].get(table, ())]
                wanted = reply.get("UnprocessedKeys") or {}
                if not wanted:
                    break
                self._pause(attempt)
            else:
                raise Unavailable("DynamoDB is throttling reads")
        return found

    def query(
        self,
        table: str,
        condition: str,
        values: Mapping[str, Any],
        *,
        names: Mapping[str, str] | None = None,
        index: str | None = None,
        newest_first: bool = False,
        limit: int | None = None,
        start: Item | None = None,
    ) -> tuple[list[Item], Item | None]:
        """One page: the items, and the key to start the next page from (None at the end)."""
        request: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": marshal(values),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": index is None,
        }
        optional = {
            "IndexName": index,
            "ExpressionAttributeNames": dict(names) if names else None,
            "Limit": limit,
            "ExclusiveStartKey": marshal(start) if start else None,
        }
        request |= {name: value for name, value in optional.items() if value}
        reply = self._read(lambda: self._client.query(**request))
        last = reply.get("LastEvaluatedKey")
        return [unmarshal(item) for item in reply["Items"]], unmarshal(last) if last else None

    def query_all(
        self, table: str, condition: str, values: Mapping[str, Any], **options: Any
    ) -> Iterator[Item]:
        """Every item of a query, page by page. For partitions known to be small."""
        start: Item | None = None
        while True:
            items, start = self.query(table, condition, values, start=start, **options)
            yield from items
            if start is None:
                return

    def _read(self, call: Callable[[], Any]) -> Any:
        """The reply of a read, or of puts that may be repeated. Raises Unavailable.

        Asked for again while it is throttled.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return call()
            except HTTPClientError as error:
                raise Unavailable(f"DynamoDB did not answer: {type(error).__name__}") from error
            except ClientError as error:
                if error.response["Error"]["Code"] not in _TRY_AGAIN:
                    raise
            self._pause(attempt)
        raise Unavailable("DynamoDB is throttling reads")

    # --- writing ---------------------------------------------------------------------

    def commit(self, writes: Sequence[Write], token: str | None = None) -> None:
        """All of `writes` or none. A single one costs half: it needs no transaction.

        Raises the error that the first failed condition stands for, in the order given;
        Contended when others wrote the same items for 2 s, Unavailable when DynamoDB throttled
        for as long or did not answer.
        """
        if len(writes) == 1 and writes[0].action is not Action.CHECK:
            self._commit_one(writes[0])
        elif writes:
            self._commit_together(writes, token)

    def put_many(self, table: str, puts: Sequence[Item], deletes: Sequence[Key] = ()) -> None:
        """Unconditional writes of an index that can be rebuilt. Not atomic."""
        requests = [{"PutRequest": {"Item": marshal(item)}} for item in puts]
        requests += [{"DeleteRequest": {"Key": marshal(key)}} for key in deletes]
        for start in range(0, len(requests), _BATCH_WRITE_LIMIT):
            wanted: dict[str, Any] = {table: requests[start : start + _BATCH_WRITE_LIMIT]}
            for attempt in range(_ATTEMPTS):
                asked = {"RequestItems": wanted}
                reply = self._read(partial(self._client.batch_write_item, **asked))
                wanted = reply.get("UnprocessedItems")
                if not wanted:
                    break
                self._pause(attempt)
            else:
                raise Unavailable("DynamoDB is throttling writes")

    def _commit_one(self, write: Write) -> None:
        call = {
            Action.PUT: "put_item",
            Action.UPDATE: "update_item",
            Action.DELETE: "delete_item",
        }[write.action]
        request = _request(write)
        self._with_patience(
            lambda: getattr(self._client, call)(**request),
            lambda error: _refusal_of_one(write, error),
        )

    def _commit_together(self, writes: Sequence[Write], token: str | None) -> None:
        request: dict[str, Any] = {
            "TransactItems": [{write.action.value: _request(write)} for write in writes]
        }
        # One token for all attempts: TransactionInProgress says that the first may yet succeed.
        request["ClientRequestToken"] = token or secrets.token_hex(16)
        self._with_patience(
            lambda: self._client.transact_write_items(**request),
            lambda error: _refusal_of_many(writes, error),
        )

    def _with_patience(
        self, call: Callable[[], Any], read: Callable[[ClientError], _Answer]
    ) -> None:
        answer: _Answer = RETRY
        for attempt in range(_ATTEMPTS):
            try:
                call()
                return
            except HTTPClientError as error:
                raise Unavailable(f"DynamoDB did not answer: {type(error).__name__}") from error
            except ClientError as error:
                answer = read(error)
                if answer is DONE_BEFORE:
                    return
                if isinstance(answer, Exception):
                    raise answer from None
                if isinstance(answer, _Conflict):
                    self._on_conflict(answer.keys)
            self._pause(attempt)
        if isinstance(answer, _Conflict):
            raise Contended("too many write the same items at once")
        raise Unavailable("DynamoDB is throttling")

    def _pause(self, attempt: int) -> None:
        # Full jitter, so that rivals do not meet again in step.
        self._sleep(random.uniform(0, min(0.02 * 2**attempt, 0.5)))


def _refusal_of_one(write: Write, error: Any) -> _Answer:
    code = error.response["Error"]["Code"]
    if code in _CONFLICT:
        return _Conflict((write.key,))
    if code in _TRY_AGAIN:
        return RETRY
    if code != "ConditionalCheckFailedException":
        return _as_it_came(error)
    return _refusal(write, error.response.get("Item"), error)


def _refusal_of_many(writes: Sequence[Write], error: Any) -> _Answer:
    code = error.response["Error"]["Code"]
    if code in _TRY_AGAIN:
        return RETRY
    if code != "TransactionCanceledException":
        return _as_it_came(error)
    reasons = error.response.get("CancellationReasons", ())
    answers = [
        _refusal(write, reason.get("Item"), error)
        for write, reason in zip(writes, reasons, strict=False)
        if reason.get("Code") == "ConditionalCheckFailed"
    ]
    # All or nothing: if one of the writes had happened before, all of them had.
    if DONE_BEFORE in answers:
        return DONE_BEFORE
    if answers:
        return answers[0]
    codes = [reason.get("Code") for reason in reasons]
    if any(code in _TRY_AGAIN - _CONFLICT for code in codes):
        return RETRY
    if not _CONFLICT.isdisjoint(codes):
        pairs = zip(writes, codes, strict=False)
        return _Conflict(tuple(write.key for write, code in pairs if code in _CONFLICT))
    return _as_it_came(error)


def _as_it_came(error: Exception) -> Exception:
    return error


def _refusal(write: Write, old: Item | None, error: Exception) -> _Answer:
    if write.refused is None:
        return error
    answer = write.refused(unmarshal(old) if old else None)
    return DONE_BEFORE if answer is None else answer


def _request(write: Write) -> dict[str, Any]:
    request: dict[str, Any] = {"TableName": write.table}
    if write.action is Action.PUT:
        request["Item"] = marshal({**write.key, **write.item})
    else:
        request["Key"] = marshal(write.key)
    if write.update:
        request["UpdateExpression"] = write.update
    if write.condition:
        request["ConditionExpression"] = write.condition
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if write.names:
        request["ExpressionAttributeNames"] = dict(write.names)
    if write.values:
        request["ExpressionAttributeValues"] = marshal(write.values)
    return request
