"""The 4 x 6 inch label as a vector PDF, drawn with reportlab, which is loaded on first use.

The page is scaled so that one unit is one dot of a 203 dpi printer: bars fall on whole dots
there, and stay sharp. The type is Bitstream Vera, which comes with reportlab. It has Latin-1
and some letters more; the accented letters it lacks (Polish, Czech, Hungarian, Romanian,
Vietnamese ...) are put together from letter and accent. What is neither becomes "?".
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from oms.fulfilment.barcodes import Symbol, code128, data_matrix, routing_data
from oms.fulfilment.carriers import LabelRequest
from oms.fulfilment.label_zpl import (
    BADGE,
    BAR_CODE,
    BAR_MODULE,
    DOTS_PER_INCH,
    HEIGHT,
    MATRIX,
    MATRIX_MODULE,
    RULES,
    WIDTH,
    Area,
    TextBlock,
    fit,
    row_top,
    text_blocks,
)

_POINTS_PER_DOT = 72 / DOTS_PER_INCH
_NON_ZERO = 1  # the PDF fill rule under which areas that overlap stay black
_REGULAR, _BOLD = "Vera", "VeraBd"

# Combining mark -> the spacing accent that Vera has, and how far to move it in 1/100 em (up).
_ABOVE = dict(
    zip(
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c",
        "`´ˆ˜¯˘˙¨˚˝ˇ",
        strict=True,
    )
)
_BELOW = {"\u0323": (".", -22), "\u0326": (",", -24), "\u0327": ("¸", 0), "\u0328": ("˛", 0)}
_CAPITAL_LIFT, _SECOND_LIFT = 18, 16
_NEAREST = {"ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ẞ": "SS", "Ș": "Ş", "ș": "ş", "−": "-"}


@dataclass(frozen=True, slots=True)
class Glyph:
    """A letter of the font, and accents to lay over it: (accent, lift in 1/100 em)."""

    letter: str
    accents: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row of text where it will stand; `left` and `baseline` in dots from the top left."""

    left: int
    baseline: int
    size: int
    text: str
    bold: bool
    inverse: bool


