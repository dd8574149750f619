"""Replies about a topic or a bulletin. PURE."""

from dataclasses import replace
from datetime import date

from bot.dossier.models import Between, Bulletin, DayFact, Dossier, Language, Topic, TopicId
from bot.replies.bulletins import LabelledBulletin, bulletin_text, single_reply
from bot.replies.composer import Composer, facts_in, with_progress_bar
from bot.replies.formatting import percent
from bot.replies.i18n import phrases_in
from bot.replies.listings import TITLES, Listing, listing
from bot.replies.question import NEWS, PROGRAMS, AboutTopic, ShowPicture
from bot.replies.reply import Button, ProgressBar, Reply, distinct


def meter(dossier: Dossier, between: Between, today: date, language: Language) -> ProgressBar | None:
    """The bar from one date fact to another with today on it; None where either has no value."""
    start, end = dossier.facts[between.from_], dossier.facts[between.to]
    if not (isinstance(start, DayFact) and isinstance(end, DayFact) and start.value and end.value):
        return None
    length = (end.value - start.value).days
    passed = (today - start.value).days
    fraction = min(1.0, max(0.0, passed / length)) if length > 0 else float(passed >= 0)
    return ProgressBar(fraction, _label(fraction, passed, length - passed, language))


def _label(fraction: float, passed: int, left: int, language: Language) -> str:
    phrases = phrases_in(language)
    if passed < 0:
        return phrases.count("starts in {n} day", "starts in {n} days", -passed)
    if left <= 0:
        return phrases.count("ended {n} day ago", "ended {n} days ago", -left) if left else phrases.say("ends today")
    days = phrases.count("{n} day left", "{n} days left", left)
    return f"{phrases.say('{share} of the term has passed', share=percent(_share(fraction), language))} · {days}"


def _share(fraction: float) -> int:
    """Whole percent; 100 only when it is all over."""
    return min(99, round(fraction * 100))


_NOTHING = Listing((), ())


def topic_reply(dossier: Dossier, name: TopicId, page: int, language: Language, today: date) -> Reply:
    """The reply about a topic, or of a list's role; ``page`` counts from 1.

    Raises:
        KeyError: the dossier has no such topic and it is no role.
    """
    lists = listing(dossier, name, page, language) or _NOTHING
    topic = dossier.topics.get(name)
    if topic is not None:
        return _of_topic(dossier, topic, lists, page, language, today)
    emoji, title = TITLES[name]
    return Reply(name, language, phrases_in(language).say(title), emoji, lists.blocks, buttons=lists.buttons)


def _of_topic(dossier: Dossier, topic: Topic, lists: Listing, page: int, language: Language, today: date) -> Reply:
    composer = Composer(dossier, language)
    facts = facts_in(dossier, topic.body[language])
    bar = meter(dossier, topic.progress, today, language) if topic.progress else None
    body = with_progress_bar(composer.blocks(topic.body[language]), bar)
    notes = composer.notes(facts if topic.notes is None else topic.notes)
    sources = composer.sources(topic.sources, facts)
    as_of = composer.as_of(facts)
    stated = bool(sources or facts)
    return Reply(
        topic.id,
        language,
        composer.line(topic.title[language]),
        topic.emoji,
        (*body, *lists.blocks, *notes) if page == 1 else lists.blocks,
        sources,
        as_of if stated else None,
        composer.as_of_label(as_of) if stated else "",
        distinct(*lists.buttons, *_ways(composer, topic), *_to_picture(topic, language)),
        picture=topic.picture,
    )


def _ways(composer: Composer, topic: Topic) -> tuple[Button, ...]:
    """The ways on: related topics, and from a programme back to all of them."""
    topics = composer.dossier.topics
    others = (name for name in topic.related if name in topics and name not in (PROGRAMS, topic.id))
    related = [composer.topic_button(topics[name]) for name in others]
    if topic.is_program:
        return (*related, Button(phrases_in(composer.language).say("◀️ All programmes"), AboutTopic(PROGRAMS)))
    if PROGRAMS in topic.related and PROGRAMS in topics and topic.id != PROGRAMS:
        related.append(composer.topic_button(topics[PROGRAMS]))
    return tuple(related)


def _to_picture(topic: Topic, language: Language) -> tuple[Button, ...]:
    return (Button(phrases_in(language).say("📊 Show"), ShowPicture(topic.id)),) if topic.picture else ()


def picture_reply(dossier: Dossier, name: TopicId, language: Language, today: date) -> Reply:
    """A topic's picture with the beginning of its reply, and the way to the whole; that, where it has no picture."""
    whole = topic_reply(dossier, name, 1, language, today)
    topic = dossier.topics.get(name)
    if topic is None or not topic.picture:
        return whole
    lead = 2 if any(isinstance(block, ProgressBar) for block in whole.blocks[:2]) else 1
    back = Button(phrases_in(language).say("◀️ In words"), AboutTopic(name))
    ways = _ways(Composer(dossier, language), topic)
    return replace(whole, blocks=whole.blocks[:lead], buttons=distinct(back, *ways), picture=None, shows=name)


def bulletin_reply(dossier: Dossier, bulletin: Bulletin, language: Language) -> Reply:
    """The reply that shows a bulletin."""
    article = bulletin_text(dossier, bulletin, language)
    composer = Composer(dossier, language)
    about = [dossier.topics[name] for name in bulletin.topics]
    ways = [composer.topic_button(topic) for topic in about[:2]]
    ways += [button for topic in about if topic.picture == bulletin.picture for button in _to_picture(topic, language)][
        :1
    ]
    buttons = distinct(Button(phrases_in(language).say("◀️ All news"), AboutTopic(NEWS)), *ways)
    buttons = (*buttons[1:], buttons[0])
    return replace(single_reply(LabelledBulletin(article), language), buttons=buttons)
