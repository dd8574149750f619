"""``make fonts``: the page's typefaces, subsets of the packaged ones by script (SIL Open Font License 1.1).

A changed font may not carry the reserved name "Source", so the subsets have no name but their licence; the style sheet calls
them Nota Sans and Nota Serif.
"""

from pathlib import Path

from fontTools import subset

from bot.pictures.fonts import BOLD, SANS, SERIF, Face

STATIC = Path(__file__).parents[3] / "bot" / "platforms" / "web" / "static"

FACES: dict[str, Face] = {"sans-400": SANS, "sans-600": BOLD, "serif-600": SERIF}

SCRIPTS = {
    "latin": "U+0020-007E,U+00A0-00FF,U+0131,U+0152,U+0153,U+2010-2015,U+2018-201E,U+2022,U+2026,U+202F,U+2030,"
    "U+2039,U+203A,U+2070,U+2074-2079,U+20AC,U+20BD,U+2122,U+2190,U+2192,U+2212,U+2248,"
    "U+2264,U+2265",
    "cyrillic": "U+0400-045F,U+0490,U+0491,U+2116",
}
"""Script → its characters; the style sheet names the same ranges."""

_KEPT_NAMES = "13,14"
"""Licence and its address (learn.microsoft.com/typography/opentype/spec/name#name-ids)."""


def main() -> None:
    """Writes the files."""
    for name, face in FACES.items():
        for script, characters in SCRIPTS.items():
            file = STATIC / f"{name}-{script}.woff"
            options = [f"--unicodes={characters}", f"--output-file={file}", "--flavor=woff", "--desubroutinize"]
            features = "--layout-features=kern,liga,lnum,tnum,mark,mkmk,ccmp,locl"
            subset.main([str(face.path), *options, features, f"--name-IDs={_KEPT_NAMES}", "--no-hinting"])


if __name__ == "__main__":
    main()
