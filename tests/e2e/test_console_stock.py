"""What operations see of the stock engine in the console; the double answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e import console_pages as console
from tests.e2e.browser import browser, watched_page
from tests.e2e.console_stack import Stack, double

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

__all__ = ["browser", "double"]
pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(browser: Browser, double: Stack) -> Iterator[Page]:
    """Signed in, at the order list."""
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        yield page


@pytest.fixture
def stock(page: Page) -> Page:
    console.go_to(page, "Stock")
    page.locator("tr[data-sku]").first.wait_for()
    return page


def story(page: Page, event: str) -> str:
    """The newest entry named `event` in the open order's timeline."""
    return page.locator(".timeline li").filter(has_text=event).first.locator("p").inner_text()


# --- what lies where ------------------------------------------------------------------


def test_every_bucket_of_a_node_is_shown(stock: Page) -> None:
    drawer = console.open_sku(stock, "LAMP-OAK")
    assert console.figures(drawer, "WH-EAST") == {
        "Available": 102, "On hand": 111, "Reserved": 3, "Safety": 0, "Damaged": 4,
        "Quality": 2, "Incoming": 60, "Oversold": 0,
    }  # fmt: skip


def test_the_networks_figures_are_the_sums_of_the_nodes(stock: Page) -> None:
    drawer = console.open_sku(stock, "POSTER-A2")
    nodes = [console.figures(drawer, name) for name in ("WH-EAST", "WH-WEST", "WH-EU", "ST-NYC")]
    total = console.figures(drawer, "All nodes")
    assert total == {name: sum(each[name] for each in nodes) for name in total}
    assert (total["Safety"], total["Oversold"]) == (3, 2)


def test_shelves_stay_folded_until_their_node_is_opened(stock: Page) -> None:
    drawer = console.open_sku(stock, "HONEY-500G")
    fold = drawer.get_by_role("button", name="WH-EU")
    assert fold.get_attribute("aria-expanded") == "false"
    assert not drawer.locator(".shelf").count()
    fold.press("Enter")
    drawer.locator('[aria-expanded="true"]').wait_for()
    shelves = drawer.locator(".shelf th").all_inner_texts()
    assert [each.splitlines()[0] for each in shelves] == [
        "general shelf", "lot H-07", "lot H-08", "pool b2b",
    ]  # fmt: skip
    assert shelves[1].splitlines()[1:] == ["expires 1 Feb 2031", "recalled"]
    assert "recalled" not in shelves[2]
    assert console.figures(drawer, "lot H-08")["Reserved"] == 3


def test_the_parts_of_a_hot_sku_and_its_general_shelf_make_the_node(stock: Page) -> None:
    drawer = console.open_sku(stock, "MUG-BLUE")
    drawer.get_by_role("button", name="WH-WEST").click()
    drawer.locator(".shelf").first.wait_for()
    parts = [console.figures(drawer, n) for n in ("general shelf", "hot part 1", "hot part 2")]
    whole = console.figures(drawer, "WH-WEST")
    assert whole["Available"] == sum(part["Available"] for part in parts)


# --- what can be sold, and who waits --------------------------------------------------


def test_what_a_channel_can_sell_comes_with_the_rule_that_keeps_back(stock: Page) -> None:
    drawer = console.open_sku(stock, "HONEY-500G")
    shopify = drawer.locator('[data-channel="shopify"]')
    shopify.locator("summary").click()
    told = shopify.inner_text()
    assert "39 to sell, 5 kept back" in told
    assert "rule: 5 kept back for channel shopify and node WH-EAST" in told


def test_a_pool_is_sold_by_its_own_channel_and_a_recalled_lot_by_none(stock: Page) -> None:
    drawer = console.open_sku(stock, "HONEY-500G")
    sold = {}
    for channel in ("api", "b2b"):
        drawer.locator(f'[data-channel="{channel}"] summary').click()
        there = drawer.locator(f'[data-channel="{channel}"] li').filter(has_text="WH-EU")
        sold[channel] = there.inner_text()
    assert sold == {"api": "WH-EU: 45 to sell", "b2b": "WH-EU: 70 to sell"}


def test_units_on_their_way_are_shown_with_their_day(stock: Page) -> None:
    shopify = console.open_sku(stock, "LAMP-OAK").locator('[data-channel="shopify"]')
    shopify.locator("summary").click()
    assert shopify.locator("li").filter(has_text="From").inner_text() == "From 4 Mar 2031: 380"


def test_the_orders_that_wait_for_a_sku_are_one_click_away(stock: Page) -> None:
    drawer = console.open_sku(stock, "LAMP-OAK")
    drawer.get_by_text("5 units are waited for").wait_for()
    drawer.get_by_role("link", name="Orders that wait").click()
    stock.get_by_text("1 order", exact=True).wait_for()
    assert console.rows(stock).locator("th a").all_inner_texts() == ["#1005"]


