"""How colours look to dichromats.

After Brettel, Viénot and Mollon, "Computerized simulation of color appearance for dichromats" (J. Opt. Soc. Am. A 14, 1997),
whose two half planes hold for all three kinds (Machado 2009 is no good for tritanopia); in linear sRGB, with the
coefficients that libDaltonLens (public domain) works out for it.
"""

from typing import NamedTuple

Colour = tuple[float, float, float]
Matrix = tuple[Colour, Colour, Colour]


class Dichromacy(NamedTuple):
    """The two half planes, and the normal of the plane that parts them."""

    one: Matrix
    other: Matrix
    normal: Colour


KINDS = {
    "protanopia": Dichromacy(
        ((0.14980, 1.19548, -0.34528), (0.10764, 0.84864, 0.04372), (0.00384, -0.00540, 1.00156)),
        ((0.14570, 1.16172, -0.30742), (0.10816, 0.85291, 0.03892), (0.00386, -0.00524, 1.00139)),
        (0.00048, 0.00393, -0.00441),
    ),
    "deuteranopia": Dichromacy(
        ((0.36477, 0.86381, -0.22858), (0.26294, 0.64245, 0.09462), (-0.02006, 0.02728, 0.99278)),
        ((0.37298, 0.88166, -0.25464), (0.25954, 0.63506, 0.10540), (-0.01980, 0.02784, 0.99196)),
        (-0.00281, -0.00611, 0.00892),
    ),
    "tritanopia": Dichromacy(
        ((1.01277, 0.13548, -0.14826), (-0.01243, 0.86812, 0.14431), (0.07589, 0.80500, 0.11911)),
        ((0.93678, 0.18979, -0.12657), (0.06154, 0.81526, 0.12320), (-0.37562, 1.12767, 0.24796)),
        (0.03901, -0.02788, -0.01113),
    ),
}


def seen(colour: str, kind: str) -> str:
    """The colour ``#rrggbb`` as somebody with the dichromacy sees it."""
    linear, how = _linear(colour), KINDS[kind]
    matrix = how.one if _times(how.normal, linear) >= 0 else how.other
    channels = (min(1.0, max(0.0, _times(row, linear))) for row in matrix)
    return "#" + "".join(f"{round(_encoded(channel) * 255):02X}" for channel in channels)


def difference(one: str, two: str) -> float:
    """How different two colours look: the distance in CIELAB (CIE 1976), of which 2.3 can just be noticed."""
    return sum((a - b) ** 2 for a, b in zip(_lab(one), _lab(two), strict=True)) ** 0.5


def _linear(colour: str) -> Colour:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def _encoded(channel: float) -> float:
    return float(channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055)


def _lab(colour: str) -> Colour:
    """By sRGB's matrix to XYZ and its white, D65 (IEC 61966-2-1)."""
    linear = _linear(colour)
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (_root(_times(row, linear) / white) for row, white in zip(rows, (0.9505, 1.0, 1.089), strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(part: float) -> float:
    return float(part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116)


def _times(one: Colour, two: Colour) -> float:
    return sum(a * b for a, b in zip(one, two, strict=True))
