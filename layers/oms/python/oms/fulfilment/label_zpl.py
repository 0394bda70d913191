"""The 4 x 6 inch label for a label printer (ZPL II), and the layout that both labels share.

Everything is measured in the printer's dots, 203 to the inch, from the top left corner. The
layout stands here because dots are what a printer knows; `label_pdf` draws the same one.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from oms.fulfilment.barcodes import routing_data, sort_code, spaced
from oms.fulfilment.carriers import LabelRequest, Parcel, postal_lines, printable

DOTS_PER_INCH = 203
WIDTH, HEIGHT = 4 * DOTS_PER_INCH, 6 * DOTS_PER_INCH

Measure = Callable[[str, int], int]  # (text, character height) -> width, all in dots


@dataclass(frozen=True, slots=True)
class Area:
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines to write into an area, at the first of `sizes` (falling) at which they fit."""

    area: Area
    lines: tuple[str, ...]
    sizes: tuple[int, ...]
    bold: bool = False
    centred: bool = False
    inverse: bool = False  # white, over a black area


@dataclass(frozen=True, slots=True)
class FittedText:
    size: int
    lines: tuple[str, ...]


BADGE = Area(16, 16, 160, 160)
BAR_CODE = Area(36, 808, 740, 184)
MATRIX = Area(582, 204, 192, 192)
BAR_MODULE, MATRIX_MODULE = 4, 8  # half a millimetre and one: read at arm's length

RULES = (
    *(Area(16, top, 780, 4) for top in (16, 176, 420, 760, 1076, 1198)),
    *(Area(left, 16, 4, 1186) for left in (16, 792)),
    Area(560, 176, 4, 248),
    Area(436, 1076, 4, 126),
)

_ADDRESS_SIZES = (50, 46, 42, 38, 34, 30, 26, 22, 18)
_SMALL_SIZES = (30, 28, 26, 24, 22, 20, 18, 16)
_CODE_SIZES = (64, 58, 52, 46, 40, 34, 28, 24)


def text_blocks(request: LabelRequest, tracking_number: str) -> tuple[TextBlock, ...]:
    """All that is written on the label, as printable lines, not yet fitted."""
    return (*_head(request), *_addresses(request), *_foot(request, tracking_number))


def _head(request: LabelRequest) -> tuple[TextBlock, ...]:
    service, weight = printable(request.service), (_kilograms(request.parcel),)
    return (
        TextBlock(Area(16, 26, 160, 150), (service[:1],), (124,), True, True, inverse=True),
        TextBlock(Area(204, 40, 352, 84), (service,), _CODE_SIZES, bold=True),
        TextBlock(Area(204, 126, 352, 30), ("OFFLINE CARRIER",), (22,)),
        TextBlock(Area(576, 40, 208, 60), weight, (46, 42, 38, 34, 28, 22, 16), bold=True),
        TextBlock(Area(576, 126, 208, 30), (_centimetres(request.parcel),), (22, 20, 18, 16, 14)),
    )


def _addresses(request: LabelRequest) -> tuple[TextBlock, ...]:
    sender, recipient = postal_lines(request.sender), postal_lines(request.recipient)
    return (
        TextBlock(Area(40, 188, 500, 26), ("FROM",), (20,), bold=True),
        TextBlock(Area(40, 216, 500, 196), sender, _SMALL_SIZES),
        TextBlock(Area(40, 434, 736, 30), ("SHIP TO",), (24,), bold=True),
        TextBlock(Area(40, 468, 736, 284), recipient, _ADDRESS_SIZES, bold=True),
    )


def _foot(request: LabelRequest, tracking_number: str) -> tuple[TextBlock, ...]:
    order, reference = printable(request.order_number), printable(request.reference)
    code = tuple(sort_code(request.recipient).split(" ", 1))
    return (
        TextBlock(Area(40, 774, 736, 28), ("TRACKING NUMBER",), (20,), bold=True),
        TextBlock(Area(36, 1002, 740, 64), (spaced(tracking_number),), (48, 40), True, True),
        TextBlock(Area(40, 1088, 388, 26), ("ORDER",), (20,), bold=True),
        TextBlock(Area(40, 1114, 388, 44), (order,), (36, 32, *_SMALL_SIZES), bold=True),
        TextBlock(Area(40, 1162, 388, 28), (reference,), (18, 16, 14)),
        TextBlock(Area(448, 1090, 340, 100), code, _CODE_SIZES, True, True),
    )


def _kilograms(parcel: Parcel) -> str:
    return f"{parcel.weight_g // 1000}.{parcel.weight_g % 1000:03d} kg"


def _centimetres(parcel: Parcel) -> str:
    sides = (parcel.length_mm, parcel.width_mm, parcel.height_mm)
    return " x ".join(f"{side // 10}.{side % 10}" for side in sides) + " cm"


def leading(size: int) -> int:
    return size * 6 // 5


