"""What a customer sees behind the link: where the parcels are, and nothing about them."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from oms.tracking.page import REFRESH_SECONDS, SECURITY_HEADERS, render, render_unknown

STEPS = ("ORDERED", "CONFIRMED", "PACKED", "SHIPPED", "DELIVERED")
SCANS = (
    ("2026-11-20T09:30:00Z", "PICKED_UP", "", "Newark"),
    ("2026-11-21T07:05:00Z", "OUT_FOR_DELIVERY", "Out for delivery", "New York"),
)


def a_parcel(**changes: Any) -> dict[str, Any]:
    return {
        "carrier": "ups",
        "tracking_number": "1Z999AA10123456784",
        "state": "SHIPPED",
        "shipped_at": "2026-11-20T09:30:00Z",
        "expected_on": "2026-11-22",
        "items": [{"title": "Blue mug", "quantity": 2}],
        "scans": [
            {"at": at, "status": status, "text": text, "place": place}
            for at, status, text, place in SCANS
        ],
    } | changes


def a_view(done: int = 4, **changes: Any) -> dict[str, Any]:
    return {
        "number": "#1001",
        "status": "SHIPPED",
        "status_text": "On its way",
        "placed_on": "2026-11-19",
        "expected": {"from": "2026-11-22", "to": "2026-11-24"},
        "progress": [
            {"step": step, "at": "2026-11-19T10:00:00Z" if n < done else None, "done": n < done}
            for n, step in enumerate(STEPS)
        ],
        "parcels": [a_parcel()],
    } | changes


class Reader(HTMLParser):
    """Collects what the page shows, and every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def refreshes(html: str) -> bool:
    return ("meta", {"http-equiv": "refresh", "content": str(REFRESH_SECONDS)}) in Reader(html).tags


def test_it_tells_where_the_order_is_and_when_it_comes() -> None:
    text = Reader(render(a_view())).text
    assert "Order #1001" in text
    assert "On its way" in text
    assert "Expected Sun 22 Nov 2026 to Tue 24 Nov 2026" in text
    assert "Placed on Thu 19 Nov 2026" in text


def test_one_expected_day_is_said_once() -> None:
    text = Reader(render(a_view(expected={"from": "2026-11-22", "to": "2026-11-22"}))).text
    assert "Expected Sun 22 Nov 2026 Ordered" in text


def test_the_last_step_done_is_where_it_is_now() -> None:
    steps = [attrs for tag, attrs in Reader(render(a_view(done=3))).tags if tag == "li"][:5]
    assert [step["class"] for step in steps] == ["done", "done", "now", "ahead", "ahead"]
    assert steps[2]["aria-current"] == "step"


def test_a_parcel_shows_its_carrier_its_items_and_its_newest_scan_first() -> None:
    text = Reader(render(a_view())).text
    assert "UPS 1Z999AA10123456784" in text
    assert "2 \N{MULTIPLICATION SIGN} Blue mug" in text
    assert text.index("Sat 21 Nov, 07:05") < text.index("Fri 20 Nov, 09:30")
    assert "Picked up Newark" in text, "a scan without a text is told by its status"


def test_times_are_told_in_utc() -> None:
    scan = {"at": "2026-11-21T01:00:00+02:00", "status": "IN_TRANSIT", "text": "", "place": ""}
    assert "Fri 20 Nov, 23:00" in render(a_view(parcels=[a_parcel(scans=[scan])]))


def test_before_packing_it_says_that_parcels_will_appear() -> None:
    text = Reader(render(a_view(done=2, parcels=[]))).text
    assert "appear here as soon as they are packed" in text


@pytest.mark.parametrize("status", ["DELIVERED", "CLOSED", "CANCELLED", "REJECTED"])
def test_an_order_that_ended_neither_refreshes_nor_expects(status: str) -> None:
    html = render(a_view(status=status))
    assert not refreshes(html)
    assert "Expected Sun 22 Nov 2026 to" not in html


@pytest.mark.parametrize("status", ["CAPTURED", "ON_HOLD", "SHIPPED"])
def test_an_order_under_way_refreshes_by_itself(status: str) -> None:
    assert refreshes(render(a_view(status=status)))


def test_nothing_from_data_becomes_markup() -> None:
    evil = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"
    scan = {"at": evil, "status": evil, "text": evil, "place": evil}
    item = {"title": evil, "quantity": evil}
    of_a_parcel = ("carrier", "tracking_number", "state", "shipped_at", "expected_on")
    parcel: dict[str, Any] = dict.fromkeys(of_a_parcel, evil)
    parcel |= {"items": [item], "scans": [scan]}
    of_an_order = ("number", "status", "status_text", "placed_on")
    view: dict[str, Any] = dict.fromkeys(of_an_order, evil)
    view |= {
        "expected": {"from": evil, "to": evil},
        "progress": [{"step": evil, "at": evil, "done": True}],
        "parcels": [parcel],
    }
    tags = {tag for tag, _ in Reader(render(view)).tags}
    assert not tags & {"script", "img"}
    assert not [attrs for _, attrs in Reader(render(view)).tags if "onerror" in attrs]


def test_what_the_page_is_not_meant_to_show_is_not_shown() -> None:
    secret: dict[str, Any] = {
        "customer_name": "Ada Lovelace",
        "shipping_address": "12 Analytical Way",
    }
    html = render(a_view(**secret, total={"amount_minor": 5691, "currency": "USD"}))
    assert "Lovelace" not in html
    assert "Analytical" not in html
    assert "5691" not in html


@pytest.mark.parametrize("html", [render(a_view()), render_unknown()])
def test_the_only_style_is_the_one_that_the_policy_allows(html: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in SECURITY_HEADERS["Content-Security-Policy"]
    assert "style=" not in html


@pytest.mark.parametrize("html", [render(a_view()), render_unknown()])
def test_it_asks_nobody_else_for_anything(html: str) -> None:
    assert "default-src 'none'" in SECURITY_HEADERS["Content-Security-Policy"]
    assert "//" not in html
    assert not {tag for tag, _ in Reader(html).tags} & {"script", "img", "iframe", "a"}
    assert [attrs["href"] for tag, attrs in Reader(html).tags if tag == "link"] == ["data:,"]


def test_the_link_stays_secret() -> None:
    assert SECURITY_HEADERS["Referrer-Policy"] == "no-referrer"
    assert "noindex" in SECURITY_HEADERS["X-Robots-Tag"]
    assert SECURITY_HEADERS["Cache-Control"] == "no-store"


def test_an_unknown_link_gets_a_page_that_says_what_to_do() -> None:
    html = render_unknown()
    assert "This link leads to no order" in Reader(html).text
    assert not refreshes(html)
