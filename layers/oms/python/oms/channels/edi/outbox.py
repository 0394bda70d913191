"""Files for a partner, in `edi/out/{account}/` of the bucket, from where its transport takes
them. A reply has one name and one control number for ever, so writing it again is harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from oms.channels.edi.outgoing import Numbered
from oms.channels.edi.store import ControlNumbers
from oms.channels.push import PushOutcome
from oms.kernel.errors import Unavailable
from oms.kernel.ids import digest

OUT = "edi/out/"
_CONTENT_TYPE = "application/edi-x12"
_COUNTER = "interchange"


class Files(Protocol):
    def put(self, key: str, body: bytes, content_type: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Outbox:
    files: Files
    numbers: ControlNumbers
    account: str

    def send(self, kind: str, key: str, make: Callable[[Numbered], bytes]) -> PushOutcome:
        """Write what `make` gives, unless it is known to be written. `key` is that of the event
        that the reply is about. Raises Unavailable."""
        named = f"{kind}#{key}"
        if self.numbers.is_sent(self.account, named):
            return PushOutcome.ALREADY
        number = self.numbers.number(self.account, _COUNTER, named)
        self._write(self.name(kind, key), make(number))
        self.numbers.mark_sent(self.account, named)
        return PushOutcome.TOLD

    def _write(self, name: str, body: bytes) -> None:
        try:
            self.files.put(name, body, _CONTENT_TYPE)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"the bucket took no file: {type(error).__name__}") from error

    def name(self, kind: str, key: str) -> str:
        return f"{OUT}{self.account}/{kind}-{digest(key)}.edi"
