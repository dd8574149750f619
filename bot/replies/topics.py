"""Replies about a topic or a bulletin. PURE."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

from bot.dossier.markdown import Items, Paragraph, Span, plain
from bot.dossier.models import Between, Bulletin, DayFact, Dossier, FactId, Language, Topic, TopicId
from bot.matching.tokenizer import words_of
from bot.replies.bulletins import LabelledBulletin, bulletin_text, single_reply
from bot.replies.citations import cited_in, with_citations
from bot.replies.dossier_texts import DossierTexts, beginning, caveat_of, facts_in
from bot.replies.fallbacks import did_you_mean, help_button, quoted_words
from bot.replies.formatting import percent, short_day
from bot.replies.i18n import phrases_in
from bot.replies.listings import TITLES, Listing, listing, numbered
from bot.replies.question import NEWS, PROGRAMS, AboutBulletin, AboutTopic, ShowPicture, Whole
from bot.replies.reply import Block, Button, Note, ProgressBar, Reply, distinct, lines_of

_NO_LISTING = Listing((), ())

MAX_BULLETIN_TOPICS = 2
"""The most topics of a bulletin that get a button."""

SHORT_ITEMS, SHORT_SOURCES, SHORT_CHOICES = 3, 3, 8
"""The most entries of a list in a short form, the most sources if its sentence cites none, and the numbers that fit into a row."""

MAX_LACKING = 2
"""The most words of a question that are named as not mentioned; in a right text they are often only synonyms."""


def topic_reply(dossier: Dossier, topic_id: TopicId, page: int, language: Language, today: date) -> Reply:
    """The reply about a topic, with its list if it has one. ``page``: the page of the list, from 1.

    Raises:
        KeyError: the dossier has no such topic, and the bot has no list of that name.
    """
    topic = dossier.topic_named(topic_id)
    page_of_list = listing(dossier, topic.id if topic else topic_id, page, language) or _NO_LISTING
    if topic is not None:
        return _topic_reply(dossier, topic, page_of_list, page, language, today)
    emoji, title = TITLES[topic_id]
    blocks, buttons = page_of_list.blocks, page_of_list.buttons
    return Reply(topic_id, language, phrases_in(language).say(title), emoji, blocks, buttons=buttons)


def _topic_reply(
    dossier: Dossier, topic: Topic, page_of_list: Listing, page: int, language: Language, today: date
) -> Reply:
    texts = DossierTexts(dossier, language)
    facts = facts_in(dossier, topic.body[language])
    text = texts.blocks(topic.body[language])
    bar = progress_bar(dossier, topic.progress, today, language) if topic.progress else None
    body = (*text[:1], bar, *text[1:]) if bar else text
    notes = texts.notes(facts if topic.notes is None else topic.notes)
    blocks = (*body, *page_of_list.blocks, *notes) if page == 1 else page_of_list.blocks
    sources = texts.sources(topic.sources, facts, blocks)
    as_of = texts.as_of(facts) if sources or facts else None
    lists = [block for block in page_of_list.blocks[:1] if isinstance(block, Items)]
    listed = [replace(block, items=block.items[:SHORT_ITEMS]) for block in lists]
    reply = Reply(
        topic.id,
        language,
        texts.line(topic.title[language]),
        topic.emoji,
        blocks,
        sources,
        as_of,
        texts.as_of_label(as_of),
        distinct(*page_of_list.buttons, *_related(texts, topic), *_picture_button(topic, language)),
        picture=topic.picture,
        short=(*_opening(texts, topic)[0], *listed) if page == 1 else None,
        more=AboutTopic(topic.id),
    )
    return with_citations(reply)


def _opening(texts: DossierTexts, topic: Topic) -> tuple[tuple[Block, ...], list[FactId]]:
    """The first sentence of a topic with the doubts about its figures, and the facts of its paragraph."""
    body = topic.body[texts.language]
    first = next((block for block in texts.blocks(body) if isinstance(block, Paragraph)), None)
    sentence = beginning(first.spans) if first else (Span(texts.line(topic.summary[texts.language])),)
    facts = facts_in(texts.dossier, body.strip().partition("\n\n")[0])
    doubtful = [name for name in facts if topic.notes is None or name in topic.notes]
    return (Paragraph(sentence), *texts.notes(doubtful)), facts


@lru_cache(maxsize=512)
def short_form(reply: Reply) -> Reply:
    """The reply for a group, in one row of buttons.

    An answer is its short blocks, the sources that they cite, and a button for the whole. Several buttons of another reply become numbers of a list.
    """
    if reply.short is None or reply.more is None:
        asked = [button for button in reply.buttons if button.question is not None][:SHORT_CHOICES]
        if len(reply.buttons) < 2 or any(button.choice for button in asked) or reply.picture_topic:
            return reply
        listed = Items(tuple((Span(button.label),) for button in asked), ordered=True)
        numbers = numbered([replace(button, choice=True) for button in asked], reply.language)
        return replace(reply, blocks=(*reply.blocks, listed), buttons=numbers)
    cited = {*reply.title_sources, *cited_in(reply.short)}
    sources = [source for source in reply.sources if source.id in cited] or reply.sources[:SHORT_SOURCES]
    more = Button(phrases_in(reply.language).say("More"), Whole(reply.more, reply.language))
    return with_citations(replace(reply, blocks=reply.short, sources=tuple(sources), buttons=(more,), short=None))


def nearest_reply(
    dossier: Dossier, near: tuple[TopicId, ...], unknown: tuple[str, ...], language: Language, today: date
) -> Reply:
    """The first sentence of the likeliest topic, which is no answer, and buttons for all that are likely.

    ``near``: the likely topics, the likeliest first. ``unknown``: words of the question that it does not explain, the important ones first. Those
    that its text has nowhere are named.
    """
    topic, texts, say = dossier.topics[near[0]], DossierTexts(dossier, language), phrases_in(language).say
    whole = topic_reply(dossier, topic.id, 1, language, today)
    opening, facts = _opening(texts, topic)
    blocks: tuple[Block, ...] = (Paragraph((Span(whole.heading, bold=True),)), *opening)
    written = _letters("\n".join((whole.title, *map(plain, lines_of(whole.blocks)))))
    lacking = [word for word in unknown if _letters(word) not in written][:MAX_LACKING]
    says_lacking = say("It does not mention {words}.", words=quoted_words(lacking, language))
    as_of = texts.as_of(facts) if facts else None
    reply = replace(
        did_you_mean(dossier, near, language),
        title=say("This is the nearest I have"),
        blocks=(*([Paragraph((Span(says_lacking),))] if lacking else []), *blocks),
        sources=texts.sources(() if cited_in(blocks) else topic.sources, facts, blocks),
        as_of=as_of,
        as_of_label=texts.as_of_label(as_of),
        nearest=topic.id,
    )
    return with_citations(reply)


def _letters(text: str) -> str:
    """The words of a text without what stands between them: "Wi-Fi" mentions "wifi"."""
    return "".join(words_of(text))


def picture_reply(dossier: Dossier, topic_id: TopicId, language: Language, today: date) -> Reply:
    """A topic's picture with its caveat and the beginning of its text; the whole text if it has no picture."""
    whole = topic_reply(dossier, topic_id, 1, language, today)
    topic = dossier.topic_named(topic_id)
    if topic is None or not topic.picture:
        return whole
    topic_id = topic.id
    length = 2 if any(isinstance(block, ProgressBar) for block in whole.blocks[:2]) else 1
    to_text = Button(phrases_in(language).say("◀️ In words"), AboutTopic(topic_id))
    buttons = distinct(to_text, *_related(DossierTexts(dossier, language), topic))
    caveat = caveat_of(dossier, topic, language)
    blocks = (*whole.blocks[:length], *([Note((Span(caveat),))] if caveat else []))
    beginning = replace(whole, blocks=blocks, buttons=buttons, picture=None, picture_topic=topic_id)
    return with_citations(beginning)


