"""The colours of pictures and of the page, on light and on dark. PURE."""

import colorsys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]

THEMES: tuple[Theme, ...] = ("light", "dark")


MIN_CONTRAST = 4.5
"""The least contrast of text to its background (WCAG 2.2, success criterion 1.4.3, level AA)."""

_DARK_CONTRAST = 6.5
"""The contrast of the accent on a dark background that looks as strong as on a light one."""

_STEPS = 40
"""The number of steps of :func:`readable` from a colour to black or white."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``.

    Attributes:
        paper: the background.
        card: a box on the background.
        ink: headlines and labels.
        muted: secondary labels.
        rule: thin lines and empty bars.
        accent: the dossier's colour, made readable on the paper.
        tint: the accent mixed with the paper, for areas.
        on_accent: text on the accent.
        signal: the most important mark.
    """

    paper: str
    card: str
    ink: str
    muted: str
    rule: str
    accent: str
    tint: str
    on_accent: str
    signal: str


def palette(theme: Theme, accent: str) -> Palette:
    """The palette of a theme around a dossier's colour."""
    if theme == "light":
        paper, card, ink, muted, rule, signal = "#FBFAF7", "#FFFFFF", "#1A1E24", "#5B636E", "#D8D5CD", "#B24700"
        own = readable(accent, paper)
        return Palette(paper, card, ink, muted, rule, own, mixed(own, paper, 0.84), "#FFFFFF", signal)
    paper, card, ink, muted, rule, signal = "#12161C", "#1A2028", "#F3F1EC", "#A5AEBA", "#38414D", "#FF9E4A"
    own = readable(accent, paper, _DARK_CONTRAST)
    return Palette(paper, card, ink, muted, rule, own, mixed(own, paper, 0.76), "#12161C", signal)


def readable(colour: str, background: str, min_contrast: float = MIN_CONTRAST) -> str:
    """The colour, made lighter or darker in its own hue until its contrast to the background is ``min_contrast``."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    end = 1.0 if _luminance(background) < 0.18 else 0.0
    for step in range(_STEPS + 1):
        shifted = lightness + (end - lightness) * step / _STEPS
        candidate = _hex(colorsys.hls_to_rgb(hue, shifted, saturation))
        if contrast(candidate, background) >= min_contrast:
            break
    return candidate


def mixed(colour: str, other: str, share: float) -> str:
    """The colour with a share (0 to 1) of the other in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return _hex((one + (two - one) * share) / 255 for one, two in pairs)


def contrast(one: str, two: str) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(two)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (channel / 255 for channel in _channels(colour))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in channels)
