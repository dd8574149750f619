"""Questions in people's own words → the replies that editors wrote for them. PURE.

Nothing is made up: matching only chooses. How it chooses is in :mod:`.deciding`; how a message is read in :mod:`.reading`.
"""

from dataclasses import replace
from datetime import date
from typing import assert_never

from bot.answers.deciding import decide
from bot.answers.declines import cannot_tell, did_you_mean
from bot.answers.reply import Reply
from bot.answers.smalltalk import small_talk
from bot.answers.topics import topic_reply
from bot.answers.understanding import understanding
from bot.dossier.model import Dossier, Language, TopicId
from bot.dossier.text import Paragraph, Span

_MAX_BUTTONS = 6


def reply_in_words(dossier: Dossier, text: str, language: Language, today: date) -> Reply:
    """The reply to a question in somebody's own words, in the language it is asked in.

    ``language`` is what the asker reads: it decides where the words themselves do not. The reply's ``topic`` is None where
    it answers none; ``suggestions`` then holds the topics offered. Of two topics asked about at once, the second stands in
    ``suggestions``.
    """
    verdict = decide(understanding(dossier), text, language)
    match verdict.kind:
        case "answer":
            return topic_reply(dossier, verdict.topics[0], 1, verdict.language, today)
        case "both":
            return _both(dossier, verdict.topics, verdict.language, today)
        case "unsure":
            return did_you_mean(dossier, verdict.topics, verdict.language)
        case "decline":
            return cannot_tell(dossier, verdict.topics, verdict.language)
        case "talk":
            return small_talk(dossier, verdict.talk, verdict.language)
        case _:
            assert_never(verdict.kind)


def _both(dossier: Dossier, topics: tuple[TopicId, ...], language: Language, today: date) -> Reply:
    """One reply for two topics: what each says, what both rest on."""
    first, second = (topic_reply(dossier, topic, 1, language, today) for topic in topics)
    heading = Paragraph((Span(second.heading, bold=True),))
    stated = [each for each in (first, second) if each.as_of]
    oldest = min(stated, key=lambda each: each.as_of or today, default=first)
    return replace(
        first,
        blocks=(*first.blocks, heading, *second.blocks),
        sources=tuple(dict.fromkeys((*first.sources, *second.sources))),
        as_of=oldest.as_of,
        as_of_label=oldest.as_of_label,
        buttons=tuple(dict.fromkeys((*first.buttons, *second.buttons)))[:_MAX_BUTTONS],
        suggestions=(second.topic,) if second.topic else (),
    )
