"""A bulletin's title as a card: what a shared link shows. PURE."""

from bot.answers.composing import facts_in
from bot.answers.formats import day
from bot.dossier.model import Bulletin
from bot.pictures.fonts import BOLD, SERIF
from bot.pictures.scene import FOOTER_RULE, KICKER_BASELINE, MARGIN, Scene, footer, ground
from bot.pictures.svg import WIDTH, Markup, label, lines, rect
from bot.pictures.typesetting import fit

_SIZES, _SMALLER = (76, 70, 64, 58), (52, 48, 44, 40, 38)
_DAY = 42


def title_card(scene: Scene, bulletin: Bulletin) -> list[Markup]:
    """The whole card: day, headline, sources."""
    colours = scene.colours
    left = MARGIN + 34
    words, room = scene.composer.line(bulletin.title[scene.language]), WIDTH - MARGIN - left
    title = fit(words, SERIF, room, _SIZES, 4, spacing=1.14, even=True)
    if title.cut:
        title = fit(words, SERIF, room, _SMALLER, 6, spacing=1.14, even=True)
    top, bottom = KICKER_BASELINE + 30, FOOTER_RULE - 20
    height = 70 + title.height
    y = top + (bottom - top - height) / 2
    return [
        *ground(scene),
        rect(MARGIN, y, 8, height, colours.signal, mark="bar"),
        label(day(bulletin.date, scene.language), left, y + 34, BOLD, _DAY, colours.signal, mark="day"),
        *lines(title, left, y + 58 + title.size, colours.ink, mark="headline"),
        *footer(scene, scene.credits(bulletin.sources, facts_in(scene.dossier, bulletin.body[scene.language])), ""),
    ]
