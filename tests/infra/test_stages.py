"""The stages differ in what settings.py and left_out.py name, and in nothing else.

So the template that is tried on this machine is the template that is deployed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.left_out import LEFT_OUT
from infra.local_secrets import MARKERS
from infra.settings import settings_of
from tests.infra.stages import ROOT, Resource, Stage

# Properties whose values are settings of the stage, by the type that has them.
SETTINGS = {
    "AWS::ApiGatewayV2::Stage": {"DefaultRouteSettings", "RouteSettings"},
    "AWS::Events::EventBus": {"Name"},
    "AWS::Events::Rule": {"EventBusName"},
    "AWS::Lambda::EventSourceMapping": {"MaximumBatchingWindowInSeconds"},
    "AWS::Lambda::Function": {"Runtime", "Architectures", "Code", "LoggingConfig"},
    "AWS::Lambda::LayerVersion": {"CompatibleRuntimes", "CompatibleArchitectures", "Content"},
    "AWS::Logs::LogGroup": {"RetentionInDays"},
    "AWS::SecretsManager::Secret": {"SecretString", "GenerateSecretString"},
}
VARIABLES = {
    "USER_POOL_CLIENT_ID",
    "SETTINGS",
    "LOG_LEVEL",
    "EVENT_BUS",
    "STRIPE_API_BASE",
    "SHOP_API_BASE",
    "PUBLIC_BASE_URL",
}
LOCAL_PARAMETERS = {"StripeApiBase", "ShopApiBase", "PublicBaseUrl"}


def test_every_resource_of_the_local_stage_is_the_one_deployed_on_aws(
    local: Stage, dev: Stage
) -> None:
    expected = {str(each): _comparable(each, dev) for each in dev.resources() if not _left(each)}
    found = {str(each): _comparable(each, local) for each in local.resources()}
    assert found.keys() == expected.keys()
    for name, body in found.items():
        assert body == expected[name], name


def test_what_is_left_out_is_really_there_on_aws_and_has_a_reason(local: Stage, dev: Stage) -> None:
    for row in LEFT_OUT:
        assert row.reason
        assert [each for each in dev.resources() if _matches(row, each)], row
        assert not [each for each in local.resources() if _matches(row, each)], row


def test_only_the_local_stage_has_parameters_for_addresses(local: Stage, dev: Stage) -> None:
    for stage, expected in ((local, LOCAL_PARAMETERS), (dev, {"BootstrapVersion"})):
        found = {
            name for stack in stage.stacks for name in stage.template(stack).get("Parameters", {})
        }
        assert found == expected


def test_local_secrets_exist_in_the_local_stage_alone(local: Stage, dev: Stage) -> None:
    everywhere = {stage.name: "".join(map(_text, _templates(stage))) for stage in (local, dev)}
    for marker in MARKERS:
        assert marker not in everywhere["dev"]
    assert "local-secret" in everywhere["local"]
    assert settings_of("prod").secrets is None


def test_on_aws_a_secret_is_drawn_at_random_or_empty(dev: Stage) -> None:
    for secret in dev.resources("AWS::SecretsManager::Secret"):
        found = secret.properties
        assert found.get("SecretString", "{}") == "{}", secret
        assert ("SecretString" in found) != ("GenerateSecretString" in found), secret
        assert secret.body["DeletionPolicy"] == "Retain"


def test_the_local_stage_is_quick_and_roomy() -> None:
    local = settings_of("local")
    told = json.loads(local.for_functions)
    assert told["grace_seconds"] == 5
    assert told["close_after_seconds"] == 30
    assert local.throttle.rate >= 1000
    assert local.stream_window_seconds == 0


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="choose local, dev or prod"):
        settings_of("staging")


def test_a_template_knows_no_account_and_no_folder_of_this_machine(stage: Stage) -> None:
    for text in map(_text, _templates(stage)):
        assert str(ROOT) not in text


def test_stacks_are_well_below_the_limits_of_cloudformation(stage: Stage) -> None:
    for template in _templates(stage):
        assert len(template["Resources"]) < 400
        assert len(_text(template)) < 800_000


def _comparable(resource: Resource, stage: Stage) -> Any:
    body = json.loads(_text(resource.body).replace(f"oms-{stage.name}", "oms-STAGE"))
    body.pop("Metadata", None)
    properties = body.get("Properties", {})
    for name in SETTINGS.get(resource.type, ()):
        properties.pop(name, None)
    variables = properties.get("Environment", {}).get("Variables", {})
    for name in VARIABLES:
        variables.pop(name, None)
    if "OMS_STAGE" in variables:
        variables["OMS_STAGE"] = "STAGE"
    for tag in properties.get("Tags", ()):
        if isinstance(tag, dict) and tag["Key"] == "stage":
            tag["Value"] = "STAGE"
    if isinstance(properties.get("Tags"), dict):
        properties["Tags"]["stage"] = "STAGE"
    if isinstance(properties.get("UserPoolTags"), dict):
        properties["UserPoolTags"]["stage"] = "STAGE"
    statements = properties.get("PolicyDocument", {}).get("Statement", [])
    # Mail goes out where the stage has a sender.
    statements[:] = [each for each in statements if each.get("Action") != "ses:SendEmail"]
    for statement in statements:
        statement.pop("Sid", None)  # CDK writes the stage's name into it
    return body


def _left(resource: Resource) -> bool:
    return any(_matches(row, resource) for row in LEFT_OUT)


def _matches(row: Any, resource: Resource) -> bool:
    return row.stack == resource.stack and row.type in ("", resource.type)


def _templates(stage: Stage) -> list[dict[str, Any]]:
    return [stage.template(stack) for stack in stage.stacks]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