def row_top(block: TextBlock, fitted: FittedText, row: int) -> int:
    """Where a row begins; centred blocks are centred both ways."""
    spare = block.area.height - len(fitted.lines) * leading(fitted.size)
    return block.area.top + row * leading(fitted.size) + (spare // 2 if block.centred else 0)


def fit(block: TextBlock, measure: Measure) -> FittedText:
    """`block` at the largest size that shows all of it inside its area.

    Lines stay whole while the type is still large, then they wrap at words (at letters when
    a word is wider than the area). What does not fit at the smallest size ends in "...", and
    then the middle gives way: the name stays, and the last two lines, city and country.
    """
    lines = tuple(line if len(line) <= 200 else line[:200] + "..." for line in block.lines)
    for size in block.sizes[: len(block.sizes) // 2]:
        if _is_inside(lines, size, block.area, measure):
            return FittedText(size, lines)
    for size in block.sizes:
        wrapped = _wrapped(lines, size, block.area.width, measure)
        if len(wrapped) * leading(size) <= block.area.height:
            return FittedText(size, wrapped)
    return _shortened(lines, block.sizes[-1], block.area, measure)


def _is_inside(lines: tuple[str, ...], size: int, area: Area, measure: Measure) -> bool:
    widest = max((measure(line, size) for line in lines), default=0)
    return widest <= area.width and len(lines) * leading(size) <= area.height


def _wrapped(lines: tuple[str, ...], size: int, width: int, measure: Measure) -> tuple[str, ...]:
    rows = []
    for rest in lines:
        while rest:
            cut = _cut(rest, size, width, measure)
            rows.append(rest[:cut].rstrip())
            rest = rest[cut:].lstrip()
    return tuple(rows)


def _cut(text: str, size: int, width: int, measure: Measure) -> int:
    """How many characters of `text` go on one row: up to a space where there is one."""
    room = _room(text, size, width, measure)
    space = text.rfind(" ", 0, room + 1)
    return room if room == len(text) or space <= 0 else space


def _room(text: str, size: int, width: int, measure: Measure) -> int:
    lengths = range(1, len(text) + 1)
    return max(1, bisect_right(lengths, width, key=lambda length: measure(text[:length], size)))


def _shortened(lines: tuple[str, ...], size: int, area: Area, measure: Measure) -> FittedText:
    rows = area.height // leading(size)
    kept = lines if len(lines) <= rows else (*lines[: rows - 2], *lines[-2:])[:rows]
    return FittedText(size, tuple(_ended(line, size, area.width, measure) for line in kept))


def _ended(line: str, size: int, width: int, measure: Measure) -> str:
    if measure(line, size) <= width:
        return line
    return line[: _room(line, size, width - measure("...", size), measure)].rstrip() + "..."


def zpl_label(request: LabelRequest, tracking_number: str) -> bytes:
    """The label as ZPL II in UTF-8 (`^CI28`). `tracking_number` is letters, then digits."""
    parts = [
        f"^XA^CI28^PW{WIDTH}^LL{HEIGHT}^LH0,0",
        *(_box(area) for area in (*RULES, BADGE)),
        *(field for block in text_blocks(request, tracking_number) for field in _fields(block)),
        _bar_code(tracking_number),
        _matrix(routing_data(tracking_number, request.recipient)),
        "^XZ",
    ]
    return "\n".join(parts).encode()


def _box(area: Area) -> str:
    """Filled: a box whose line is as thick as its shorter side."""
    width, height = area.width, area.height
    return f"^FO{area.left},{area.top}^GB{width},{height},{min(width, height)}^FS"


def _fields(block: TextBlock) -> list[str]:
    """One field a row: rows beyond a `^FB` block's limit would be printed over each other."""
    fitted = fit(block, printed_width)
    return [
        f"^FO{block.area.left},{row_top(block, fitted, row)}"
        f"^A0N,{fitted.size},{fitted.size}{_flags(block)}^FH_^FD{_escaped(line)}^FS"
        for row, line in enumerate(fitted.lines)
    ]


def _flags(block: TextBlock) -> str:
    """`^FB` centres by the printer's own font; `^FR` turns black into white."""
    centre = f"^FB{block.area.width},1,0,C" if block.centred else ""
    return centre + ("^FR" if block.inverse else "")


def _escaped(text: str) -> str:
    """Command prefixes, the hex mark itself and `^FB`'s backslash, as `^FH_` hex."""
    return "".join(f"_{ord(each):02X}" if each in "^~_\\" else each for each in text)


def _bar_code(tracking_number: str) -> str:
    """Code 128 with its subsets spelled out (`>:` is B, `>5` goes to C).

    The printer's default would take subset B throughout, which is wider than the label.
    """
    letters = tracking_number.rstrip("0123456789")
    head = tracking_number[: len(letters) + (len(tracking_number) - len(letters)) % 2]
    pairs = tracking_number[len(head) :]
    width = ((len(head) + len(pairs) // 2 + 3) * 11 + 13) * BAR_MODULE
    left = BAR_CODE.left + (BAR_CODE.width - width) // 2
    field = f"^FO{left},{BAR_CODE.top}^BY{BAR_MODULE}^BCN,{BAR_CODE.height},N,N,N"
    return f"{field}^FH_^FD{_escaped(f'>:{head}>5{pairs}')}^FS"


def _matrix(data: str) -> str:
    return f"^FO{MATRIX.left},{MATRIX.top}^BXN,{MATRIX_MODULE},200^FH_^FD{_escaped(data)}^FS"


def printed_width(text: str, size: int) -> int:
    """A careful guess at the printer's own font 0, which is condensed: rather too wide."""
    return sum(map(_hundredths, text)) * size // 100 + 1


def _hundredths(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WFA":
        return 100
    if character in "MWmw@%ÆŒæœ":
        return 85
    return 66 if character.isupper() or not character.isascii() else 56
