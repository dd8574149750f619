"""Our own line drawings of emojis, because an emoji font would take ten megabytes. PURE."""

from bot.pictures.svg import SvgMarkup, Value, element, path

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

_STROKE: dict[str, Value] = {"fill": "none", "stroke_width": 3, "stroke_linecap": "round", "stroke_linejoin": "round"}


def icon_lines(emoji: str) -> SvgMarkup | None:
    """The icon of an emoji in the colour of the surrounding text, 48 × 48 around the origin; None if there is none."""
    plain = emoji.rstrip("\ufe0f")  # the variation selector that asks for its coloured form
    paths = _PATHS.get(_ALIASES.get(plain, plain))
    return element("g", *map(path, paths), **_STROKE, stroke="currentColor") if paths else None
