"""The stock engine's part of the table that `make bench` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.stock.measured import LEAST_A_LINE, LEAST_WRITES
from benchmarks.stock.reservations import CARTS

Result = dict[str, Any]
_RULE = "-" * 88
_UNITS = ("requests", "read_units", "write_units", "index_units")
_HEAD = f"{'requests':>9}{'read':>8}{'write':>7}{'index':>7}"


def stock_lines(result: Result) -> Iterator[str]:
    yield "STOCK: in one process on one core, DynamoDB in memory with its rules and its units"
    for part in (_reservations, _flash_sales, _availability):
        yield _RULE
        yield from part(result)
    yield _RULE
    yield from result["arithmetic"]


def _reservations(result: Result) -> Iterator[str]:
    yield f"{'a reservation':<24}{'rows':>10}{'a second':>10}{'ms CPU':>8}{'ours':>7}{_HEAD}"
    for row in result["reservations"]:
        where = "one row" if row["parts"] == 1 else f"{row['parts']} rows"
        name = f"{row['cart']}, {where}"
        for rows, each in row["figures"].items():
            yield (
                f"{name:<24}{int(rows):>10,}{each['per_second']:>10,}"
                f"{each['cpu_ms']:>8.2f}{each['ours_ms']:>7.2f}{_units(each)}"
            )
        ratio = row["ratio"]
        yield f"{'  large over small':<44}{ratio['cpu_ms']:>8.2f}{'':>7}{_units(ratio)}"
    yield from _least(result)


def _least(result: Result) -> Iterator[str]:
    """Against the least that can be exact: a name and a count, in one transaction."""
    for row in result["reservations"]:
        if row["parts"] == 1:
            each, lines = next(iter(row["figures"].values())), len(CARTS[row["cart"]])
            least = LEAST_WRITES + (lines - 1) * LEAST_A_LINE
            yield (
                f"  {row['cart']}: {each['write_units']:g} write units + {each['index_units']:g} "
                f"of the index, the least is {least} (hold 2, level 2 a line; movement 2 a line)"
            )


def _flash_sales(result: Result) -> Iterator[str]:
    for sale in result["flash_sales"]:
        where = "one row" if sale["parts"] == 1 else f"{sale['parts']} rows"
        yield (
            f"flash sale, {where}: {sale['buyers']:,} buyers, told yes {sale['yes']}, sold out "
            f"{sale['sold_out']:,}; asked to wait {sale['asked_to_wait']}; "
            f"{sale['wall_seconds']:.0f} s, {sale['per_cpu_second']:,} attempts a CPU second"
        )
        for name, what in (("each", "an attempt, on average"), ("refused", "one that is refused")):
            yield f"  {what:<57}{_units(sale[name])}"


def _availability(result: Result) -> Iterator[str]:
    for each in result["availability"]:
        name = f"availability: {each['what']}"
        yield f"{name:<44}{each['cpu_ms']:>8.2f}{each['ours_ms']:>7.2f}{_units(each)}"


def _units(each: dict[str, float]) -> str:
    widths = (9, 8, 7, 7)
    return "".join(f"{each[n]:>{w}.2f}" for n, w in zip(_UNITS, widths, strict=True))
