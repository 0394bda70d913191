"""What holds for every workflow definition, whatever it does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from infra.catalogue.functions import BY_NAME, FUNCTIONS
from infra.catalogue.workflows import STATE_MACHINES, WORKFLOWS, WorkflowRow
from tests.infra.stages import ROOT, Stage

VALIDATOR = ROOT / "node_modules" / ".bin" / "asl-validator"
SHORTEST_RETRY = 1
EXPRESS_SECONDS = 300


@pytest.fixture(params=WORKFLOWS, ids=lambda row: row.name)
def row(request: pytest.FixtureRequest) -> WorkflowRow:
    return request.param


@pytest.fixture
def states(row: WorkflowRow) -> dict[str, Any]:
    return json.loads(row.definition.read_text())["States"]


def test_every_definition_has_a_row() -> None:
    files = {path.name for path in STATE_MACHINES.glob("*.asl.json")}
    assert files == {row.definition.name for row in WORKFLOWS}


def test_every_task_retries_catches_and_ends_in_time(states: dict[str, Any]) -> None:
    for name, state in _of_type(states, "Task").items():
        assert state["TimeoutSeconds"] > 0, name
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        for retry in state["Retry"]:
            assert retry["IntervalSeconds"] >= SHORTEST_RETRY, name
            assert retry["JitterStrategy"] == "FULL", name
            assert retry["MaxDelaySeconds"] >= retry["IntervalSeconds"], name


def test_every_task_retries_what_lambda_itself_does_wrong(states: dict[str, Any]) -> None:
    expected = {
        "Lambda.TooManyRequestsException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
        "States.TaskFailed",
        "States.Timeout",
    }
    for name, state in _of_type(states, "Task").items():
        retried = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
        assert retried == expected, name


def test_a_task_waits_longer_than_its_function_may_take(states: dict[str, Any]) -> None:
    for name, state in _of_type(states, "Task").items():
        function = BY_NAME[_function_of(state)]
        assert state["TimeoutSeconds"] >= function.timeout, name


def test_every_choice_has_a_default_that_a_person_sees(states: dict[str, Any]) -> None:
    for name, state in _of_type(states, "Choice").items():
        assert state["Default"] == "FlagAttention", name


def test_every_choice_reads_the_outcome_of_the_task_before_it(states: dict[str, Any]) -> None:
    for name, state in _of_type(states, "Task").items():
        after = states.get(state.get("Next", ""), {})
        if after.get("Type") == "Choice":
            read = {choice["Variable"] for choice in after["Choices"]}
            assert read == {f"{state['ResultPath']}.outcome"}, name


def test_every_state_says_what_it_is_for_and_can_be_reached(row: WorkflowRow) -> None:
    definition = json.loads(row.definition.read_text())
    reached = {definition["StartAt"]}
    for name, state in definition["States"].items():
        assert state["Comment"], name
        reached |= set(re.findall(r'"(?:Next|Default)": "(\w+)"', json.dumps(state)))
    assert reached == definition["States"].keys()


def test_only_ids_travel(states: dict[str, Any]) -> None:
    known = {"order_id.$", "run.$", "shipment.$", "parcel.$"}
    for name, state in _of_type(states, "Task").items():
        if name != "FlagAttention":  # gets the whole state, to tell what went wrong
            assert state["Parameters"].keys() <= known, name


def test_the_definition_stays_fit_for_express(row: WorkflowRow) -> None:
    text = row.definition.read_text()
    assert json.loads(text)["TimeoutSeconds"] < EXPRESS_SECONDS
    for needs_standard in ("waitForTaskToken", ".sync", "HeartbeatSeconds", "arn:aws:states"):
        assert needs_standard not in text


def test_the_definition_names_exactly_the_functions_of_its_row(row: WorkflowRow) -> None:
    named = set(re.findall(r"\$\{(\w+)\}", row.definition.read_text()))
    assert named == row.placeholders.keys()


def test_every_step_is_used_by_a_workflow() -> None:
    used = {function for row in WORKFLOWS for function in row.functions}
    assert used == {row.name for row in FUNCTIONS if row.kind == "step"}


def test_every_placeholder_is_filled_with_its_function(stage: Stage, row: WorkflowRow) -> None:
    machine = _machine(stage, row)
    filled = machine["DefinitionSubstitutions"]
    for placeholder, function in row.placeholders.items():
        (logical,) = filled[placeholder].values()
        target = stage.find("workflow", logical[0]).properties["FunctionName"]
        assert target == f"oms-{stage.name}-{function}"
    assert json.loads(machine["DefinitionString"]) == json.loads(row.definition.read_text())


def test_workflows_log_errors_without_data_and_trace(stage: Stage, row: WorkflowRow) -> None:
    machine = _machine(stage, row)
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"]["Enabled"] is True


def test_the_definition_is_valid_states_language(row: WorkflowRow) -> None:
    if not VALIDATOR.exists() or not shutil.which("node"):
        pytest.skip("needs Node and `npm ci`")
    checked = subprocess.run(
        [str(VALIDATOR), "--json-path", str(row.definition)], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _of_type(states: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: state for name, state in states.items() if state["Type"] == kind}


def _function_of(state: dict[str, Any]) -> str:
    words = re.findall(r"[A-Z][a-z]+", state["Resource"])
    return "_".join(words).lower()


def _machine(stage: Stage, row: WorkflowRow) -> dict[str, Any]:
    (found,) = [
        each.properties
        for each in stage.resources("AWS::StepFunctions::StateMachine")
        if each.properties["StateMachineName"] == f"oms-{stage.name}-{row.name}"
    ]
    return found
