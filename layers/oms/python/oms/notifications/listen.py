"""Have events brought to `send_webhooks` while there is anybody to send them to, and not otherwise:
each costs a message and a part of an invocation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from oms.notifications.webhook_ports import Subscriptions


class Switch(Protocol):
    def set(self, on: bool) -> None:
        """Repeating it changes nothing."""


@dataclass(frozen=True, slots=True)
class ListenForWebhooks:
    subscriptions: Subscriptions
    rule: Switch

    def __call__(self) -> None:
        self.rule.set(any(each.is_active for each in self.subscriptions.all()))
