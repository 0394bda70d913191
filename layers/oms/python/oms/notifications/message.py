"""Messages to customers: what each kind says, in plain words. No prices, no street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    def send(self, message: Message) -> None:
        """Raises Unavailable when it may be tried again."""


def parcel_on_its_way(
    to: str, number: str, carrier: str, tracking_number: str, link: str
) -> Message:
    text = (
        f"Good news: a parcel of your order {number} is packed and on its way.\n\n"
        f"Carrier: {carrier}\nTracking number: {tracking_number}\n"
    )
    if link:
        text += f"\nFollow it here: {link}\n"
    return Message(to, f"Your order {number} is on its way", text)
