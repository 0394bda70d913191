"""What is kept, is kept safe: data, documents, the API's edge, functions, people."""

from __future__ import annotations

import json

from infra.catalogue.functions import BY_NAME
from infra.catalogue.routes import ROUTES
from infra.catalogue.tables import TABLES
from infra.constructs.users import GROUPS
from infra.settings import settings_of
from tests.infra.stages import Stage, functions_of


def test_tables_are_on_demand_recoverable_encrypted_and_retained(stage: Stage) -> None:
    tables = list(stage.resources("AWS::DynamoDB::Table"))
    assert len(tables) == len(TABLES)
    for table in tables:
        found = table.properties
        assert found["BillingMode"] == "PAY_PER_REQUEST", table
        recovery = found["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True, table
        assert found["SSESpecification"]["SSEType"] == "KMS", table
        assert found["SSESpecification"]["KMSMasterKeyId"], table
        assert found["DeletionProtectionEnabled"] is True, table
        assert table.body["DeletionPolicy"] == table.body["UpdateReplacePolicy"] == "Retain"


def test_the_orders_table_streams_both_images_and_has_its_worklist(stage: Stage) -> None:
    (orders,) = [
        each.properties
        for each in stage.resources("AWS::DynamoDB::Table")
        if each.properties["TableName"] == f"oms-{stage.name}-orders"
    ]
    assert orders["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    (worklist,) = orders["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in worklist["KeySchema"]] == ["worklist", "due_at"]
    assert worklist["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_the_key_rotates_and_is_retained(stage: Stage) -> None:
    (key,) = stage.resources("AWS::KMS::Key")
    assert key.properties["EnableKeyRotation"] is True
    assert key.body["DeletionPolicy"] == "Retain"


def test_buckets_are_private_encrypted_and_refuse_plain_http(stage: Stage) -> None:
    policies = [each.properties for each in stage.resources("AWS::S3::BucketPolicy")]
    for bucket in stage.resources("AWS::S3::Bucket"):
        access = bucket.properties["PublicAccessBlockConfiguration"]
        assert set(access.values()) == {True}, bucket
        assert bucket.properties["BucketEncryption"], bucket
        own = [json.dumps(each) for each in policies if each["Bucket"] == {"Ref": bucket.id}]
        assert any('"aws:SecureTransport": "false"' in policy for policy in own), bucket


def test_documents_use_our_key_keep_versions_and_expire(stage: Stage) -> None:
    (documents,) = [
        each.properties
        for each in stage.resources("AWS::S3::Bucket")
        if each.stack == "data" and "VersioningConfiguration" in each.properties
    ]
    (rule,) = documents["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    prefixes = {rule["Prefix"] for rule in documents["LifecycleConfiguration"]["Rules"]}
    assert prefixes == {"labels/", "raw/", "edi/in/", "edi/out/"}


def test_functions_have_the_defaults_of_the_house(stage: Stage) -> None:
    settings = settings_of(stage.name)
    for function in functions_of(stage):
        found = function.properties
        row = BY_NAME[found["FunctionName"].removeprefix(f"oms-{stage.name}-")]
        assert found["Timeout"] == row.timeout
        assert found["MemorySize"] == row.memory
        assert found["TracingConfig"] == {"Mode": "Active"}
        assert found["Runtime"] == f"python{settings.python}"
        assert found["Architectures"] == [settings.architecture]
        assert found["LoggingConfig"]["LogGroup"]["Ref"]


def test_functions_run_on_arm_and_python_3_13_on_aws(dev: Stage) -> None:
    for function in functions_of(dev):
        assert function.properties["Architectures"] == ["arm64"]
        assert function.properties["Runtime"] == "python3.13"


def test_logs_do_not_stay_for_ever(stage: Stage) -> None:
    for group in stage.resources("AWS::Logs::LogGroup"):
        assert group.properties["RetentionInDays"] <= 90, group


def test_environments_are_small_and_hold_no_secret(stage: Stage) -> None:
    for function in functions_of(stage):
        variables = function.properties["Environment"]["Variables"]
        assert len(json.dumps(variables)) < 4096
        assert not [name for name in variables if "KEY" in name or "TOKEN" in name]


def test_the_api_is_logged_and_throttled(stage: Stage) -> None:
    (api,) = stage.resources("AWS::ApiGatewayV2::Stage")
    limit = settings_of(stage.name).throttle
    assert api.properties["AccessLogSettings"]["DestinationArn"]
    assert json.loads(api.properties["AccessLogSettings"]["Format"])["request_id"]
    assert api.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] == limit.rate
    waves = api.properties["RouteSettings"]
    assert waves.keys() == {route.key for route in ROUTES if route.burst}


def test_the_routes_deployed_are_the_routes_of_the_catalogue(stage: Stage) -> None:
    deployed = {
        each.properties["RouteKey"]: each.properties["AuthorizationType"]
        for each in stage.resources("AWS::ApiGatewayV2::Route")
    }
    expected = {route.key: "NONE" if route.open_because else "CUSTOM" for route in ROUTES}
    assert deployed == expected


def test_the_authorizer_keeps_no_answer_for_another_route(stage: Stage) -> None:
    (authorizer,) = stage.resources("AWS::ApiGatewayV2::Authorizer")
    assert authorizer.properties["AuthorizerResultTtlInSeconds"] == 0
    assert authorizer.properties["EnableSimpleResponses"] is True
    assert authorizer.properties["AuthorizerPayloadFormatVersion"] == "2.0"


def test_operations_need_a_second_factor_and_nobody_signs_up(stage: Stage) -> None:
    (pool,) = stage.resources("AWS::Cognito::UserPool")
    assert pool.properties["MfaConfiguration"] == "ON"
    assert pool.properties["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    groups = stage.resources("AWS::Cognito::UserPoolGroup")
    assert {each.properties["GroupName"] for each in groups} == GROUPS.keys()


def test_the_console_is_served_with_a_strict_content_policy(dev: Stage) -> None:
    headers = json.dumps(
        [each.properties for each in dev.resources("AWS::CloudFront::ResponseHeadersPolicy")]
    )
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in headers
    assert "unsafe" not in headers
    (site,) = dev.resources("AWS::CloudFront::Distribution")
    assert "OriginAccessControlId" in json.dumps(site.properties)
