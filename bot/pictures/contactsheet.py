"""All pictures on one sheet, to be looked at. PURE."""

from collections.abc import Sequence

from bot.pictures.svg import HEIGHT, WIDTH, Markup, element, nested, rect

_ACROSS = 6
_SCALE = 0.4
_GAP = 16


def contact_sheet(svgs: Sequence[str]) -> str:
    """The pictures side by side, six in a row."""
    width, height = WIDTH * _SCALE, HEIGHT * _SCALE
    rows = -(-len(svgs) // _ACROSS)
    whole = (_GAP + _ACROSS * (width + _GAP), _GAP + rows * (height + _GAP))
    cells: list[Markup] = []
    for index, svg in enumerate(svgs):
        down, across = divmod(index, _ACROSS)
        cells.append(nested(svg, _GAP + across * (width + _GAP), _GAP + down * (height + _GAP), width, height))
    ground = rect(0, 0, *whole, "#8A8F98")
    return element("svg", ground, *cells, xmlns="http://www.w3.org/2000/svg", width=whole[0], height=whole[1])
