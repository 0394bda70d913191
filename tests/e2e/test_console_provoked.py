"""What the console does when things go wrong or move: the double provokes it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e import console_pages as console
from tests.e2e.browser import browser, watched_page
from tests.e2e.console_double import CONSOLE
from tests.e2e.console_stack import Stack, double, with_cognito

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["browser", "double", "with_cognito"]
pytestmark = pytest.mark.browser


def test_rows_change_by_themselves_and_leave_focus_and_place(
    browser: Browser, double: Stack
) -> None:
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        moving = console.rows(page).filter(has_text="#1001")
        was = moving.locator(".badge").inner_text()
        page.get_by_label("Search").focus()
        page.evaluate("scrollTo(0, 120)")
        page.locator("tr[data-order].changed-1").wait_for()
        assert moving.locator(".badge").inner_text() != was
        assert page.evaluate("[document.activeElement.id, scrollY]") == ["filter-q", 120]


def test_more_orders_are_loaded_on_request_each_once(browser: Browser, double: Stack) -> None:
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        assert console.rows(page).count() == 50
        page.get_by_role("button", name="Load more").click()
        page.get_by_text("68 orders").wait_for()
        ids = [row.get_attribute("data-order") for row in console.rows(page).all()]
        assert len(set(ids)) == len(ids) == 68


def test_an_action_that_came_too_late_is_told_in_a_sentence(
    browser: Browser, double: Stack
) -> None:
    with watched_page(browser, "409") as page:
        console.sign_in(page, double.base_url, double.token)
        console.open_order(page, "#1008")
        assert double.shop
        double.shop.sale(f"01JD{1008:022d}").ended = "CLOSED"
        console.act(page, "Cancel order", "Ordered twice")
        alert = page.get_by_role("alert").inner_text()
        assert alert.startswith("Not possible now. cancel is not possible")
        page.keyboard.press("Escape")
        assert not page.get_by_role("dialog").count()


def test_a_hold_put_on_by_a_person_is_shown_with_its_way_out(
    browser: Browser, double: Stack
) -> None:
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        console.open_order(page, "#1008")
        console.act(page, "Put on hold", "The customer called")
        page.locator(".blocked").get_by_text("Held by a person").wait_for()
        page.get_by_role("button", name="Release hold").wait_for()


def test_an_unknown_sku_is_refused_at_its_field(browser: Browser, double: Stack) -> None:
    with watched_page(browser, "422") as page:
        console.sign_in(page, double.base_url, double.token)
        console.go_to(page, "Tasks")
        task = page.locator('.task[data-kind="SKU"]')
        task.get_by_role("button", name="Choose SKU").click()
        task.get_by_role("combobox").fill("NO-SUCH-SKU")
        task.get_by_role("button", name="Choose SKU").click()
        assert "no product" in task.locator(".field-error").inner_text()


def test_several_tasks_get_an_owner_at_once(browser: Browser, double: Stack) -> None:
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        console.go_to(page, "Tasks")
        page.get_by_label(re.compile("Choose all")).check()
        page.get_by_label("Owner").fill("Maria")
        page.get_by_role("button", name="Take ownership of 4").click()
        page.get_by_text("4 tasks are yours now.").wait_for()
        page.wait_for_function("document.querySelectorAll('.task .owner').length === 4")


def test_markup_in_data_is_shown_as_text(browser: Browser, double: Stack) -> None:
    evil = "<img src=x onerror=alert(1)>"
    assert double.shop
    double.shop.sale(f"01JD{1009:022d}").sku = evil
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        console.open_order(page, "#1009")
        assert page.locator(".lines").get_by_role("link", name=evil).count() == 1
        assert not page.locator("main img").count()


def test_a_fault_in_one_view_leaves_the_others(browser: Browser, double: Stack) -> None:
    assert double.shop
    double.shop.sale(f"01JD{1009:022d}").extra = [{"not": "a text"}]  # type: ignore[list-item]
    with watched_page(browser, "TypeError") as page:
        console.sign_in(page, double.base_url, double.token)
        console.rows(page).filter(has_text="#1009").get_by_role("link").click()
        assert "could not be drawn" in page.get_by_role("alert").inner_text()
        console.go_to(page, "Stock")
        page.locator("tr[data-sku]").first.wait_for()


def test_an_address_is_corrected_in_its_parts(browser: Browser, double: Stack) -> None:
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        console.go_to(page, "Tasks")
        task = page.locator('.task[data-kind="ADDRESS"]')
        task.get_by_role("button", name="Correct address").click()
        given = {"Name": "Ada Lovelace", "Street": "12 Analytical Way", "City": "New York"}
        for label, text in {**given, "Country (two letters)": "us"}.items():
            task.get_by_label(label, exact=True).fill(text)
        with page.expect_request("**/fix-address") as asked:
            task.get_by_role("button", name="Correct address").click()
        sent = (asked.value.post_data_json or {})["shipping_address"]
        assert (sent["lines"], sent["country"]) == (["12 Analytical Way"], "US")
        task.wait_for(state="detached")


def test_a_label_is_opened_with_the_token(browser: Browser, double: Stack) -> None:
    with watched_page(browser) as page:
        console.sign_in(page, double.base_url, double.token)
        console.open_order(page, "#1009")
        with page.context.expect_event("request", lambda asked: asked.url.endswith("/label.pdf")):
            page.get_by_role("button", name="Label").click()


def test_the_vendored_code_is_what_was_pinned() -> None:
    vendor = CONSOLE / "vendor"
    pinned = {tuple(line.split()) for line in (vendor / "SHA256SUMS").read_text().splitlines()}
    found = {
        (hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
        for path in vendor.iterdir()
        if path.suffix in (".js", ".LICENSE")
    }
    assert found == pinned


def test_signing_in_with_cognito_returns_to_the_same_view(
    browser: Browser, with_cognito: Stack
) -> None:
    with watched_page(browser) as page:
        page.goto(f"{with_cognito.base_url}/console/#/tasks")
        page.get_by_role("button", name="Sign in with your work account").click()
        page.get_by_role("heading", name="Tasks", level=1).wait_for()
        page.locator(".task").first.wait_for()
        assert "code=" not in page.url