def pdf_label(request: LabelRequest, tracking_number: str) -> bytes:
    """The label as a one-page PDF. The same request gives the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    page = io.BytesIO()
    size = (WIDTH * _POINTS_PER_DOT, HEIGHT * _POINTS_PER_DOT)
    canvas = Canvas(page, pagesize=size, invariant=True)
    canvas.setTitle(f"Label {tracking_number}")
    canvas.scale(_POINTS_PER_DOT, _POINTS_PER_DOT)
    _draw(canvas, request, tracking_number)
    canvas.save()
    return page.getvalue()


def _draw(canvas: Any, request: LabelRequest, tracking_number: str) -> None:
    _fill(canvas, [*RULES, BADGE])
    for row in text_rows(request, tracking_number):
        _write(canvas, row)
    _fill(canvas, symbol_areas(code128(tracking_number), BAR_CODE, BAR_MODULE, BAR_CODE.height))
    matrix = data_matrix(routing_data(tracking_number, request.recipient))
    _fill(canvas, symbol_areas(matrix, MATRIX, MATRIX_MODULE, MATRIX_MODULE))


def _fill(canvas: Any, areas: list[Area]) -> None:
    """One path for all of them: no hairlines between modules that touch."""
    path = canvas.beginPath()
    for area in areas:
        path.rect(area.left, HEIGHT - area.top - area.height, area.width, area.height)
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1, fillMode=_NON_ZERO)


def symbol_areas(symbol: Symbol, area: Area, module: int, height: int) -> list[Area]:
    """The dark modules of `symbol`, centred in `area`, each `module` wide and `height` high."""
    left = area.left + (area.width - symbol.width * module) // 2
    top = area.top + (area.height - symbol.height * height) // 2
    return [
        Area(left + column * module, top + row * height, length * module, height)
        for column, row, length in symbol.bars()
    ]


def text_rows(request: LabelRequest, tracking_number: str) -> tuple[TextRow, ...]:
    """Every row of text on the label at its place."""
    blocks = text_blocks(request, tracking_number)
    return tuple(row for block in blocks for row in _rows(block))


def _rows(block: TextBlock) -> Iterator[TextRow]:
    fitted = fit(block, lambda text, size: text_width(text, size, block.bold))
    for number, text in enumerate(fitted.lines):
        spare = block.area.width - text_width(text, fitted.size, block.bold)
        left = block.area.left + (spare // 2 if block.centred else 0)
        baseline = row_top(block, fitted, number) + fitted.size
        yield TextRow(left, baseline, fitted.size, text, block.bold, block.inverse)


def text_width(text: str, size: int, bold: bool) -> int:
    """Of `text` as drawn, in dots, rounded up."""
    letters = "".join(glyph.letter for glyph in _glyphs(text))
    return -int(-_string_width(letters, size, bold) // 1)


def _write(canvas: Any, row: TextRow) -> None:
    canvas.setFillGray(1 if row.inverse else 0)
    canvas.setFont(_font(row.bold), row.size)
    left: float = row.left
    glyphs = _glyphs(row.text)
    canvas.drawString(left, HEIGHT - row.baseline, "".join(glyph.letter for glyph in glyphs))
    for glyph in glyphs:
        width = _string_width(glyph.letter, row.size, row.bold)
        for accent, lift in glyph.accents:
            spare = width - _string_width(accent, row.size, row.bold)
            raised = HEIGHT - row.baseline + row.size * lift / 100
            canvas.drawString(left + spare / 2, raised, accent)
        left += width


def _glyphs(text: str) -> list[Glyph]:
    """`text` in letters that the font has. A mark that stands alone becomes "?" as well."""
    glyphs: list[Glyph] = []
    for character in text:
        if unicodedata.combining(character) and glyphs:
            glyphs[-1] = _accented(glyphs[-1], character)
        else:
            glyphs += [_glyph(each) for each in _NEAREST.get(character, character)]
    return glyphs


@cache
def _glyph(character: str) -> Glyph:
    if ord(character) in _drawable():
        return Glyph(character)
    apart = unicodedata.normalize("NFD", character)
    letter, marks = apart[0], apart[1:]
    if not marks or ord(letter) not in _drawable():
        return Glyph("?")
    glyph = Glyph(letter)
    for mark in marks:
        glyph = _accented(glyph, mark)
    return glyph


def _accented(glyph: Glyph, mark: str) -> Glyph:
    """`glyph` under one more accent. An unknown mark is left out, and so is a third."""
    if mark in _BELOW:
        return Glyph(glyph.letter, (*glyph.accents, _BELOW[mark])[:2])
    if mark not in _ABOVE:
        return glyph
    letter = "ı" if glyph.letter == "i" else glyph.letter
    lift = _CAPITAL_LIFT if letter.isupper() or letter in "bdfhklt" else 0
    lift += _SECOND_LIFT * sum(accent in _ABOVE.values() for accent, _ in glyph.accents)
    return Glyph(letter, (*glyph.accents, (_ABOVE[mark], lift))[:2])


def _font(bold: bool) -> str:
    return _BOLD if bold else _REGULAR


def _string_width(text: str, size: int, bold: bool) -> float:
    return float(_fonts()[bold].stringWidth(text, size))


@cache
def _drawable() -> frozenset[int]:
    return frozenset.intersection(*(frozenset(f.face.charToGlyph) for f in _fonts()))


@cache
def _fonts() -> tuple[Any, Any]:
    """Regular and bold, registered with reportlab once a process."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    fonts = (TTFont(_REGULAR, "Vera.ttf"), TTFont(_BOLD, "VeraBd.ttf"))
    for font in fonts:
        pdfmetrics.registerFont(font)
    return fonts
