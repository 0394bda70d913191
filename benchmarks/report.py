"""The table that `make bench` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.stock.report import stock_lines

Result = dict[str, Any]
_RULE = "-" * 88


def table(result: Result) -> str:
    parts = (_machine, _cpu, _channels, _cold, _counts, _dollars, _idle, _stock, _stack, _aims)
    return "\n".join(line for part in parts for line in (*part(result), ""))


def _machine(result: Result) -> Iterator[str]:
    notes = result["machine"]
    yield f"{notes['cpu']}, {notes['cores']} cores, load {notes['load']}, Python {notes['python']}"
    yield f"{notes['at']}, commit {notes['commit']}; orders: {'; '.join(result['mix'])}"


def _cpu(result: Result) -> Iterator[str]:
    cpu = result["cpu_ms"]
    yield f"OUR CPU in ms: thread time in handlers, less clients and stand-ins; N={cpu['orders']}"
    yield _RULE
    yield f"{'capture, Shopify':<46}{cpu['capture_shopify']:>10.2f}"
    yield f"{'capture, POST /orders (with its answer)':<46}{cpu['capture_own_shop']:>10.2f}"
    yield f"{'one order, capture to confirmed: median':<46}{cpu['confirmed_median']:>10.2f}"
    yield f"{'one order, capture to confirmed: least':<46}{cpu['confirmed_least']:>10.2f}"
    yield f"{'one order, capture to closed: mean':<46}{cpu['closed_mean']:>10.2f}"
    for name, each in cpu["by_function"].items():
        yield (f"  {name:<32}{each['median_ms']:>8.2f} median {each['per_order']:>6.2f} x an order")


def _channels(result: Result) -> Iterator[str]:
    yield "CAPTURE BY CHANNEL: our CPU in ms (fetch included where messages are thin), and a second"
    yield _RULE
    for name, each in result["channels"].items():
        yield f"{name:<46}{each['cpu_ms']:>10.2f}{each['a_second']:>12} on one processor"


def _cold(result: Result) -> Iterator[str]:
    yield "COLD START, ms CPU in a fresh process (bytecode present, median)"
    yield _RULE
    yield f"{'function':<24}{'import':>8}{'first use':>10}{'modules':>9}  packages (+ at first use)"
    for name, each in result["cold_start"].items():
        later = sorted(set(each["packages_built"]) - set(each["packages"]))
        packages = " ".join(_outstanding(each["packages"]))
        more = f" (+ {' '.join(later)})" if later else ""
        yield (
            f"{name:<24}{each['import_ms']:>8.0f}{each['build_ms']:>10.0f}"
            f"{each['modules']:>9}  {packages}{more}"
        )
    yield "every function also: aws_lambda_powertools boto3 botocore and what these need"


_EVERYWHERE = frozenset(
    """aws_lambda_powertools boto3 botocore certifi dateutil jmespath s3transfer six
    typing_extensions urllib3""".split()
)


def _outstanding(packages: list[str]) -> list[str]:
    return [each for each in packages if each not in _EVERYWHERE]


def _counts(result: Result) -> Iterator[str]:
    confirmed, closed = result["counts"]["confirmed"], result["counts"]["closed"]
    yield f"COUNTED in a real run of {result['counts']['orders']} orders, per order"
    yield _RULE
    yield f"{'':<30}{'to confirmed':>14}{'to closed':>14}"
    for name, number in confirmed.items():
        yield f"{name.replace('_', ' '):<30}{number:>14.2f}{closed[name]:>14.2f}"
    for what in ("write_units_by_item", "read_units_by_item"):
        yield f"{what.replace('_', ' ')}, to confirmed / to closed"
        before, after = result["counts"][what]["confirmed"], result["counts"][what]["closed"]
        for item, number in after.items():
            yield f"  {item:<28}{before.get(item, 0.0):>14.2f}{number:>14.2f}"
    yield f"stored: {result['counts']['stored_bytes']:.0f} bytes an order in all tables"


def _dollars(result: Result) -> Iterator[str]:
    assumed = result["assumptions"]
    yield "DOLLARS PER MILLION ORDERS at list price: quantity an order x dollars per million"
    yield (
        f"Lambda is billed for CPU here / (memory / {assumed['megabytes_per_processor']} MB) plus "
        f"{assumed['sdk_ms']:.2f} ms of botocore and a wait of"
    )
    yield f"ms per call {assumed['wait_ms']}. These are assumptions, the counts are not."
    for title, part in result["dollars"].items():
        yield _RULE
        yield title
        yield from (f"  {line}" for line in part["lines"])
        yield f"  {'service':<67} {part['service']:>9.2f}"
        yield f"  {'with logs and traces':<67} {part['with_logs_and_traces']:>9.2f}"


def _idle(result: Result) -> Iterator[str]:
    yield "DOLLARS A MONTH WITHOUT ORDERS"
    yield _RULE
    for name, dollars in result["idle"]["lines"]:
        yield f"  {name:<60}{dollars:>10.2f}"
    yield f"  {'together':<60}{result['idle']['dollars']:>10.2f}"


def _stock(result: Result) -> Iterator[str]:
    yield from stock_lines(result["stock"])


def _stack(result: Result) -> Iterator[str]:
    stack = result["local_stack"]
    yield "LOCAL STACK (one emulator process plays every service; says little about AWS)"
    yield _RULE
    if "skipped" in stack:
        yield f"  not measured: {stack['skipped']}"
        return
    for name in ("accepted_ms", "confirmed_ms", "accepted_together_ms", "stock_to_shop_ms"):
        yield f"  {name:<28} p50 {stack[name]['p50']:>9.1f}   p99 {stack[name]['p99']:>9.1f}"
    yield f"  {stack['clients']} clients: {stack['orders_per_second']} orders/s to CONFIRMED"


def _aims(result: Result) -> Iterator[str]:
    yield "AGAINST THE AIMS of the performance design"
    yield _RULE
    for aim in result["aims"]:
        verdict = "met" if aim["met"] else "MISSED"
        yield f"  {aim['what']:<58}{aim['is']:>9.2f}  aim {aim['aim']:>6}  {verdict}"
