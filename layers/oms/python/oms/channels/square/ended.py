"""How much of a Square order ended: all of it, or what some of its units cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from oms.channels.push import ToldLine
from oms.channels.reading import Reading
from oms.channels.square.lines import is_goods, money
from oms.kernel.money import Money, allocate, total


def is_whole(order: Reading, lines: Sequence[ToldLine]) -> bool:
    """Whether `lines` are all goods of the order; none named are all. Raises Unmappable."""
    ended = _units(lines)
    goods = [line for line in order.each("line_items") if is_goods(line)]
    return not lines or all(ended[_uid(line)] >= _sold(line) for line in goods)


def worth(order: Reading, lines: Sequence[ToldLine]) -> Money:
    """What these units cost, with discount and tax. Raises Unmappable."""
    currency, ended = order.at("total_money").currency("currency"), _units(lines)
    shares = (_share(line, ended, currency) for line in order.each("line_items"))
    return total(shares, currency)


def _share(line: Reading, ended: Mapping[str, int], currency: str) -> Money:
    sold = _sold(line)
    gone = min(sold, ended.get(_uid(line), 0))
    paid = money(line, "total_money", currency)
    return allocate(paid, (gone, sold - gone))[0] if gone else Money.zero(currency)


def _units(lines: Sequence[ToldLine]) -> Counter[str]:
    units = Counter[str]()
    for line in lines:
        units[line.external_id] += line.quantity
    return units


def _uid(line: Reading) -> str:
    return line.text("uid", 192)


def _sold(line: Reading) -> int:
    """Goods by weight count as one."""
    quantity = line.text("quantity", 20)
    return int(quantity) if quantity.isdecimal() else 1
