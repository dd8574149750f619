"""The public page and its bulletins as HTML, put together from the dossier. PURE but for the templates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import segno
from markupsafe import Markup

from bot.answers.answer import answer
from bot.answers.composing import Composer
from bot.answers.formats import day, short_day
from bot.answers.phrases import phrases
from bot.answers.question import ROLES, AboutTopic
from bot.answers.reply import Reply
from bot.choosing import name_of
from bot.dossier.model import Bulletin, BulletinId, Dossier, Language, Topic
from bot.dossier.text import Paragraph, plain
from bot.pictures.drawing import draw
from bot.pictures.icons import sign
from bot.platforms.web import structured
from bot.platforms.web.feeds import bulletin_url
from bot.platforms.web.render import page
from bot.platforms.web.site import Site

FEW_BULLETINS = 6
_NO_WORDS = re.compile(r"^\W+")
BESIDE = 4
"""Bulletins beside another, and beside what was agreed where there is no chat to ask in."""

LOCALES = {"en": "en_GB", "id": "id_ID", "ru": "ru_RU"}
"""As Open Graph wants them: language and territory (ogp.me, "Optional Metadata")."""


@dataclass(frozen=True, slots=True)
class Section:
    """A topic on the page; ``picture`` is the address of its picture, None where there is none, ``alt`` its words."""

    id: str
    reply: Reply
    picture: str | None
    alt: str

    @property
    def sign(self) -> Markup | None:
        """That of its emoji, as we draw it; None where we have drawn none."""
        drawn = sign(self.reply.emoji)
        return Markup(drawn) if drawn else None  # noqa: S704  lines of our own


def home(site: Site, language: Language) -> str:
    """The page about the whole dossier."""
    composer = Composer(site.dossier, language)
    told = [_section(site, topic, language) for topic in _told(site.dossier)]
    lead, others = next(iter(told), None), told[1:]
    bulletins = list(site.dossier.bulletins.values())
    return page(
        "public.html",
        **_common(site, language, "", composer.line(site.dossier.header.title[language])),
        summary=composer.blocks(site.dossier.header.summary[language]),
        lead=lead,
        programs=[_section(site, topic, language) for topic in site.dossier.programs],
        figures=[section for section in others if section.picture],
        others=[section for section in others if not section.picture],
        bulletins=[_line(site, bulletin, composer) for bulletin in bulletins[:FEW_BULLETINS]],
        latest=[_line(site, bulletin, composer) for bulletin in bulletins[:BESIDE]],
        older=[_line(site, bulletin, composer) for bulletin in bulletins[FEW_BULLETINS:]],
        sources=[composer.source(name) for name in site.dossier.sources],
        short_day=lambda when: short_day(when, language),
        invitations=[(_bare(button.label), button.url, _code(button.url)) for button in site.invitations if button.url],
        structured=structured.of_page(site.dossier, site.origin, site.today, language),
    )


def bulletin_page(site: Site, name: BulletinId, language: Language) -> str:
    """The page of one bulletin."""
    bulletin = site.dossier.bulletins[name]
    composer = Composer(site.dossier, language)
    title = composer.line(bulletin.title[language])
    about = [site.dossier.topics[topic] for topic in bulletin.topics]
    pictured = next((topic for topic in about if topic.picture and topic.picture == bulletin.picture), None)
    return page(
        "bulletin.html",
        **_common(site, language, f"/bulletins/{name}", title),
        day=day(bulletin.date, language),
        date=bulletin.date,
        body=composer.blocks(bulletin.body[language]),
        sources=composer.sources(bulletin.sources, ()),
        topics=[(composer.line(topic.title[language]), f"/{language}#{_anchor(topic)}") for topic in about],
        others=[_line(site, other, composer) for other in _around(site.dossier, bulletin)],
        figure=_section(site, pictured, language) if pictured else None,
        picture_url=f"/pictures/{language}/bulletin/{name}",
        card_alt=f"{day(bulletin.date, language)}. {title}",
        structured=structured.of_bulletin(site.dossier, site.origin, bulletin, language),
    )


def not_found(site: Site, language: Language) -> str:
    """What an unknown address gets."""
    composer = Composer(site.dossier, language)
    bulletins = list(site.dossier.bulletins.values())[:BESIDE]
    lines = [_line(site, bulletin, composer) for bulletin in bulletins]
    return page("missing.html", bulletins=lines, **_common(site, language, "", phrases(language).say("No such page")))


def _common(site: Site, language: Language, path: str, title: str) -> dict[str, Any]:
    composer = Composer(site.dossier, language)
    summary = composer.blocks(site.dossier.header.summary[language])
    return {
        "say": phrases(language).say,
        "title": title,
        "site_title": composer.line(site.dossier.header.title[language]),
        "description": " ".join(plain(block.spans) for block in summary if isinstance(block, Paragraph)),
        "language": language,
        "languages": [(each, name_of(each)) for each in site.dossier.languages],
        "locale": LOCALES.get(language),
        "other_locales": [LOCALES[each] for each in site.dossier.languages if each != language and each in LOCALES],
        "path": path,
        "origin": site.origin,
        "default_language": site.dossier.header.default_language,
    }


def _told(dossier: Dossier) -> Iterable[Topic]:
    """The topics that say something themselves: no lists, no programmes."""
    return [topic for topic in dossier.topics.values() if topic.id not in ROLES and not topic.is_program]


def _section(site: Site, topic: Topic, language: Language) -> Section:
    reply = answer(site.dossier, AboutTopic(topic.id), language, site.today)
    drawn = draw(site.dossier, AboutTopic(topic.id), language, site.today) if topic.picture else None
    picture = f"/pictures/{language}/topic/{topic.id}" if drawn else None
    return Section(_anchor(topic), reply, picture, drawn.alt if drawn else "")


def _around(dossier: Dossier, bulletin: Bulletin) -> list[Bulletin]:
    """The bulletins nearest in time, the newest first."""
    found = list(dossier.bulletins.values())
    at = found.index(bulletin)
    first = max(0, min(at - BESIDE // 2, len(found) - BESIDE - 1))
    return [each for each in found[first : first + BESIDE + 1] if each is not bulletin]


def _anchor(topic: Topic) -> str:
    """Where the page tells of it."""
    return topic.id.replace(":", "-")


def _line(site: Site, bulletin: Bulletin, composer: Composer) -> dict[str, Any]:
    language = composer.language
    return {
        "url": bulletin_url("", language, bulletin.id),
        "date": bulletin.date,
        "day": day(bulletin.date, language),
        "title": composer.line(bulletin.title[language]),
    }


def _bare(label: str) -> str:
    """A button's words without the emoji before them, which a link would underline."""
    return _NO_WORDS.sub("", label) or label


def _code(url: str | None) -> Markup:
    """A QR code as inline SVG, in the colour of the text around it."""
    code = segno.make(url or "", error="m", micro=False)
    drawn = code.svg_inline(border=2, omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None)
    return Markup(drawn)  # noqa: S704  segno draws squares, and none of the address's words