def test_a_sku_below_its_reorder_point_is_named_above_the_table(stock: Page) -> None:
    alerts = stock.get_by_role("region", name="Below the reorder point")
    assert "LAMP-OAK 325 left, reorder at 400" in alerts.inner_text()
    alerts.get_by_role("button", name="LAMP-OAK").click()
    stock.get_by_role("dialog", name="LAMP-OAK").wait_for()


# --- the books ------------------------------------------------------------------------


def test_a_movement_names_its_shelf_and_leads_to_its_order(stock: Page) -> None:
    drawer = console.open_sku(stock, "HONEY-500G")
    reserved = drawer.locator(".movements li").filter(has_text="Reservation")
    assert "WH-EU, lot H-08" in reserved.inner_text()
    assert not drawer.get_by_role("link", name="PO-HONEY").count()
    reserved.get_by_role("link").click()
    stock.get_by_role("heading", name="#1008", level=1).wait_for()


def test_books_that_agree_are_said_to_agree(stock: Page) -> None:
    drawer = console.open_sku(stock, "MUG-RED")
    drawer.get_by_role("button", name="Check the books").click()
    drawer.get_by_text("The books agree").wait_for()
    assert not drawer.get_by_role("button", name="Repair").count()


def test_a_check_shows_what_differs_and_repairs_nothing(stock: Page, double: Stack) -> None:
    drawer = checked(stock)
    claim = drawer.locator('[data-finding="CLAIM"]').inner_text()
    assert "Reserved 2, should be 0" in claim
    assert "To do: give back what nobody holds." in claim
    assert double.shop
    assert double.shop.books.wrong == {"TEE-M-BLACK"}


def test_a_repair_asks_first(stock: Page, double: Stack) -> None:
    drawer = checked(stock)
    drawer.get_by_role("button", name="Repair").click()
    sure = stock.get_by_role("dialog", name="Repair the books")
    sure.get_by_role("button", name="Back").click()
    sure.wait_for(state="detached")
    assert double.shop
    assert double.shop.books.wrong == {"TEE-M-BLACK"}


def test_a_repair_tells_what_it_did_and_what_needs_a_person(stock: Page) -> None:
    drawer = checked(stock)
    drawer.get_by_role("button", name="Repair").click()
    sure = stock.get_by_role("dialog", name="Repair the books")
    sure.get_by_role("button", name="Repair", exact=True).click()
    drawer.locator('[data-finding="CLAIM"]').get_by_text("Repaired.").wait_for()
    assert "needs a person" in drawer.locator('[data-finding="LEDGER"]').inner_text()
    drawer.locator(".movements").get_by_text("Reconciled").wait_for()


def checked(page: Page) -> Locator:
    """The drawer of the SKU whose books differ, after a check."""
    drawer = console.open_sku(page, "TEE-M-BLACK")
    drawer.get_by_role("button", name="Check the books").click()
    drawer.locator("[data-finding]").first.wait_for()
    return drawer


# --- the order ------------------------------------------------------------------------


def test_a_waiting_order_shows_what_it_lacks_and_the_day_it_expects(page: Page) -> None:
    console.open_order(page, "#1005")
    facts = page.locator(".facts").inner_text()
    assert "Stock expected\n4 Mar 2031" in facts
    assert "Only complete" in facts
    assert page.locator(".lines").get_by_text("3 backordered").count() == 1
    assert story(page, "Backorder changed") == (
        "Still waits for 3 × LAMP-OAK, expected on 4 Mar 2031."
    )


def test_an_allocated_order_shows_the_promised_day_and_the_shelf(page: Page) -> None:
    console.open_order(page, "#1008")
    assert "Promised\n15 Jan 2031" in page.locator(".facts").inner_text()
    page.locator(".lines").get_by_text("WH-EAST × 3 (hot part 2)").wait_for()
    page.locator(".lines").get_by_text("WH-EAST × 1", exact=True).wait_for()


def test_the_timeline_tells_of_holds_backing_and_lots_in_sentences(page: Page) -> None:
    console.open_order(page, "#1008")
    assert "is the order's now (reservation cart-77)" in story(page, "Hold committed")
    assert story(page, "Stock backed").startswith("1 × POSTER-A2 at WH-EAST, promised beyond")
    assert "lot H-07 of HONEY-500G is recalled or expired" in story(page, "Lot refused")


def test_a_hold_that_ended_too_early_is_told_in_a_sentence(page: Page) -> None:
    console.open_order(page, "#1009")
    assert "was over before the order came" in story(page, "Hold lapsed")


# --- narrow screens -------------------------------------------------------------------


def test_the_stock_of_a_sku_fits_a_phone(browser: Browser, double: Stack) -> None:
    with watched_page(browser, viewport=PHONE, color_scheme="dark") as page:
        console.sign_in(page, double.base_url, double.token)
        console.go_to(page, "Stock")
        page.locator("tr[data-sku]").first.wait_for()
        drawer = console.open_sku(page, "HONEY-500G")
        drawer.get_by_role("button", name="WH-EU").click()
        drawer.locator('[data-channel="shopify"] summary').click()
        assert console.fits(page)
        assert drawer.evaluate("each => each.scrollWidth <= each.clientWidth")
