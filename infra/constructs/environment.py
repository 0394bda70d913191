"""The environment variables of a function: names of resources, never values of secrets."""

from __future__ import annotations

from aws_cdk import CfnParameter, Stack
from constructs import Construct

from infra.catalogue.function_row import FunctionRow
from infra.catalogue.tables import TABLES
from infra.catalogue.workflows import WORKFLOWS
from infra.constructs.names import machine_arn
from infra.settings import Settings
from infra.stacks.data import DataStack


def environment_of(
    scope: Construct, row: FunctionRow, settings: Settings, data: DataStack
) -> dict[str, str]:
    """Every function gets the same names; what it may do with them is up to its role."""
    variables = {
        "OMS_STAGE": settings.stage,
        "LABEL_BUCKET": data.documents.bucket_name,
        "RAW_BUCKET": data.documents.bucket_name,
        "EVENT_BUS": settings.bus,
        "WEBHOOK_RULE": settings.name("send_webhooks"),
        "SECRETS_PREFIX": settings.secrets_prefix,
        "SETTINGS": settings.for_functions,
        "LOG_LEVEL": settings.log_level,
        "POWERTOOLS_SERVICE_NAME": row.name,
        "POWERTOOLS_METRICS_NAMESPACE": "oms",
    }
    variables |= {table.env: settings.name(table.table) for table in TABLES}
    variables |= {each.env: machine_arn(scope, each.name, settings) for each in WORKFLOWS}
    if settings.is_local and row.calls_stripe:
        variables["STRIPE_API_BASE"] = _local(scope, "StripeApiBase", "http://127.0.0.1:12111")
    if settings.is_local and "channels" in row.secrets:
        variables["SHOP_API_BASE"] = _local(scope, "ShopApiBase", "http://127.0.0.1:12112")
    return variables


def public_base_url(scope: Construct, settings: Settings, api_endpoint: str) -> str:
    """Where a customer's browser reaches the service."""
    if settings.is_local:
        return _local(scope, "PublicBaseUrl", "http://127.0.0.1:8080")
    return settings.public_base_url or api_endpoint


def _local(scope: Construct, name: str, default: str) -> str:
    """A parameter, as addresses on this machine are known only when the local stack starts."""
    stack = Stack.of(scope)
    parameter = stack.node.try_find_child(name) or CfnParameter(
        stack, name, default=default, description="set by the local stack at its start"
    )
    return parameter.value_as_string