def bulletin_reply(dossier: Dossier, bulletin: Bulletin, language: Language) -> Reply:
    """A bulletin of the dossier, with buttons for its topics and for all news; of a withdrawn one, when and why it was withdrawn."""
    texts = DossierTexts(dossier, language)
    if bulletin.withdrawn is not None:
        phrases = phrases_in(language)
        withdrawn = phrases.day(bulletin.withdrawn.date)
        opening = phrases.say("This is a bulletin of Nota’s. It was withdrawn on {day}.", day=withdrawn)
        blocks = (Paragraph((Span(opening),)), *texts.reason(bulletin.withdrawn))
        return Reply(None, language, texts.title(bulletin), "🚫", blocks, buttons=(help_button(dossier, language),))
    topics = [dossier.topics[name] for name in bulletin.topics]
    to_topics = [texts.topic_button(topic) for topic in topics[:MAX_BULLETIN_TOPICS]]
    pictured = [topic for topic in topics if topic.picture == bulletin.picture]
    to_pictures = [button for topic in pictured for button in _picture_button(topic, language)]
    to_news = Button(phrases_in(language).say("◀️ All bulletins"), AboutTopic(NEWS))
    others = [button for button in distinct(*to_topics, *to_pictures[:1]) if button.question != to_news.question]
    text = bulletin_text(dossier, bulletin, language)
    last = text.corrections[-1][0] if text.corrections else None
    reply = single_reply(LabelledBulletin(text, "corrected" if last else "none", last), language)
    sentences = [Paragraph(beginning(block.spans)) for block in text.blocks if isinstance(block, Paragraph)]
    notes = [block for block in reply.blocks if isinstance(block, Note)]
    return replace(
        reply,
        buttons=(*others, to_news),
        short=(*reply.blocks[:1], *sentences[:1], *notes),
        more=AboutBulletin(bulletin.id),
    )


