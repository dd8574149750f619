"""Colours that can be read, whatever colour a dossier has."""

import pytest

from bot.dossier.models import Dossier, TopicId
from bot.pictures.picture import draw
from bot.pictures.theme import THEMES, Theme, contrast, mixed, palette
from bot.replies.question import AboutTopic
from tests.conftest import TODAY, not_none
from tests.pictures.reading import elements, words
from tests.pictures.vision import KINDS, difference, seen


class TestContrast:
    """All text reaches 4.5 : 1 on its ground (WCAG 2.2, AA), marks 3 : 1."""

    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("accent", ["#1F4E79", "#FFFFFF", "#000000", "#FFFF00", "#C00000", "#00A651", "#808080"])
    def test_every_text_on_its_ground(self, theme: Theme, accent: str) -> None:
        colours = palette(theme, accent)
        for text in (colours.ink, colours.muted, colours.accent, colours.signal):
            assert contrast(text, colours.paper) >= 4.5
        assert contrast(colours.ink, colours.card) >= 4.5
        assert contrast(colours.muted, colours.card) >= 4.5
        assert contrast(colours.on_accent, colours.accent) >= 4.5
        assert contrast(colours.accent, colours.tint) >= 3

    def test_a_colour_that_can_be_read_is_kept(self) -> None:
        assert palette("light", "#1F4E79").accent == "#1F4E79"

    def test_known_ratios(self) -> None:
        assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
        assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


class TestColourBlindness:
    """Marks are told apart under each dichromacy by lightness or by hue; and by shape, so never by colour alone."""

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("theme", THEMES)
    def test_marks_stand_out_from_what_they_lie_on(self, dossier: Dossier, theme: Theme, kind: str) -> None:
        """3 : 1 as WCAG 2.2 asks of graphics (1.4.11): of the very colours that the pictures are drawn in."""
        for topic, mark, ground in (
            ("duration", "term", ""),
            ("duration", "continuation", ""),
            ("coverage", "share", "whole"),
            ("news", "bulletin", ""),
            ("news", "gap", ""),
        ):
            one, two = (seen(colour, kind) for colour in _colours(dossier, topic, theme, mark, ground))
            assert contrast(one, two) >= 3, (topic, mark, ground, one, two)

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("accent", ["#1F4E79", "#00695C", "#4A148C", "#0B3D91"])
    def test_what_is_missing_is_not_taken_for_what_is_there(self, theme: Theme, kind: str, accent: str) -> None:
        """Signal and accent, of whatever cool colour a dossier has: ten times what can just be noticed."""
        colours = palette(theme, accent)
        assert difference(seen(colours.signal, kind), seen(colours.accent, kind)) >= 23

    @pytest.mark.parametrize("theme", THEMES)
    def test_shapes_tell_what_colours_tell(self, dossier: Dossier, theme: Theme) -> None:
        """The renewal and a silence are dashed, a bulletin is a dot; and words say each."""
        term, news = _drawn(dossier, "duration", theme), _drawn(dossier, "news", theme)
        assert elements(term, "continuation")[0].get("stroke-dasharray")
        assert elements(news, "gap")[0].get("stroke-dasharray")
        assert words(term, "then")
        assert words(news, "silence")

    def test_known_simulations(self) -> None:
        """Greys stay; a red and a green of like lightness are one colour to who lacks the green cones, not to others."""
        for kind in KINDS:
            assert difference(seen("#808080", kind), "#808080") < 2
        red, green = "#C04030", "#6F7A00"
        assert difference(red, green) > 60
        assert difference(seen(red, "deuteranopia"), seen(green, "deuteranopia")) < 15
        assert difference(seen(red, "tritanopia"), seen(green, "tritanopia")) > 40


def _drawn(dossier: Dossier, topic: str, theme: Theme) -> str:
    return not_none(draw(dossier, AboutTopic(TopicId(topic)), "en", TODAY, theme)).svg


def _colours(dossier: Dossier, topic: str, theme: Theme, mark: str, ground: str) -> tuple[str, str]:
    """Of a mark and of what it lies on; the paper where ``ground`` is empty."""
    svg = _drawn(dossier, topic, theme)
    paper = palette(theme, dossier.header.colour).paper
    return _colour(svg, mark, paper), _colour(svg, ground, paper) if ground else paper


def _colour(svg: str, mark: str, paper: str) -> str:
    """A ring's is its line's; what is see-through has the paper's in it."""
    element = elements(svg, mark)[0]
    own = next(each for each in (element.get("fill"), element.get("stroke")) if each and each not in ("none", paper))
    return mixed(paper, own, float(element.get("fill-opacity", "1")))
