"""A dossier's logo: what is drawn of it, and which files are none."""

import struct
from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.logo import MAX_BYTES, LogoError, sanitised
from tests.conftest import TODAY, Edit, not_none
from tests.tables import table

CIRCLE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#123456"/></svg>'


def png(width: int, height: int) -> bytes:
    """The begin of a PNG of this size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


class TestSanitising:
    """Only what draws is served."""

    @table("hostile")
    def test_nothing_acts_or_is_loaded(self, hostile: str) -> None:
        r"""
        <script>alert(1)</script>
        <style>@import url(https://x.example)</style>
        <image href="https://x.example/a.png"/>
        <foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>
        <a href="javascript:alert(1)"><path d="M0 0"/></a>
        <path onload="alert(1)" d="M0 0"/>
        <path style="fill:url(https://x.example)" d="M0 0"/>
        <path fill="url(https://x.example/#a)" d="M0 0"/>
        "<path fill=\"u\\72l(https://x.example)\" d=\"M0 0\"/>"
        <use href="https://x.example/a.svg#a"/>
        <use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="data:image/svg+xml,x"/>
        <animate attributeName="href" values="javascript:alert(1)"/>
        <set attributeName="onload" to="alert(1)"/>
        """
        kept = sanitised("logo.svg", CIRCLE.replace(b"</svg>", hostile.encode() + b"</svg>")).decode()
        assert '<circle cx="4" cy="4" r="4" fill="#123456"' in kept
        for word in ("script", "alert", "x.example", "import", "foreign", "data:", "animate", "<set", "style"):
            assert word not in kept

    def test_its_own_parts_stay(self) -> None:
        gradient = b'<defs><linearGradient id="a"/></defs><path fill="url(#a)" d="M0 0"/><use href="#a"/>'
        kept = sanitised("logo.svg", CIRCLE.replace(b"</svg>", gradient + b"</svg>"))
        assert b'fill="url(#a)"' in kept
        assert b'href="#a"' in kept

    @pytest.mark.parametrize(
        ("name", "data", "message"),
        [
            ("logo.svg", b"<html/>", "not an SVG"),
            ("logo.svg", b"<svg", "not an SVG"),
            ("logo.svg", b"\xff\xfe<", "not an SVG"),
            ("logo.svg", b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + CIRCLE, "an SVG with a document type"),
            ("logo.svg", CIRCLE + b" " * MAX_BYTES, "65,"),
            ("logo.png", CIRCLE, "not a PNG"),
            ("logo.png", b"", "not a PNG"),
            ("logo.png", png(40, 40_000), "40 × 40000 pixels"),
        ],
    )
    def test_other_files_are_refused(self, name: str, data: bytes, message: str) -> None:
        with pytest.raises(LogoError, match=message):
            sanitised(name, data)

    def test_a_png_stays_as_it_is(self) -> None:
        assert sanitised("logo.png", png(40, 40)) == png(40, 40)


class TestCheck:
    """``nota check`` says what is wrong with it; the dossier is used without it."""

    @pytest.mark.parametrize(
        ("data", "told"),
        [
            (None, "cannot read logo.svg, expected that file"),
            (b"<p/>", "logo.svg: not an SVG"),
            (b" " * 70_000, "too large"),
        ],
    )
    def test_what_cannot_be_shown(self, folder: Path, edit: Edit, data: bytes | None, told: str) -> None:
        edit("dossier.yaml", "languages:", "logo: logo.svg\nlanguages:")
        if data is not None:
            (folder / "logo.svg").write_bytes(data)
        loading = load(folder, TODAY)
        [error] = [str(each) for each in loading.diagnostics if not each.is_warning]
        assert told in error
        assert error.startswith("dossier.yaml:")
        assert loading.dossier is not None
        assert loading.dossier.logo == b""

    def test_another_logo_is_another_dossier(self, folder: Path, edit: Edit) -> None:
        """So that pages that are kept are made anew."""
        edit("dossier.yaml", "languages:", "logo: logo.svg\nlanguages:")
        trees = set()
        for colour in (b"#123456", b"#654321"):
            (folder / "logo.svg").write_bytes(CIRCLE.replace(b"#123456", colour))
            dossier = not_none(load(folder, TODAY).dossier)
            assert colour in dossier.logo
            trees.add(dossier.tree)
        assert len(trees) == 2
