"""Where a purchase order goes: an address, or a code of a place that the account knows."""

from __future__ import annotations

from dataclasses import replace

from oms.channels.model import ChannelAccount
from oms.channels.reading import Reading
from oms.kernel.address import Address


def ship_to(order: Reading, account: ChannelAccount) -> Address | None:
    """The header's ship-to; stores of a split are marked on it (cross-docking), or are
    the place themselves where there is none or the setting `stores` is `direct`.
    """
    store, header = order.text("store", 80), order.at("ship_to")
    if not store:
        return address_of(header, account)
    if not header or account.setting("stores") == "direct":
        return _known(store, account) or _nowhere(f"Store {store}", account)
    dock = address_of(header, account)
    mark = f"Store {store}"
    return replace(dock, company=f"{dock.company} {mark}".strip()) if dock else None


def address_of(party: Reading, account: ChannelAccount) -> Address | None:
    """A code without a street is looked up in the setting `locations` (code to address)."""
    if not party:
        return None
    found = Address(
        name=party.text("name", 200),
        lines=tuple(filter(None, (_line(each) for each in party.each("lines")))),
        city=party.text("city", 100),
        region=party.text("region", 100),
        postal_code=_postal_code(party.text("postal_code", 20)),
        country=(party.text("country", 60) or account.setting("country") or "US").upper(),
    )
    known = None if found.lines else _known(party.text("code", 80), account)
    return known or found


def _line(value: Reading) -> str:
    return Reading({"line": value.value}, value.pointer).text("line")


def _postal_code(text: str) -> str:
    """X12 leaves the hyphen of a ZIP+4 out, and where only five digits are known appends 0000."""
    if len(text) == 9 and text.isascii() and text.isdigit():
        return text[:5] if text.endswith("0000") else f"{text[:5]}-{text[5:]}"
    return text


def _known(code: str, account: ChannelAccount) -> Address | None:
    places = account.settings.get("locations")
    given = places.get(code) if isinstance(places, dict) and code else None
    return address_of(Reading({**given, "code": ""}), account) if given else None


def _nowhere(name: str, account: ChannelAccount) -> Address:
    """A name without a street: the order waits for a person to add it."""
    return Address(name, (), "", "", "", (account.setting("country") or "US").upper())
