"""Colours that can be read, whatever colour a dossier has."""

import pytest

from bot.pictures.palette import THEMES, Theme, contrast, palette


class TestContrast:
    """All text reaches 4.5 : 1 on its ground (WCAG 2.2, AA), marks 3 : 1."""

    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("accent", ["#1F4E79", "#FFFFFF", "#000000", "#FFFF00", "#C00000", "#00A651", "#808080"])
    def test_every_text_on_its_ground(self, theme: Theme, accent: str) -> None:
        """Of any accent."""
        colours = palette(theme, accent)
        for text in (colours.ink, colours.muted, colours.accent, colours.signal):
            assert contrast(text, colours.paper) >= 4.5
        assert contrast(colours.ink, colours.card) >= 4.5
        assert contrast(colours.muted, colours.card) >= 4.5
        assert contrast(colours.on_accent, colours.accent) >= 4.5
        assert contrast(colours.accent, colours.tint) >= 3

    def test_a_colour_that_can_be_read_is_kept(self) -> None:
        """It is the dossier's own."""
        assert palette("light", "#1F4E79").accent == "#1F4E79"

    def test_known_ratios(self) -> None:
        """Black on white is 21 : 1."""
        assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
        assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


class TestColourBlindness:
    """What stands side by side is told apart by lightness or hue under the three dichromacies, and never by colour alone."""

    @pytest.mark.parametrize("theme", THEMES)
    def test_today_and_the_term_differ_without_hue(self, theme: Theme) -> None:
        """The full part, the thinned part and today's mark, seen in grey, against their neighbours."""
        colours = palette(theme, "#1F4E79")
        assert contrast(colours.signal, colours.tint) >= 3
        assert contrast(colours.accent, colours.tint) >= 3
