"""The console as a person sees it, in a real browser.

Against the double by default. With `OMS_BASE_URL` (and `OMS_OPS_TOKEN`, and `OMS_SKU` for a
SKU in stock at WH-EAST) the same tests look at that running stack instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e import console_pages as console
from tests.e2e.browser import browser, watched_page
from tests.e2e.console_stack import Stack, stack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["browser", "stack"]
pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
WAY_TO_CONFIRMED = [
    "ValidateOrder",
    "AllocateStock",
    "ScreenFraud",
    "AuthorizePayment",
    "ConfirmOrder",
]


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """Signed in, at the order list."""
    with watched_page(browser) as page:
        console.sign_in(page, stack.base_url, stack.token)
        yield page


# --- orders ---------------------------------------------------------------------------


def test_a_tile_counts_a_status_and_shows_its_orders(page: Page) -> None:
    counts = console.counts(page)
    status = next(name for name in ("CLOSED", "SHIPPED", "DELIVERED", "CONFIRMED") if counts[name])
    rows = console.choose_status(page, status)
    assert rows.count() == min(counts[status], 50)
    assert set(rows.locator(".badge").all_inner_texts()) == {console.words(status)}


def test_search_finds_an_order_by_its_number(page: Page) -> None:
    number = console.rows(page).last.locator("th a").inner_text()
    console.search(page, number)
    page.get_by_text("1 order", exact=True).wait_for()
    assert console.rows(page).locator("th a").all_inner_texts() == [number]


def test_a_search_without_result_says_what_to_do(page: Page) -> None:
    console.rows(page)
    console.search(page, "no-such-order")
    page.get_by_role("heading", name="No order matches").wait_for()
    page.get_by_role("link", name="Show all orders").click()
    assert console.rows(page).count() > 1
    assert page.get_by_label("Search").input_value() == ""


def test_an_order_shows_its_whole_story(page: Page) -> None:
    counts = console.counts(page)
    status = next(name for name in ("CLOSED", "DELIVERED", "SHIPPED") if counts[name])
    number = console.choose_status(page, status).first.locator("th a").inner_text()
    console.open_order(page, number)

    assert page.locator(".order-header .badge").first.inner_text() == console.words(status)
    entries = console.timeline(page)
    assert entries == list(range(len(entries), 0, -1)), "the timeline has no gap"
    steps = console.steps(page, "order_intake")
    assert list(steps)[-5:] == WAY_TO_CONFIRMED
    assert steps["ConfirmOrder"] == "Confirmed"
    assert console.steps(page, "shipment")["BuyLabel"] == "Labelled"
    assert page.locator('[data-workflow="order_intake"] .arrow').count() >= 4
    assert page.locator(".sums .grand .amount").inner_text() != "\N{EN DASH}"
    assert page.locator(".parcel code").first.inner_text()


def test_the_customers_page_opens_from_the_order(page: Page) -> None:
    number = console.rows(page).last.locator("th a").inner_text()
    console.open_order(page, number)
    customer = page.locator(".card", has=page.get_by_role("heading", name="Customer")).locator("p")
    name = customer.first.inner_text()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Tracking page").click()
    assert number in opened.value.locator("main").inner_text()
    assert name not in opened.value.content()


# --- tasks and stock ------------------------------------------------------------------


def test_a_person_resolves_a_task_by_choosing_the_sku(page: Page, stack: Stack) -> None:
    sku = os.environ.get("OMS_SKU", "MUG-BLUE")
    console.go_to(page, "Tasks")
    page.locator(".task, main > .empty").first.wait_for()
    task = page.locator('.task[data-kind="SKU"]').first
    if stack.shop is None and not task.count():
        pytest.skip("No order of this stack waits for a SKU.")
    number = console.choose_sku(page, task, sku)
    console.go_to(page, "Orders")
    console.open_order(page, number)
    page.locator(".timeline").get_by_text("Order released").wait_for(timeout=60_000)
    assert page.locator(".lines").get_by_role("link", name=sku).count()
    assert not page.get_by_text("Unknown product").count()


def test_stock_is_found_received_and_explained(page: Page) -> None:
    sku, node = os.environ.get("OMS_SKU", "MUG-BLUE"), "WH-EAST"
    console.go_to(page, "Stock")
    page.locator("tr[data-sku]").first.wait_for()
    page.get_by_label("Search").fill(sku)
    page.locator(f'tr[data-sku="{sku}"]').wait_for()
    before = console.available(page, sku, node)
    console.receive(page, sku, node, 1000, "PO-CONSOLE-TEST")
    shown = f'tr[data-sku="{sku}"] td[data-label="{node}"]'
    page.wait_for_function(
        "([place, old]) => Number(document.querySelector(place + ' .available')"
        ".textContent.replace(/[^0-9-]/g, '')) > old + 500",
        arg=[shown, before],
    )
    page.get_by_role("button", name=sku, exact=True).click()
    page.locator(".movements").get_by_text("PO-CONSOLE-TEST").first.wait_for()


def test_every_view_fits_a_phone(browser: Browser, stack: Stack) -> None:
    with watched_page(browser, viewport=PHONE, color_scheme="dark") as page:
        console.sign_in(page, stack.base_url, stack.token)
        number = console.rows(page).last.locator("th a").inner_text()
        assert console.fits(page)
        console.open_order(page, number)
        assert console.fits(page)
        for view in ("Tasks", "Stock"):
            console.go_to(page, view)
            page.locator(".task, .empty, tr[data-sku]").first.wait_for()
            assert console.fits(page)


def test_a_wrong_token_leads_back_to_the_sign_in(browser: Browser, stack: Stack) -> None:
    with watched_page(browser, "401", "403") as page:
        console.sign_in(page, stack.base_url, "not-the-token")
        assert "did not accept" in page.get_by_role("alert").inner_text()
