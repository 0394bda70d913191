"""Carries our EDI files to the trading partner, as an AS2 or SFTP gateway would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.aws.clients import Clients
from local.client import ApiClient

OUT = "edi/out/"


@dataclass(slots=True)
class EdiCourier:
    """`url` is the stand-ins'. A file that was carried is not carried again by this courier."""

    clients: Clients
    bucket: str
    url: str
    carried: set[str] = field(default_factory=set)

    def __call__(self) -> None:
        s3: Any = self.clients("s3")
        listed = s3.list_objects_v2(Bucket=self.bucket, Prefix=OUT).get("Contents", ())
        for key in (each["Key"] for each in listed):
            if key not in self.carried:
                body = s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                account, _, name = key.removeprefix(OUT).partition("/")
                ApiClient(self.url).ask("PUT", f"/edi/{account}/files/{name}", body)
                self.carried.add(key)
