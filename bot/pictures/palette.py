"""The colours of a picture: one accent from the dossier, one signal, the rest paper and ink. PURE.

The signal is an orange against whatever accent a dossier has: blue and orange stay apart under every common colour
blindness, and no meaning rests on colour alone (each mark has its shape and its label).
"""

import colorsys
from collections.abc import Iterable
from dataclasses import dataclass

from bot.pictures.picture import Theme

THEMES: tuple[Theme, ...] = ("light", "dark")

TEXT_CONTRAST = 4.5
"""Least contrast of text against its ground (WCAG 2.2, success criterion 1.4.3, level AA)."""

_STEPS = 40

_DARK_CONTRAST = 6.5
"""What a colour needs on dark paper to look as strong as on light."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``.

    Attributes:
        paper: the ground.
        card: a raised ground on the paper.
        ink: headlines and labels.
        muted: secondary labels.
        rule: hairlines and empty tracks.
        accent: the dossier's own colour, as far as it can be read on the paper.
        tint: the accent far thinned, for areas.
        on_accent: text on the accent.
        signal: the one mark to look at first.
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


def readable(colour: str, ground: str, least: float = TEXT_CONTRAST) -> str:
    """The colour, lighter or darker in its own hue until it has the contrast ``least`` on the ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    end = 1.0 if _luminance(ground) < 0.18 else 0.0
    for step in range(_STEPS + 1):
        shifted = lightness + (end - lightness) * step / _STEPS
        candidate = _hex(colorsys.hls_to_rgb(hue, shifted, saturation))
        if contrast(candidate, ground) >= least:
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
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in channels)
