"""Our interpreter of the workflows against moto's own: the same states, the same end.

moto's waits between retries are real seconds, so only runs without a retry stand here, and one
whose retries are taken out of the definition on both sides.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws
from moto.awslambda.models import LambdaBackend

from tests.workflow import asl
from tests.workflow.asl import TaskFailed, definition, run

ROLE = "arn:aws:iam::123456789012:role/workflow"
GIVEN = {
    "order_intake": {"order_id": "O", "run": "O-1"},
    "shipment": {"order_id": "O", "run": "O-1-1-9", "shipment": 1, "parcel": 1},
}
Outcomes = dict[str, str]
HAPPY: Outcomes = {
    "ValidateOrder": "VALID",
    "AllocateStock": "ALLOCATED",
    "ScreenFraud": "ACCEPTED",
    "AuthorizePayment": "AUTHORIZED",
    "ConfirmOrder": "CONFIRMED",
    "BuyLabel": "LABELLED",
    "CapturePayment": "CAPTURED",
    "NotifyCustomer": "TOLD",
    "NotifyChannel": "TOLD",
    "VoidPayment": "UNDONE",
    "ReleaseStock": "UNDONE",
    "VoidLabel": "UNDONE",
    "RefundCapture": "UNDONE",
    "RejectOrder": "REJECTED",
    "FlagAttention": "FLAGGED",
}


def invoke(outcomes: Outcomes) -> Callable[[str, dict[str, Any]], Any]:
    def answer(function: str, payload: dict[str, Any]) -> Any:
        assert payload["order_id"] == "O"
        if (outcome := {**HAPPY, **outcomes}[function]) == "fails":
            raise TaskFailed("Killed", "gone")
        return {"outcome": outcome}

    return answer


def without_retries(machine: str) -> dict[str, Any]:
    made = definition(machine)
    for state in made["States"].values():
        state.pop("Retry", None)
    return made


def by_moto(machine: str, outcomes: Outcomes) -> tuple[list[str], str]:
    """The states that moto's interpreter enters, and the status it ends with."""
    text = json.dumps(without_retries(machine))
    for name in HAPPY:
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        text = text.replace(f"${{{name}}}", arn)

    def answer(self: Any, function: str, *args: Any, **options: Any) -> Any:
        name = function.rpartition(":")[2]
        payload = json.loads(options.get("body") or args[1])
        response = options.get("response_headers") or args[-1]
        try:
            return json.dumps(invoke(outcomes)(name, payload)).encode()
        except TaskFailed as failure:
            response["x-amz-function-error"] = "Unhandled"
            told = {"errorType": failure.error, "errorMessage": failure.cause}
            return json.dumps(told).encode()

    with (
        mock_aws(config={"stepfunctions": {"execute_state_machine": True}}),
        patch.object(LambdaBackend, "invoke", answer),
    ):
        client = boto3.client("stepfunctions", region_name="us-east-1")
        made = client.create_state_machine(name=machine, definition=text, roleArn=ROLE)
        started = client.start_execution(
            stateMachineArn=made["stateMachineArn"], input=json.dumps(GIVEN[machine])
        )
        arn = started["executionArn"]
        for _ in range(500):
            status = client.describe_execution(executionArn=arn)["status"]
            if status != "RUNNING":
                break
            time.sleep(0.01)
        events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    details = (each.get("stateEnteredEventDetails") for each in events)
    return [each["name"] for each in details if each], status


@pytest.mark.parametrize(
    ("machine", "outcomes"),
    [
        ("order_intake", {}),
        ("order_intake", {"ValidateOrder": "ON_HOLD"}),
        ("order_intake", {"ScreenFraud": "REJECTED"}),
        ("order_intake", {"AuthorizePayment": "DECLINED"}),
        ("order_intake", {"ConfirmOrder": "fails"}),
        ("order_intake", {"ConfirmOrder": "fails", "VoidPayment": "fails"}),
        ("order_intake", {"AllocateStock": "SOMETHING_NEW"}),
        ("shipment", {}),
        ("shipment", {"CapturePayment": "REFUSED"}),
        ("shipment", {"CapturePayment": "fails"}),
        ("shipment", {"NotifyCustomer": "fails", "FlagAttention": "fails"}),
    ],
)
def test_both_interpreters_go_the_same_way(
    machine: str, outcomes: Outcomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asl, "definition", without_retries)
    ours = run(machine, GIVEN[machine], invoke(outcomes))
    assert (ours.states, ours.status) == by_moto(machine, outcomes)
