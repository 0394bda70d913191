"""The customer's tracking page as HTML, from the JSON that `GET /track/{token}` answers.

No script, nothing from elsewhere, and no name, street or price: whoever has the link sees
only where the parcels are. The one style is allowed by its hash (`SECURITY_HEADERS`).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from html import escape
from typing import Any

from oms.tracking.page_style import STYLE

REFRESH_SECONDS = 30
_ENDED = frozenset({"DELIVERED", "CLOSED", "CANCELLED", "REJECTED", "RETURNED"})
_LONGEST_ABBREVIATION = 4
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

# Sent with every tracking page. The link is a secret: no referrer, no index, no shared cache.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

View = Mapping[str, Any]


def render(view: View) -> str:
    """The whole page. `view` is the tracking JSON; everything in it is escaped here."""
    ended = view["status"] in _ENDED
    body = [
        f"<p class=over>Order {_text(view['number'])}</p>",
        f"<h1>{_text(view['status_text'])}</h1>",
        _expected(view, ended),
        _progress(view["progress"]),
        *(_parcel(parcel, place) for place, parcel in enumerate(view["parcels"], 1)),
        _no_parcels(view, ended),
        _placed(view),
    ]
    return _page(f"Order {view['number']}", "".join(body), refresh=not ended)


def render_unknown() -> str:
    """The page for a link that leads to no order. It never says whether it once did."""
    body = (
        "<h1>This link leads to no order</h1>"
        "<p class=lead>Check that the whole link was copied from your message. "
        "If it was, ask the shop for a new one.</p>"
    )
    return _page("Unknown link", body, refresh=False)


# --- parts ----------------------------------------------------------------------------


def _page(title: str, body: str, *, refresh: bool) -> str:
    again = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">' if refresh else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex, nofollow">'
        '<meta name="referrer" content="no-referrer">'
        '<meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,">'  # or the browser asks the server for one
        f"{again}<title>{_text(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _expected(view: View, ended: bool) -> str:
    expected = view.get("expected")
    if ended or not expected:
        return ""
    first, last = _day(expected["from"]), _day(expected["to"])
    days = first if first == last else f"{first} to {last}"
    return f"<p class=lead>Expected {days}</p>"


def _progress(steps: Iterable[View]) -> str:
    """Steps done carry their time; the last of them is where the order is now."""
    steps = tuple(steps)
    now = max((place for place, step in enumerate(steps) if step["done"]), default=-1)
    items = (_step(step, is_now=place == now) for place, step in enumerate(steps))
    return f"<ol class=progress aria-label=Progress>{''.join(items)}</ol>" if steps else ""


def _step(step: View, *, is_now: bool) -> str:
    kind = "now" if is_now else "done" if step["done"] else "ahead"
    current = " aria-current=step" if is_now else ""
    said = "" if step["done"] else "<span class=hidden>not yet</span>"
    name, at = _text(_words(step["step"])), _moment(step.get("at"))
    return f"<li class={kind}{current}><b>{name}</b>{said}{at}</li>"


def _parcel(parcel: View, place: int) -> str:
    expected = parcel.get("expected_on")
    delivered = parcel["state"] == "DELIVERED"
    when = f"<p>Expected {_day(expected)}</p>" if expected and not delivered else ""
    number = parcel["tracking_number"]
    code = f"<code>{_text(number)}</code>" if number else ""
    state = f"<span class=state>{_text(_words(parcel['state']))}</span>"
    return (
        f"<section><h2>Parcel {place} {state}</h2>"
        f"<p class=carrier>{_text(_carrier(parcel['carrier']))} {code}</p>{when}"
        f"<ul class=items>{''.join(map(_item, parcel['items']))}</ul>{_scans(parcel['scans'])}"
        "</section>"
    )


def _item(item: View) -> str:
    return f"<li>{_text(item['quantity'])} &times; {_text(item['title'])}</li>"


def _scans(scans: Iterable[View]) -> str:
    """Newest first, as that is the one looked for."""
    newest_first = sorted(scans, key=lambda scan: str(scan["at"]), reverse=True)
    items = "".join(map(_scan, newest_first))
    return f"<ol class=scans>{items}</ol>" if items else ""


def _scan(scan: View) -> str:
    what = _text(scan["text"] or _words(scan["status"]))
    place = f"<span>{_text(scan['place'])}</span>" if scan["place"] else ""
    return f"<li><b>{what}</b>{place}{_moment(scan['at'])}</li>"


def _no_parcels(view: View, ended: bool) -> str:
    if view["parcels"] or ended:
        return ""
    return "<section><p>Your parcels appear here as soon as they are packed.</p></section>"


def _placed(view: View) -> str:
    return f"<footer>Placed on {_day(view['placed_on'])}. Times are in UTC.</footer>"


# --- values ---------------------------------------------------------------------------


def _text(value: object) -> str:
    return escape(str(value), quote=True)


def _words(name: object) -> str:
    """`OUT_FOR_DELIVERY` as "Out for delivery"; anything mixed stays as it is."""
    text = str(name)
    return text.replace("_", " ").capitalize() if text.isupper() or text.islower() else text


def _carrier(name: object) -> str:
    """Carriers are named by a code: `ups` is UPS, `offline` is Offline."""
    text = str(name)
    return text.upper() if len(text) <= _LONGEST_ABBREVIATION else _words(text)


def _day(iso: object) -> str:
    """A date or a time as "Sat 21 Nov 2026"; what is neither is shown as it came."""
    try:
        day = date.fromisoformat(str(iso)[:10])
    except ValueError:
        return _text(iso)
    return f"{day:%a} {day.day} {day:%b %Y}"


def _moment(iso: object) -> str:
    if not iso:
        return ""
    try:
        at = datetime.fromisoformat(str(iso)).astimezone(UTC)
    except ValueError:
        return f"<time>{_text(iso)}</time>"
    return f'<time datetime="{_text(iso)}">{at:%a} {at.day} {at:%b, %H:%M}</time>'
