"""Take in the files that trading partners put into their folders of the bucket."""

from typing import Any

from oms.platform.consumer import queue_handler
from oms.platform.observability import count
from oms.wiring_channels import receive_file


def _receive(detail: dict[str, Any]) -> None:
    """`detail` of the bucket's event "Object Created". Its key is not URL-encoded."""
    there = detail["object"]
    version = there.get("sequencer") or there.get("etag", "")
    size, version_id = int(there.get("size", 0)), there.get("version-id", "")
    outcomes = receive_file()(there["key"], version, size, version_id)
    for outcome, number in outcomes.items():
        count(f"Edi{outcome.capitalize()}", number)


handler = queue_handler(_receive)
