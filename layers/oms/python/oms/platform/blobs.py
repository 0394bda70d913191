"""Objects in a bucket: labels and large raw bodies."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

LINK_SECONDS = 300


@cache
def _client() -> Any:
    config = Config(
        connect_timeout=2,
        read_timeout=8,
        retries={"mode": "standard", "max_attempts": 3},
        signature_version="s3v4",
        s3={"addressing_style": "path"},
    )
    return boto3.client("s3", config=config)


class Blobs:
    def __init__(self, bucket: str, client: Any = None) -> None:
        self._bucket, self._given = bucket, client

    @property
    def _s3(self) -> Any:
        # Made on first use: most captures never touch the bucket.
        return self._given or _client()

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)

    def get(self, key: str, version: str = "") -> bytes:
        """The newest of that name, or the very `version`."""
        which = {"Key": key, "VersionId": version} if version else {"Key": key}
        body: bytes = self._s3.get_object(Bucket=self._bucket, **which)["Body"].read()
        return body

    def link(self, key: str, filename: str, seconds: int = LINK_SECONDS) -> str:
        """A link that opens this one object for `seconds` and downloads as `filename`."""
        params = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{filename}"',
        }
        link: str = self._s3.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)
        return link
