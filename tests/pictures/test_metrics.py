"""How wide characters are."""

import struct

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from bot.pictures.fonts import FACES, Face, advances, advances_in


class TestAdvances:
    """What is read from a typeface's file is what a font library reads."""

    @pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
    def test_every_character_as_fonttools_has_it(self, face: Face) -> None:
        """Of the Basic Multilingual Plane, where all that we write is."""
        with TTFont(face.path) as font:
            known = {chr(code): font["hmtx"].metrics[glyph][0] / 1000 for code, glyph in font.getBestCmap().items()}
        assert advances(face) == {sign: wide for sign, wide in known.items() if ord(sign) < 0x10000}

    def test_a_file_that_is_no_font_is_refused(self) -> None:
        """With an error, which the studio turns into no picture."""
        with pytest.raises(struct.error):
            advances_in(b"no font")
