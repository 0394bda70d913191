"""boto3 clients for the emulator, one of each."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local.settings import ACCOUNT, REGION


class Clients:
    """`clients("s3")` gives the emulator's S3 client, the same one each time."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.session.Session(
            aws_access_key_id=ACCOUNT, aws_secret_access_key="local", region_name=REGION
        )
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = self._session.client(
                service,
                endpoint_url=self.endpoint,
                config=Config(
                    proxies={},
                    retries={"total_max_attempts": 1},
                    read_timeout=90,
                    s3={"addressing_style": "path"},
                ),
            )
        return self._made[service]
