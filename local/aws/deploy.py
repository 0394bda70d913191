"""Puts a cloud assembly into the emulator: assets to S3, then each stack by CloudFormation.

This is what `cdk deploy` does, without Node, a bootstrap stack or credentials.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.aws.assembly import Asset, StackTemplate
from local.aws.clients import Clients

_PATIENCE_SECONDS = 120
_NO_CHANGE = "No updates are to be performed"
_BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # one content, one zip: the emulator compares digests

Say = Callable[[str], None]


class DeployFailed(Exception):
    """A stack did not come up; the message lists what failed and why."""


class Deployment:
    """Deploys stacks one after the other; `say` hears of each.

    `parameters` are given to the templates that declare them.
    """

    def __init__(self, clients: Clients, say: Say, parameters: Mapping[str, str]) -> None:
        self._s3 = clients("s3")
        self._cloudformation = clients("cloudformation")
        self._ssm = clients("ssm")
        self._say, self._parameters = say, parameters
        self._buckets: set[str] = set()

    def deploy(self, stacks: Iterable[StackTemplate]) -> None:
        """Create or update every stack. Raises DeployFailed."""
        self._ssm.put_parameter(Name=_BOOTSTRAP_VERSION, Value="30", Type="String", Overwrite=True)
        published: set[tuple[str, str]] = set()
        for stack in stacks:
            for asset in stack.assets:
                if (asset.bucket, asset.key) not in published:
                    self._publish(asset)
                    published.add((asset.bucket, asset.key))
            self._bring_up(stack)

    def _publish(self, asset: Asset) -> None:
        self._need_bucket(asset.bucket)
        body = zipped(asset.source) if asset.is_folder else asset.source.read_bytes()
        self._s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)

    def _need_bucket(self, bucket: str) -> None:
        if bucket not in self._buckets:
            self._s3.create_bucket(Bucket=bucket)
            self._buckets.add(bucket)

    def _bring_up(self, stack: StackTemplate) -> None:
        started = time.monotonic()
        template = json.loads(stack.template.read_text())
        given = stack.parameters | {
            name: value
            for name, value in self._parameters.items()
            if name in template.get("Parameters", {})
        }
        asked: dict[str, Any] = {
            "StackName": stack.name,
            "TemplateURL": self._template_url(stack.name, template),
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
            ],
        }
        if self._create_or_update(asked):
            self._wait(stack.name)
        self._say(f"  {stack.name} ({time.monotonic() - started:.1f} s)")

    def _template_url(self, name: str, template: Any) -> str:
        """CloudFormation takes 51,200 bytes in a call and 1 MB from S3."""
        bucket, key = "oms-templates", f"{name}.json"
        self._need_bucket(bucket)
        body = json.dumps(template, separators=(",", ":")).encode()
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        return f"{self._s3.meta.endpoint_url}/{bucket}/{key}"

    def _create_or_update(self, asked: dict[str, Any]) -> bool:
        """Whether there is something to wait for."""
        try:
            if self._status(asked["StackName"]):
                self._cloudformation.update_stack(**asked)
            else:
                self._cloudformation.create_stack(**asked)
        except ClientError as error:
            if _NO_CHANGE in str(error):
                return False
            raise DeployFailed(f"{asked['StackName']} was refused: {error}") from error
        return True

    def _status(self, name: str) -> str:
        try:
            described = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return ""
        status: str = described[0]["StackStatus"] if described else ""
        return "" if status == "DELETE_COMPLETE" else status

    def _wait(self, name: str) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while (status := self._status(name)).endswith("_IN_PROGRESS"):
            if time.monotonic() > until:
                raise DeployFailed(f"{name} is {status} after {_PATIENCE_SECONDS} s")
            time.sleep(0.05)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise DeployFailed(f"{name} is {status}:\n{self._reasons(name)}")

    def _reasons(self, name: str) -> str:
        events = self._cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "\n".join(
            f"    {event['LogicalResourceId']} ({event['ResourceType']}): "
            f"{event.get('ResourceStatusReason', 'no reason given')}"
            for event in reversed(failed)
        )


def zipped(folder: Path) -> bytes:
    """`folder` as a zip that is the same for the same content."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                member.external_attr = (path.stat().st_mode & 0xFFFF) << 16
                archive.writestr(member, path.read_bytes())
    return sink.getvalue()