def _related(texts: DossierTexts, topic: Topic) -> tuple[Button, ...]:
    """The buttons for the related topics, the list of programmes last. A programme has a button back to that list."""
    topics = texts.dossier.topics
    related = [name for name in topic.related if name in topics and name != topic.id]
    buttons = [texts.topic_button(topics[name]) for name in related if name != PROGRAMS]
    if topic.is_program:
        buttons.append(Button(phrases_in(texts.language).say("◀️ All programmes"), AboutTopic(PROGRAMS)))
    elif PROGRAMS in related:
        buttons.append(texts.topic_button(topics[PROGRAMS]))
    return tuple(buttons)


def _picture_button(topic: Topic, language: Language) -> tuple[Button, ...]:
    return (Button(phrases_in(language).say("📊 Chart"), ShowPicture(topic.id)),) if topic.picture else ()


def progress_bar(dossier: Dossier, between: Between, today: date, language: Language) -> ProgressBar | None:
    """The share of the time between two date facts that has passed; None if one of them has no value."""
    start, end = dossier.facts[between.from_], dossier.facts[between.to]
    if not (isinstance(start, DayFact) and isinstance(end, DayFact) and start.value and end.value):
        return None
    length = (end.value - start.value).days
    passed = (today - start.value).days
    fraction = min(1.0, max(0.0, passed / length)) if length > 0 else float(passed >= 0)
    return ProgressBar(fraction, _progress_label(fraction, passed, length - passed, today, language))


def _progress_label(fraction: float, passed: int, left: int, today: date, language: Language) -> str:
    phrases = phrases_in(language)
    if passed < 0:
        return phrases.count("starts in {n} day", "starts in {n} days", -passed)
    if left <= 0:
        return phrases.count("ended {n} day ago", "ended {n} days ago", -left) if left else phrases.say("ends today")
    share = min(99, round(fraction * 100))  # 100 only when it is over
    days = phrases.count("{n} day left", "{n} days left", left)
    # a message is read, forwarded and quoted on other days than this
    as_of = phrases.say("as of {day}", day=short_day(today, language))
    return f"{phrases.say('{share} of the term has passed', share=percent(share, language))} · {days} · {as_of}"
