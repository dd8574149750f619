"""The lists of the dossier (programmes, news, sources, commands), and the meaning of command words. PURE."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from bot.commands import COMMANDS, OWN, OwnCommand
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import PROGRAM_PREFIX, Bulletin, Dossier, Language, TopicId
from bot.languages import SPOKEN
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import number, short_day
from bot.replies.i18n import phrases_in
from bot.replies.question import (
    HELP,
    NEWS,
    PROGRAMS,
    SOURCES,
    AboutBulletin,
    AboutTopic,
    Command,
    Question,
    Rate,
)
from bot.replies.reply import Block, Button

TITLES = {NEWS: ("📰", "Bulletins"), SOURCES: ("🔗", "Sources"), HELP: ("❓", "Help"), PROGRAMS: ("🧭", "Programmes")}
"""List → its emoji and title, if the dossier has no topic with its id."""

PER_PAGE = 5
"""Bulletins or sources on a page of their list."""

COMMANDS_PER_PAGE = 7

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list, which stands below the topic's own text, and its buttons."""

    blocks: tuple[Block, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A line of a platform's command menu; ``topic`` is None for a command of the bot itself."""

    command: str
    summary: str
    topic: TopicId | None = None


def listing(dossier: Dossier, list_id: TopicId, page: int, language: Language) -> Listing | None:
    """A page of a list; None if there is no list with this id."""
    make = _LISTINGS.get(list_id)
    return make(dossier, page, language) if make else None


def lists_without_topic(dossier: Dossier) -> list[TopicId]:
    """The ids of the lists that have entries, but no topic in the dossier."""
    return [
        list_id for list_id in TITLES if list_id not in dossier.topics and (list_id != PROGRAMS or dossier.programs)
    ]


def topic_entries(dossier: Dossier, language: Language, *, programs: bool = True) -> list[MenuEntry]:
    """The dossier's commands, in order. With ``programs`` those of programmes follow the command that lists them."""
    texts = DossierTexts(dossier, language)
    topics = [topic for topic in dossier.topics.values() if not topic.is_program]
    if programs:
        position = next((n for n, topic in enumerate(topics, 1) if topic.id == PROGRAMS), len(topics))
        topics[position:position] = dossier.programs
    return [MenuEntry(topic.command_word, texts.line(topic.summary[language]), topic.id) for topic in topics]


def topic_of_command(dossier: Dossier, name: str) -> TopicId | None:
    """The topic with this command word, alias, id, or programme's slug; None if there is none."""
    word = name.lower()
    if word in dossier.commands:
        return dossier.commands[word]
    for candidate in (TopicId(word), TopicId(PROGRAM_PREFIX + word)):
        if candidate in dossier.topics:
            return candidate
    return TopicId(word) if word in TITLES else None


def name_in(language: str, own: OwnCommand) -> str:
    """The name of a command for readers in the language: on Discord, and typed anywhere."""
    return phrases_in(language).say(f"/{own.name}").removeprefix("/")


@cache
def own_names() -> dict[str, OwnCommand]:
    """Every name of the bot's own commands, in every language → its command."""
    for_readers = [own for own in COMMANDS if own.is_for_readers]
    return {name_in(language, own): own for language in SPOKEN for own in for_readers} | OWN


def own_command(dossier: Dossier, name: str) -> OwnCommand | None:
    """The bot's own command of that name, in any language; None if there is none, or if a topic has taken it."""
    own = own_names().get(name)
    may_be_taken = own is not None and not (own.is_reserved and name == own.name)
    return None if may_be_taken and topic_of_command(dossier, name) is not None else own


def as_own(dossier: Dossier, question: Question) -> Question:
    """The question, a command of the bot's own under its English name."""
    own = own_command(dossier, question.name) if isinstance(question, Command) else None
    return Command(own.name, question.argument) if own and isinstance(question, Command) else question


def is_about_dossier(dossier: Dossier, question: Question) -> bool:
    """Whether the question is about the dossier, and not about stored data."""
    own = own_command(dossier, question.name) if isinstance(question, Command) else None
    return not isinstance(question, Rate) and (own is None or own.about == "dossier")


def is_known(dossier: Dossier, name: str) -> bool:
    """Whether a command in a group is for the bot although it does not name the bot."""
    own = own_command(dossier, name)
    return topic_of_command(dossier, name) is not None or (own is not None and not own.needs_our_name)


def listed_commands(dossier: Dossier) -> list[OwnCommand]:
    """The bot's own commands for readers and admins, without those that a topic has taken."""
    listed = [command for command in COMMANDS if command.is_listed and command.is_for_readers]
    return [command for command in listed if topic_of_command(dossier, command.name) is None]


def bot_entries(dossier: Dossier, language: Language) -> list[MenuEntry]:
    """The menu entries of these commands."""
    say = phrases_in(language).say
    return [MenuEntry(own.name, say(own.summary)) for own in listed_commands(dossier)]


def _list_entries(dossier: Dossier, language: Language) -> list[MenuEntry]:
    lists = [list_id for list_id in lists_without_topic(dossier) if list_id != HELP]
    return [MenuEntry(list_id, phrases_in(language).say(TITLES[list_id][1])) for list_id in lists]


def _programs(dossier: Dossier, page: int, language: Language) -> Listing:
    texts = DossierTexts(dossier, language)
    buttons = numbered([texts.topic_button(topic, choice=True) for topic in dossier.programs], language)
    if not buttons:
        return Listing((Paragraph((Span(phrases_in(language).say("No programmes here.")),)),), ())
    return Listing((Items(tuple((Span(button.label),) for button in buttons), ordered=True),), buttons)


def _news(dossier: Dossier, page: int, language: Language) -> Listing:
    texts = DossierTexts(dossier, language)
    items, to_pages = _paged(list(dossier.bulletins.values()), page, NEWS, language)
    if not items:
        return Listing((Paragraph((Span(phrases_in(language).say("No bulletins yet.")),)),), ())
    lines = tuple(_bulletin_line(bulletin, texts) for bulletin in items)
    buttons = [Button(texts.title(bulletin, short=True), AboutBulletin(bulletin.id), choice=True) for bulletin in items]
    return Listing((Items(lines, ordered=True),), (*numbered(buttons, language), *to_pages))


def numbered(buttons: Sequence[Button], language: Language) -> tuple[Button, ...]:
    """The buttons of an ordered list, each with its number as the short label."""
    return tuple(replace(button, short=number(position, language)) for position, button in enumerate(buttons, start=1))


def _bulletin_line(bulletin: Bulletin, texts: DossierTexts) -> tuple[Span, ...]:
    """A bulletin's day, the emoji of its first topic, and its title, a link to its first source."""
    when = short_day(bulletin.date, texts.language)
    about = next((texts.dossier.topics[name].emoji for name in bulletin.topics), "·")
    sources = texts.sources(bulletin.sources, (), texts.of(bulletin).blocks(bulletin.body[texts.language]))
    address = sources[0].url if sources else None
    return Span(when, bold=True), Span(f" {about} "), Span(texts.title(bulletin), url=address)


def _sources(dossier: Dossier, page: int, language: Language) -> Listing:
    texts = DossierTexts(dossier, language)
    items, to_pages = _paged(list(dossier.sources), page, SOURCES, language)
    if not items:
        return Listing((Paragraph((Span(phrases_in(language).say("No sources yet.")),)),), ())
    lines = []
    for name in items:
        source = texts.source(name)
        when = f", {short_day(source.published, language)}" if source.published else ""
        title = f" — {source.title}" if source.title else ""
        lines.append((Span(source.publisher, url=source.url), Span(f"{title}{when}")))
    return Listing((Items(tuple(lines)),), to_pages)


def _help(dossier: Dossier, page: int, language: Language) -> Listing:
    entries = topic_entries(dossier, language, programs=False)
    items, to_pages = _paged(entries, page, HELP, language, per_page=COMMANDS_PER_PAGE)
    texts = DossierTexts(dossier, language)
    of_topics = [(each.command, dossier.topics[each.topic]) for each in items if each.topic]
    titles = [(command, texts.line(topic.title[language])) for command, topic in of_topics]
    topics = tuple((Span(f"/{command}"), Span(f" · {title}")) for command, title in titles)
    of_bot = (*_list_entries(dossier, language), *bot_entries(dossier, language))
    own = tuple((Span(f"/{each.command}"), Span(f" · {each.summary}")) for each in of_bot)
    return Listing((Items(topics), Items(own)) if page == 1 else (Items(topics),), to_pages)


_LISTINGS: dict[TopicId, Callable[[Dossier, int, Language], Listing]] = {
    PROGRAMS: _programs,
    NEWS: _news,
    SOURCES: _sources,
    HELP: _help,
}


def _paged(
    items: Sequence[Item], page: int, list_id: TopicId, language: Language, per_page: int = PER_PAGE
) -> tuple[Sequence[Item], tuple[Button, ...]]:
    """The items of a page (the last page if there are fewer) and the buttons to the previous and next page."""
    shown, page, pages = page_of(items, page, per_page)
    phrases = phrases_in(language)
    to_pages = []
    if page > 1:
        to_pages.append(
            Button(phrases.say("◀️ Newer") if list_id == NEWS else phrases.say("◀️ Back"), AboutTopic(list_id, page - 1))
        )
    if page < pages:
        label = phrases.say("Older ▶️") if list_id == NEWS else phrases.say("More ▶️")
        to_pages.append(
            Button(f"{label} {number(page + 1, language)}/{number(pages, language)}", AboutTopic(list_id, page + 1))
        )
    return shown, tuple(to_pages)


def page_of(items: Sequence[Item], number: int, size: int) -> tuple[Sequence[Item], int, int]:
    """The items of a page, its number, and the number of pages. A page that does not exist is the nearest one that does."""
    pages = max(1, -(-len(items) // size))
    number = min(max(1, number), pages)
    return items[(number - 1) * size : number * size], number, pages
