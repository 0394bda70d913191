"""What a person does in the console, as functions. They work on any stack by its base URL.

They find things as a person does, by role, label and text, or by the `data-` attributes
that name what a row is about (`data-order`, `data-sku`, `data-state`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROWS = "tr[data-order]"


def sign_in(page: Page, base_url: str, token: str) -> None:
    """Opens the console at its first view and signs in with a token."""
    page.goto(f"{base_url}/console/")
    page.get_by_label("Operations token").fill(token)
    page.get_by_role("button", name="Sign in", exact=True).click()


def go_to(page: Page, view: str) -> None:
    """`view` is Orders, Tasks or Stock, as the top bar names them."""
    page.get_by_role("navigation").get_by_role("link", name=view).click()
    page.get_by_role("heading", name=view, level=1).wait_for()


def rows(page: Page) -> Locator:
    """The rows of the order list, once there are some."""
    page.locator(ROWS).first.wait_for()
    return page.locator(ROWS)


def counts(page: Page) -> dict[str, int]:
    """The live counts by status, as the tiles show them."""
    rows(page)
    page.wait_for_function(
        "() => !document.querySelector('.tile .count').textContent.includes('·')"
    )
    tiles = page.locator(".tile").all()
    shown = {tile.get_attribute("data-status"): tile.locator(".count") for tile in tiles}
    return {
        str(status): int(re.sub(r"\D", "", count.inner_text())) for status, count in shown.items()
    }


def choose_status(page: Page, status: str) -> Locator:
    """Presses the tile of `status`; gives the rows that are left."""
    page.locator(f'.tile[data-status="{status}"]').click()
    page.wait_for_url(f"**status={status}*")
    # The table is drawn anew for the new question; the old rows go first.
    page.wait_for_function(
        "words => [...document.querySelectorAll('tr[data-order] .badge')]"
        ".every(badge => badge.textContent === words)",
        arg=words(status),
    )
    return rows(page)


def words(status: str) -> str:
    return status.replace("_", " ").capitalize()


def search(page: Page, text: str) -> None:
    page.get_by_label("Search").fill(text)
    page.wait_for_function(
        "text => location.hash.includes(new URLSearchParams({q: text}))", arg=text
    )


def open_order(page: Page, number: str) -> None:
    """From the list, by the link with its number."""
    page.get_by_role("link", name=number, exact=True).click()
    page.get_by_role("heading", name=number, level=1).wait_for()
    page.get_by_role("heading", name="Timeline").wait_for()


def timeline(page: Page) -> list[int]:
    """The numbers of all entries of the open order's timeline, as shown: newest first."""
    more = page.get_by_role("button", name=re.compile(r"^Show all"))
    if more.count():
        more.click()
    return [int(text) for text in page.locator(".timeline .seq").all_inner_texts()]


def steps(page: Page, workflow: str) -> dict[str, str]:
    """The drawn steps of the open order's `workflow`: state and outcome as words."""
    drawn = page.locator(f'[data-workflow="{workflow}"] .step[data-state]')
    drawn.first.wait_for()
    return {
        str(step.get_attribute("data-state")): step.locator(".outcome").inner_text()
        for step in drawn.all()
    }


def act(page: Page, action: str, reason: str) -> None:
    """One of the open order's actions, through its dialog."""
    page.get_by_role("group", name="Actions").get_by_role("button", name=action).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=action).click()


def choose_sku(page: Page, task: Locator, sku: str) -> str:
    """Resolves a SKU task by choosing `sku` from the suggestions; gives the order's number."""
    number = task.locator(".task-meta a").inner_text()
    task_id = task.get_attribute("data-task")
    task.get_by_role("button", name="Choose SKU").click()
    task.get_by_role("combobox").fill(sku)
    task.get_by_role("option").filter(has_text=sku).first.click()
    task.get_by_role("button", name="Choose SKU").click()
    page.locator(f'[data-task="{task_id}"]').wait_for(state="detached")
    return number


def available(page: Page, sku: str, node: str) -> int:
    """Units of `sku` that `node` can promise, as the stock table shows it."""
    cell = page.locator(f'tr[data-sku="{sku}"] td[data-label="{node}"] .available')
    return int(re.sub(r"[^\d-]", "", cell.inner_text()))


def open_sku(page: Page, sku: str) -> Locator:
    """From the stock table; gives the drawer, once its figures are there."""
    page.locator(f'tr[data-sku="{sku}"]').get_by_role("button", name=sku, exact=True).click()
    drawer = page.get_by_role("dialog", name=sku)
    drawer.locator(".levels tfoot").wait_for()
    return drawer


def figures(drawer: Locator, place: str) -> dict[str, int]:
    """The units of a node or a shelf in the open drawer, by bucket as the column names it."""
    row = drawer.locator(".levels tr").filter(has=drawer.page.get_by_role("rowheader", name=place))
    return {
        str(cell.get_attribute("data-label")): int(re.sub(r"[^\d-]", "", cell.inner_text()))
        for cell in row.locator("td").all()
    }


def receive(page: Page, sku: str, node: str, quantity: int, reference: str) -> None:
    page.get_by_role("button", name="Receive stock").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("SKU").fill(sku)
    dialog.get_by_label("Node").select_option(node)
    dialog.get_by_label("Quantity").fill(str(quantity))
    dialog.get_by_label("Reference").fill(reference)
    dialog.get_by_role("button", name="Receive", exact=True).click()
    dialog.wait_for(state="detached")


def fits(page: Page) -> bool:
    """Whether the page needs no scrolling to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
