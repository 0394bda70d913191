"""The entry of queue and stream consumers: one record at a time, failures by themselves.

A record that fails is handed back alone and comes again; the others are done. For a stream
the first failure ends the batch, because what follows it may be about the same order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oms.platform.observability import flush, start

Record = Mapping[str, Any]
Failures = dict[str, list[dict[str, str]]]


def queue_handler(work: Callable[[dict[str, Any]], None]) -> Callable[[Record, Any], Failures]:
    """For an SQS queue that a bus rule feeds: `work` gets the event's `detail`."""
    return event_handler(lambda event: work(event["detail"]))


def event_handler(work: Callable[[dict[str, Any]], None]) -> Callable[[Record, Any], Failures]:
    """As `queue_handler`, for a rule with events of many types: `work` gets the whole event."""

    def handler(event: Record, context: Any) -> Failures:
        log, failed = start(context), []
        for record in event["Records"]:
            try:
                work(json.loads(record["body"]))
            except Exception:
                log.exception("record failed", extra={"message_id": record["messageId"]})
                failed.append({"itemIdentifier": record["messageId"]})
        log.info("batch done", extra={"records": len(event["Records"]), "failed": len(failed)})
        flush()
        return {"batchItemFailures": failed}

    return handler


def batch_handler(
    work: Callable[[Sequence[dict[str, Any]]], None],
) -> Callable[[Record, Any], Failures]:
    """For a queue whose messages are best looked at together: `work` gets all their `detail`s,
    and all of them again when it fails."""

    def handler(event: Record, context: Any) -> Failures:
        log, records = start(context), event["Records"]
        failed: list[dict[str, str]] = []
        try:
            work([json.loads(record["body"])["detail"] for record in records])
        except Exception:
            log.exception("batch failed", extra={"records": len(records)})
            failed = [{"itemIdentifier": record["messageId"]} for record in records]
        log.info("batch done", extra={"records": len(records), "failed": len(failed)})
        flush()
        return {"batchItemFailures": failed}

    return handler


def stream_handler(work: Callable[[Sequence[Record]], None]) -> Callable[[Record, Any], Failures]:
    """For a DynamoDB stream: `work` gets the whole batch and may be given it again.

    When it fails, the batch is halved by the service until the bad record is alone.
    """

    def handler(event: Record, context: Any) -> Failures:
        log, records = start(context), event["Records"]
        try:
            work(records)
        except Exception:
            log.exception("batch failed", extra={"records": len(records)})
            first = records[0]["dynamodb"]["SequenceNumber"]
            return {"batchItemFailures": [{"itemIdentifier": first}]}
        finally:
            flush()
        log.info("batch done", extra={"records": len(records)})
        return {"batchItemFailures": []}

    return handler
