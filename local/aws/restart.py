"""What a kept stack needs after a start: the emulator forgets the records of its streams."""

from __future__ import annotations

from typing import Any

from local.aws.clients import Clients

_KEPT = (
    "EventSourceArn",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FilterCriteria",
    "FunctionResponseTypes",
    "DestinationConfig",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "ParallelizationFactor",
)


def read_streams_again(clients: Clients) -> int:
    """Make each stream mapping anew, so that it reads the stream from its first record.

    The emulator keeps a mapping's position and drops the records: a mapping that stood at
    record 40 would miss the next 40. Gives how many were made.
    """
    client = clients("lambda")
    pages = client.get_paginator("list_event_source_mappings").paginate()
    found = [each for page in pages for each in page["EventSourceMappings"]]
    streams = [each for each in found if ":dynamodb:" in each["EventSourceArn"]]
    wanted = {(each["EventSourceArn"], each["FunctionArn"]): each for each in streams}
    for each in streams:
        client.delete_event_source_mapping(UUID=each["UUID"])
    for each in wanted.values():
        client.create_event_source_mapping(**again(each))
    return len(wanted)


def again(mapping: dict[str, Any]) -> dict[str, Any]:
    """The request that makes `mapping` anew."""
    kept = {name: mapping[name] for name in _KEPT if name in mapping}
    return kept | {"FunctionName": mapping["FunctionArn"], "StartingPosition": "TRIM_HORIZON"}
