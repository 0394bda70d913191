"""What cdk-nag's AwsSolutions rules object to and we keep, each with the reason.

Nothing is switched off for the whole application: a row names the rule (and the very finding
where a rule has several) and where it may occur. A test fails on any other finding, and on a
row that no longer matches one.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Acknowledgment, App, Validations

from infra.catalogue.consumers import CONSUMERS
from infra.catalogue.function_row import FunctionRow
from infra.catalogue.http_functions import HTTP
from infra.catalogue.messaging import SCHEDULES, STREAMS
from infra.catalogue.routes import ROUTES
from infra.catalogue.steps import STEPS
from infra.catalogue.tables import Table
from infra.catalogue.workflows import WORKFLOWS
from infra.settings import Settings

OWNER = "infrastructure"

_TRACING = "X-Ray has no resource to name: it takes segments or it does not"
_LOGGED = "a workflow's log delivery and X-Ray have no resource to name"
_UPLOADER = "CDK's own uploader of the console's files; runs during deployments only"
_RANDOM_KEYS = "random keys under this prefix"
_DATED_STREAM = "a stream's name ends in the time of its creation"
# How cdk-nag writes a resource of another stack.
_DOCUMENTS = "{data}:ExportsOutputFnGetAttDocuments7E5B2978Arn159F38C5"
_TABLES = {
    Table.ORDERS: "{data}:ExportsOutputFnGetAttorders46FA7C19Arn5F9D0FE3",
    Table.CHANNELS: "{data}:ExportsOutputFnGetAttchannels8A63DD2AArnC4D30F78",
    Table.STOCK: "{data}:ExportsOutputFnGetAttstock7C31E86DArnBDB81EF8",
}
_UPLOADER_PATH = "Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C512MiB"


@dataclass(frozen=True, slots=True)
class Row:
    """`where` are construct paths inside the stack; an empty path is the stack itself."""

    rule: str
    stack: str
    where: tuple[str, ...]
    reason: str


def _roles(functions: tuple[FunctionRow, ...]) -> tuple[str, ...]:
    return tuple(f"{row.name}/Role" for row in functions)


def _open_routes() -> tuple[Row, ...]:
    return tuple(
        Row("APIG4", "api", (f"Route {row.key}".replace("/", "--"),), row.open_because)
        for row in ROUTES
        if row.open_because
    )


_PINNED = "dependencies are pinned to and tested with the Python of settings.LAMBDA_PYTHON"
_ROWS = (
    Row("SMG4", "data", ("",), "partners' keys have no rotation API: rotated by hand, see runbook"),
    Row("L1", "workflow", ("",), _PINNED),
    Row("L1", "api", ("",), _PINNED),
    Row("IAM5[Resource::*]", "workflow", _roles((*CONSUMERS, *STEPS)), _TRACING),
    Row("IAM5[Resource::*]", "api", _roles(HTTP), _TRACING),
    Row("IAM5[Resource::*]", "workflow", tuple(f"{row.name}/Role" for row in WORKFLOWS), _LOGGED),
    Row(
        "SQS3",
        "workflow",
        tuple(f"{row.function}-stream/Dead" for row in STREAMS)
        + tuple(f"{row.function}-schedule/Dead" for row in SCHEDULES),
        "it is a dead-letter queue: of a stream or a schedule, which the rule does not look for",
    ),
    Row(
        "SF1",
        "workflow",
        tuple(f"{row.name}/Machine" for row in WORKFLOWS),
        "STANDARD keeps every execution's history; the log is for alarms, errors are enough",
    ),
    Row("COG8", "data", ("Users/Pool",), "a second factor is required; the plus plan is a choice"),
    *_open_routes(),
    Row("S1", "console", ("Website/Logs",), "the bucket that access logs go to"),
    Row("CFR1", "console", ("Website/Distribution",), "customers may be anywhere"),
    Row(
        "CFR2",
        "console",
        ("Website/Distribution",),
        "costs money without an order; sizes are checked in code, routes are throttled",
    ),
    Row(
        "CFR4",
        "console",
        ("Website/Distribution",),
        "CloudFront's own certificate; a custom domain in settings brings TLS 1.2",
    ),
    Row("L1", "console", (_UPLOADER_PATH,), _UPLOADER),
    Row(
        "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AWSLambdaBasicExecutionRole]",
        "console",
        (f"{_UPLOADER_PATH}/ServiceRole",),
        _UPLOADER,
    ),
    *(
        Row(f"IAM5[{finding}]", "console", (f"{_UPLOADER_PATH}/ServiceRole",), _UPLOADER)
        for finding in (
            "Action::s3:Abort*",
            "Action::s3:DeleteObject*",
            "Action::s3:GetBucket*",
            "Action::s3:GetObject*",
            "Action::s3:List*",
            "Resource::*",
            "Resource::<WebsiteFiles8BA07689.Arn>/*",
            "Resource::arn:<AWS::Partition>:s3:::"
            "cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*",
        )
    ),
)


def _named_wildcards() -> tuple[Row, ...]:
    """Resources that end in a wildcard: objects under a prefix, the streams of one table."""
    found = []
    for stack, functions in (("api", HTTP), ("workflow", (*CONSUMERS, *STEPS))):
        for row in functions:
            for grant in row.objects:
                finding = f"IAM5[Resource::{_DOCUMENTS}/{grant.prefix}*]"
                found.append(Row(finding, stack, _roles((row,)), _RANDOM_KEYS))
    for stream in STREAMS:
        finding = f"IAM5[Resource::{_TABLES[stream.table]}/stream/*]"
        found.append(Row(finding, "workflow", (f"{stream.function}/Role",), _DATED_STREAM))
    return tuple(found)


ROWS = (*_ROWS, *_named_wildcards())


def acknowledge(app: App, settings: Settings) -> None:
    for row in ROWS:
        stack = app.node.find_child(settings.name(row.stack))
        for path in row.where:
            target = stack
            for part in filter(None, path.split("/")):
                target = target.node.find_child(part)
            rule = row.rule.replace("{data}", settings.name("data"))
            Validations.of(target).acknowledge(
                Acknowledgment(id=f"AwsSolutions-{rule}", reason=f"{row.reason} ({OWNER})")
            )
