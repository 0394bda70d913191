"""Messages by Amazon SES."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from oms.kernel.errors import Unavailable
from oms.notifications.message import Message


@cache
def _client() -> Any:
    # One try: SES has no idempotency key, and a resend after a lost reply is a second mail.
    config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
    return boto3.client("sesv2", config=config)


class SesMailer:
    def __init__(self, sender: str, client: Any = None) -> None:
        self._sender, self._given = sender, client

    def send(self, message: Message) -> None:
        try:
            (self._given or _client()).send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [message.to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": message.text, "Charset": "UTF-8"}},
                    }
                },
            )
        except ClientError as error:
            raise Unavailable(f"SES: {error.response['Error']['Code']}") from None
        except BotoCoreError as error:
            raise Unavailable(f"SES: {type(error).__name__}") from None
