"""The person of the demo: looks at the tasks and does what each sample says a person would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local.client import ApiClient, Refused
from local.demo.samples import Help, Sample

Json = dict[str, Any]


def open_tasks(api: ApiClient) -> Iterator[Json]:
    """Every task that waits, page after page."""
    cursor = ""
    while True:
        page = api.get("/tasks", limit="100", **({"cursor": cursor} if cursor else {}))
        yield from page["items"]
        cursor = page.get("next_cursor") or ""
        if not cursor:
            return


def help_wanted(task: Json, samples: Mapping[str, Sample]) -> Help | None:
    """What to do about `task`, if it belongs to one of the orders in `samples` (by order id)."""
    sample = samples.get(str(task["order_id"]))
    if sample is None:
        return None
    return next((help for help in sample.people if help.kind == task["kind"]), None)


def resolve(api: ApiClient, samples: Mapping[str, Sample]) -> list[str]:
    """Work through the tasks once; tells what was done. A task that somebody else just
    resolved, or that the order has left behind, answers 404 or 409."""
    done = []
    for task in open_tasks(api):
        help = help_wanted(task, samples)
        if help is None:
            continue
        try:
            api.post(f"/tasks/{task['task_id']}/{help.action}", help.fields)
        except Refused as refused:
            if refused.answer.status not in (404, 409):
                raise
            continue
        done.append(f"{samples[task['order_id']].title}: {task['kind']} -> {help.action}")
    return done
