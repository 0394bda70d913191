"""A small interpreter of the workflows' own ASL files, without waiting.

It knows what those files use (Task, Choice, Pass, Succeed, Fail, Retry, Catch, JSONPath
references) and refuses everything else, so it cannot pretend. `test_asl_against_moto.py` runs the
same files through moto's interpreter and compares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MACHINES = Path(__file__).parents[2] / "statemachines"
Invoke = Callable[[str, dict[str, Any]], Any]


class TaskFailed(Exception):
    """A Lambda failed; `error` is the name that Retry and Catch see."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error, self.cause = error, cause


@dataclass
class Execution:
    """What became of one run: the states entered, in order, and how it ended."""

    machine: str
    input: dict[str, Any]
    states: list[str] = field(default_factory=list)
    status: str = "RUNNING"
    output: Any = None
    error: str = ""


def definition(machine: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((MACHINES / f"{machine}.asl.json").read_text())
    return loaded


def run(machine: str, given: dict[str, Any], invoke: Invoke) -> Execution:
    """Run `machine` to its end. `invoke(placeholder, payload)` calls the function."""
    states = definition(machine)["States"]
    execution = Execution(machine, given)
    name: str | None = definition(machine)["StartAt"]
    data: Any = json.loads(json.dumps(given))
    while name:
        execution.states.append(name)
        name, data = _STATES[states[name]["Type"]](states[name], data, execution, invoke)
    execution.output = data
    if execution.status == "RUNNING":
        execution.status = "SUCCEEDED"
    return execution


def _task(
    state: dict[str, Any], data: Any, execution: Execution, invoke: Invoke
) -> tuple[str | None, Any]:
    placeholder = state["Resource"].removeprefix("${").removesuffix("}")
    payload = _parameters(state["Parameters"], data) if "Parameters" in state else data
    try:
        result = _with_retry(state, lambda: invoke(placeholder, payload))
    except TaskFailed as failure:
        for catch in state.get("Catch", ()):
            if _matches(catch["ErrorEquals"], failure.error):
                told = {"Error": failure.error, "Cause": failure.cause}
                return catch["Next"], _put(data, catch.get("ResultPath", "$"), told)
        execution.status, execution.error = "FAILED", failure.error
        return None, data
    return state.get("Next"), _put(data, state.get("ResultPath", "$"), result)


def _with_retry(state: dict[str, Any], work: Callable[[], Any]) -> Any:
    left = {at: rule.get("MaxAttempts", 3) for at, rule in enumerate(state.get("Retry", ()))}
    while True:
        try:
            return json.loads(json.dumps(work()))
        except TaskFailed as failure:
            rule = next(
                (
                    at
                    for at, rule in enumerate(state.get("Retry", ()))
                    if _matches(rule["ErrorEquals"], failure.error)
                ),
                None,
            )
            if rule is None or left[rule] == 0:
                raise
            left[rule] -= 1


def _matches(wanted: list[str], error: str) -> bool:
    if "States.ALL" in wanted or error in wanted:
        return True
    return "States.TaskFailed" in wanted and error != "States.Timeout"


def _choice(
    state: dict[str, Any], data: Any, execution: Execution, invoke: Invoke
) -> tuple[str | None, Any]:
    for rule in state["Choices"]:
        if _holds(rule, data):
            return rule["Next"], data
    return state["Default"], data


def _holds(rule: Mapping[str, Any], data: Any) -> bool:
    if "Or" in rule:
        return any(_holds(each, data) for each in rule["Or"])
    if "IsPresent" in rule:
        return _is_present(data, rule["Variable"]) is rule["IsPresent"]
    return bool(_get(data, rule["Variable"]) == rule["StringEquals"])


def _pass(
    state: dict[str, Any], data: Any, execution: Execution, invoke: Invoke
) -> tuple[str | None, Any]:
    result = state.get("Result", data)
    return state.get("Next"), _put(data, state.get("ResultPath", "$"), result)


def _succeed(
    state: dict[str, Any], data: Any, execution: Execution, invoke: Invoke
) -> tuple[str | None, Any]:
    return None, data


def _fail(
    state: dict[str, Any], data: Any, execution: Execution, invoke: Invoke
) -> tuple[str | None, Any]:
    execution.status, execution.error = "FAILED", state.get("Error", "")
    return None, data


_STATES = {"Task": _task, "Choice": _choice, "Pass": _pass, "Succeed": _succeed, "Fail": _fail}


def _parameters(template: Any, data: Any) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): _get(data, value)
        if key.endswith(".$")
        else _parameters(value, data)
        for key, value in template.items()
    }


def _get(data: Any, path: str) -> Any:
    for part in path.removeprefix("$").strip(".").split("."):
        data = data[part] if part else data
    return data


def _is_present(data: Any, path: str) -> bool:
    try:
        _get(data, path)
    except KeyError:
        return False
    return True


def _put(data: Any, path: str | None, value: Any) -> Any:
    if path is None:
        return data
    if path == "$":
        return value
    (name,) = path.removeprefix("$.").split(".")
    return {**data, name: value}
