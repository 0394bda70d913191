"""What the settings of an account say about a trading partner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oms.channels.edi.tokens import Delimiters
from oms.channels.model import ChannelAccount

SENDS = ("997", "855", "856", "810")
_VERSIONS = ("004010", "005010")
_DELIMITERS = Delimiters()
_LEVELS = {"SOI": "SOI", "SOPI": "SOPI", "SOTPI": "SOTPI"}


@dataclass(frozen=True, slots=True)
class Party:
    """An interchange id with its qualifier, and the id in GS."""

    qualifier: str
    id: str
    group_id: str

    @classmethod
    def of(cls, named: str, group_id: str) -> Party:
        qualifier, _, id = named.rpartition("/")
        return cls(qualifier or "ZZ", id, group_id or id)

    def __str__(self) -> str:
        return f"{self.qualifier}/{self.id}"


@dataclass(frozen=True, slots=True)
class Partner:
    """`forgives`: wrong counts and control numbers are accepted with errors. `sends` are the
    replies that the partner wants. `levels` is the shape of a ship notice."""

    account: str
    them: Party
    us: Party
    version: str
    usage: str
    forgives: bool
    sends: frozenset[str]
    delimiters: Delimiters
    levels: str
    gs1_prefix: str
    our_name: str

    @classmethod
    def of(
        cls, account: ChannelAccount, sender: str = "", receiver: str = "", is_test: bool = False
    ) -> Partner:
        """`sender` and `receiver` are those of what is replied to: where the account takes
        files of anybody, the answer goes back to them. Tests are answered as tests."""
        version, settings = account.setting("version"), account.settings
        prefix, is_open = account.setting("gs1_prefix"), takes_anybody(account)
        them = sender if is_open and sender else account.domain
        us = receiver if is_open and receiver else account.setting("our_id")
        return cls(
            account=account.account,
            them=Party.of(them, account.setting("their_group_id")),
            us=Party.of(us, account.setting("our_group_id")),
            version=version if version in _VERSIONS else _VERSIONS[0],
            usage="T" if is_test or account.setting("usage") == "T" else "P",
            forgives=account.setting("control_errors") == "accept",
            sends=frozenset(settings.get("sends") or SENDS),
            delimiters=_delimiters(settings.get("delimiters")),
            levels=_LEVELS.get(account.setting("asn_levels"), "SOPI"),
            gs1_prefix=prefix if prefix.isdecimal() and 6 <= len(prefix) <= 12 else "",
            our_name=account.setting("our_name"),
        )

    @property
    def can_be_told(self) -> bool:
        return bool(self.us.id and self.them.id)


def takes_anybody(account: ChannelAccount) -> bool:
    """For a stage to try things out: whoever may write to the folder is the partner."""
    return account.settings.get("any_sender") is True


def _delimiters(given: Any) -> Delimiters:
    """Three characters: element, component, terminator."""
    if not isinstance(given, str) or len(set(given)) != 3:
        return _DELIMITERS
    return Delimiters(given[0], given[1], given[2])
