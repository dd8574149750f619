"""Colours and icons. PURE.

Icons are our own line drawings of the programmes' emoji, because an emoji font would take ten megabytes.
"""

import colorsys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.pictures.svg import SvgMarkup, Value, group, path

# ---- Colours

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
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in channels)


# ---- Icons

PAGE = "📄"
"""The icon of a topic whose emoji has no drawing."""

_PATHS = {
    "🎓": ("M-21 -6L0 -16L21 -6L0 4Z", "M-12 -1V10C-6 16 6 16 12 10V-1", "M21 -6V9"),
    "🔬": ("M-4 -19h8v20h-8Z", "M-7 -19h14", "M-2 1v5h4v-5", "M4 -12C16 -10 18 8 8 13", "M-12 18h26", "M-10 11h12"),
    "🎬": ("M-18 -3h36v20h-36Z", "M-18 -4L15 -16L17 -9L-16 3", "M-9 -7l6 5M1 -11l6 5", "M-4 2v10l9 -5Z"),
    "📡": (
        "M0 -2L-10 19M0 -2L10 19",
        "M-6 11h12",
        "M-8 -12a11 11 0 0 0 0 16M8 -12a11 11 0 0 1 0 16",
        "M-15 -18a20 20 0 0 0 0 28M15 -18a20 20 0 0 1 0 28",
    ),
    "📻": ("M-20 0C-16 -20 -11 -20 -7 0S2 20 6 0S15 -20 20 0", "M-22 18h44", "M-14 18v-4M-5 18v-4M5 18v-4M14 18v-4"),
    "🔐": ("M-14 -3h28v21h-28Z", "M-8 -3v-6a8 8 0 0 1 16 0v6", "M0 5v6"),
    "🌐": ("M-18 0a18 18 0 1 0 36 0a18 18 0 1 0 -36 0Z", "M-18 0h36", "M0 -18C-10 -8 -10 8 0 18C10 8 10 -8 0 -18"),
    "📚": ("M-17 -16h10v32h-10Z", "M-7 -12h9v28h-9Z", "M4 -11l9 -3l8 28l-9 3Z"),
    "🚀": ("M0 -20C8 -12 8 2 5 10h-10C-8 2 -8 -12 0 -20Z", "M-5 4l-8 8v6l8 -4M5 4l8 8v6l-8 -4", "M0 -7v3"),
    "💻": ("M-15 -14h30v20h-30Z", "M-21 13h42"),
    PAGE: ("M-13 -19h17l9 9v29h-26Z", "M4 -19v9h9", "M-7 -2h14M-7 5h14M-7 12h9"),
    "📱": ("M-10 -19h20v38h-20Z", "M-3 13h6"),
}

_ALIASES = dict(zip("🔒🛡🌍🌏🌎🎥📺📶🖥📖", "🔐🔐🌐🌐🌐🎬🎬📡💻📚", strict=True))

_STROKE: dict[str, Value] = {
    "fill": "none",
    "stroke_width": 3,
    "stroke_linecap": "round",
    "stroke_linejoin": "round",
}


def icon_lines(emoji: str) -> SvgMarkup | None:
    """The icon of an emoji in the colour of the surrounding text, 48 × 48 around the origin; None if there is none."""
    paths = _paths(emoji)
    return group(*map(path, paths), **_STROKE, stroke="currentColor") if paths else None


def _paths(emoji: str) -> tuple[str, ...] | None:
    plain = _plain(emoji)
    return _PATHS.get(_ALIASES.get(plain, plain))


def _plain(emoji: str) -> str:
    """The emoji without the variation selector that asks for its coloured form."""
    return emoji.rstrip("\ufe0f")
