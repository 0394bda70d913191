"""What a row of the catalogue says about a function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from infra.catalogue import grants as may


class Kind(StrEnum):
    """Who calls the function; it decides the stack, and what its timeout must fit."""

    HTTP = "http"
    AUTHORIZER = "authorizer"
    STREAM = "stream"
    QUEUE = "queue"
    SCHEDULE = "schedule"
    STEP = "step"


CORE = ("oms", "deps_core")
AUTH = (*CORE, "deps_auth")
PAYMENTS = (*CORE, "deps_payments")
LABELS = (*CORE, "deps_labels")


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """`timeout` in seconds, `memory` in MB (which is also its share of a processor).

    `secrets` are the last parts of names in Secrets Manager; `starts` are workflows.
    """

    name: str
    kind: Kind
    purpose: str
    tables: tuple[may.TableGrant, ...] = ()
    secrets: tuple[str, ...] = ()
    objects: tuple[may.ObjectGrant, ...] = ()
    starts: tuple[str, ...] = ()
    publishes: bool = False
    switches: tuple[str, ...] = ()  # rules of the bus that it turns on and off
    mails: bool = False
    layers: tuple[str, ...] = CORE
    timeout: int = 15
    memory: int = 512

    @property
    def calls_stripe(self) -> bool:
        return "deps_payments" in self.layers
