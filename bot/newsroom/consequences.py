"""What an edit changes for readers: what differs between the dossier without it and the dossier with it. PURE.

Everything is rendered with both and compared: no rule says which entry shows where, so nothing can be forgotten by one.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import chain
from typing import Any, Literal, Protocol, TypeVar

from bot.claims.check import Checker, ClaimCheck
from bot.claims.declared_check import with_value
from bot.dossier.entry_fields import topic_key
from bot.dossier.loader import with_present_ids
from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.matching.decision import Matcher
from bot.newsroom.ledger_diff import BulletinChange, bulletin_changes, topic_moves
from bot.pictures.picture import Picture, draw
from bot.replies.answer import answer, asks_alike, checker_for, matcher_for, texts_of
from bot.replies.bulletins import TITLE_CARD
from bot.replies.claims import ClaimTopics, claim_reply, claim_words
from bot.replies.dossier_texts import DossierTexts
from bot.replies.listings import TITLES, bot_entries, lists_without_topic, topic_entries
from bot.replies.listings import listing as page_of_list
from bot.replies.question import AboutBulletin, AboutTopic, CheckText, Command, Question, ShowPicture
from bot.replies.reply import Reply, Verdict
from bot.replies.word_diff import Words, marked
from bot.schedule import local_time


class Renderer(Protocol):
    """How a platform shows a reply."""

    @property
    def payload(self) -> Callable[[Reply], dict[str, Any]]:
        """Renders a reply as what is sent."""

    @property
    def words(self) -> Callable[[Mapping[str, Any]], str]:
        """What of it a reader reads: texts and labels of buttons."""


State = Literal["changed", "new", "gone"]

MENU, PAGE = "menu", "page"
"""Subjects beside replies: the menu of commands, and what the page alone shows of the header."""


@dataclass(frozen=True, slots=True)
class ChangedReply:
    """A reply that reads otherwise, is new, or is gone.

    Attributes:
        subject: the key of the entry that it shows, as ``topics/price``; behind ``#`` the page of a list, or ``chart``. A list without
            a topic is ``lists/sources``. ``start`` is the welcome. Of a fact or a claim it is the answer to whoever states it.
        platforms: those on which the same words change; () for :data:`MENU` and :data:`PAGE`.
        words: both texts in one, as on the first of these platforms. If only addresses or colours differ, the fields of the messages.
    """

    subject: str
    language: Language
    platforms: tuple[str, ...]
    state: State
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class ChangedPicture:
    """A topic's chart, or the title card of a bulletin, that is drawn otherwise; None: there is none."""

    subject: str
    language: Language
    before: Picture | None
    after: Picture | None


@dataclass(frozen=True, slots=True)
class ChangedExample:
    """An example question that finds another topic: the topics that answer it, one or two; () if none is certain.

    ``is_new``: it is no example without the edit.
    """

    question: str
    language: Language
    before: tuple[TopicId, ...]
    after: tuple[TopicId, ...]
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ChangedVerdict:
    """A declared sentence that gets another verdict; None: nothing decides on it.

    Attributes:
        subject: the key of the fact or claim that declares it.
    """

    subject: str
    sentence: str
    language: Language
    before: Verdict | None
    after: Verdict | None


@dataclass(frozen=True, slots=True)
class Consequences:
    """What differs between two dossiers. Empty if an edit changes nothing that anybody sees."""

    replies: tuple[ChangedReply, ...] = ()
    pictures: tuple[ChangedPicture, ...] = ()
    examples: tuple[ChangedExample, ...] = ()
    verdicts: tuple[ChangedVerdict, ...] = ()
    bulletins: tuple[BulletinChange, ...] = ()

    def __bool__(self) -> bool:
        return any((self.replies, self.pictures, self.examples, self.verdicts, self.bulletins))


Report = Callable[[float], None]
"""Called with the share that is done. An exception from it ends the work."""

_REPORT_EVERY = 50


def consequences(
    before: Dossier,
    after: Dossier,
    renderers: Mapping[str, Renderer],
    moment: datetime,
    report: Report = lambda _share: None,
    known: "Known | None" = None,
) -> Consequences:
    """What readers see otherwise with ``after`` than with ``before``. Takes seconds of a processor: call it in a thread.

    Args:
        before: the dossier without the edit.
        after: the dossier with it.
        renderers: the platforms, by name.
        moment: for which replies hold; of bulletins under embargo only :attr:`Consequences.bulletins` tells.
        report: hears how far it is.
        known: what these dossiers answered in former comparisons, by their :attr:`~bot.dossier.models.Dossier.version`. No other
            comparison uses it meanwhile.
    """
    before, is_renamed = with_ids_of(before, after)
    old = (_Asked.once if is_renamed else _Asked.of)(before.published(moment), moment, known or Known())
    new = old.beside(after.published(moment), moment, known or Known(), report)
    bulletins = tuple(bulletin_changes(before, after))
    replies = tuple(_replies(old, new, renderers, partial(_part, report, 0.4, 0.5)))
    pictures = tuple(_pictures(old, new))
    if new.matcher is old.matcher:
        return Consequences(replies, pictures, bulletins=bulletins)
    examples = tuple(_examples(old, new, partial(_part, report, 0.5, 0.65)))
    verdicts = tuple(_verdicts(old, new, partial(_part, report, 0.65, 1.0)))
    return Consequences(replies, pictures, examples, verdicts, bulletins)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a dossier has answered so far.

    Attributes:
        checks, topics: by language and sentence.
        replies, pictures: by language and subject.
    """

    checks: dict[tuple[Language, str], ClaimCheck] = field(default_factory=dict)
    topics: dict[tuple[Language, str], tuple[TopicId, ...]] = field(default_factory=dict)
    replies: dict[tuple[Language, str], Reply] = field(default_factory=dict)
    pictures: dict[tuple[Language, str], Picture | None] = field(default_factory=dict)


class Known:
    """The answers of the last two dossiers that were compared: the one in force, and the one that a change may put in force next."""

    def __init__(self) -> None:
        self._kept: OrderedDict[object, Answers] = OrderedDict()

    def of(self, dossier: Dossier, day: date, alike: Answers | None = None) -> Answers:
        """The answers of a dossier on a day. ``alike``: of one that finds the same topics and verdicts."""
        key = (dossier.version, tuple(dossier.bulletins), day)
        if key not in self._kept:
            self._kept[key] = Answers(alike.checks, alike.topics) if alike else Answers()
        self._kept.move_to_end(key)
        while len(self._kept) > 2:
            self._kept.popitem(last=False)
        return self._kept[key]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A dossier with what answers questions about it, and what it has answered."""

    dossier: Dossier
    matcher: Matcher
    checker: Checker
    day: date
    known: Answers

    @classmethod
    def of(cls, dossier: Dossier, moment: datetime, known: Known) -> "_Asked":
        day = _day(dossier, moment)
        return cls(dossier, matcher_for(dossier), checker_for(dossier), day, known.of(dossier, day))

    @classmethod
    def once(cls, dossier: Dossier, moment: datetime, _known: Known) -> "_Asked":
        """A dossier that is asked in this comparison alone, as one with other ids of topics."""
        matcher = Matcher(texts_of(dossier))
        return cls(dossier, matcher, Checker(dossier), _day(dossier, moment), Answers())

    def beside(self, dossier: Dossier, moment: datetime, known: Known, report: Report) -> "_Asked":
        """Another dossier, whose matcher and checker take nobody's place among those that are kept for readers."""
        day = _day(dossier, moment)
        if asks_alike(self.dossier, dossier):
            return _Asked(dossier, self.matcher, self.checker, day, known.of(dossier, day, self.known))
        report(0.05)
        matcher = Matcher(texts_of(dossier))
        report(0.25)
        return _Asked(dossier, matcher, Checker(dossier), day, known.of(dossier, day))

    def speaks(self, language: Language) -> bool:
        return language in self.dossier.languages

    def check(self, sentence: str, language: Language) -> ClaimCheck:
        return _kept(self.known.checks, (language, sentence), lambda: self.checker.check(sentence, language))

    def found(self, question: str, language: Language) -> tuple[TopicId, ...]:
        """The topics that answer an example."""
        return _kept(self.known.topics, (language, question), lambda: self.matcher.found(question, language))

    def reply(self, subject: str, question: Question, language: Language) -> Reply:
        """The reply; of a claim the verdicts alone, without the card of its topic below, which is a reply of its own."""
        asked = partial(reply_to, question, self.dossier, language, self.day, self.check)
        return _kept(self.known.replies, (language, subject), asked)

    def picture(self, subject: str, question: AboutTopic | AboutBulletin, language: Language) -> Picture | None:
        return _kept(self.known.pictures, (language, subject), lambda: draw(self.dossier, question, language, self.day))


_Value = TypeVar("_Value")


def _kept(answers: dict[tuple[Language, str], _Value], key: tuple[Language, str], make: Callable[[], _Value]) -> _Value:
    if key not in answers:
        answers[key] = make()
    return answers[key]


def reply_to(
    question: Question,
    dossier: Dossier,
    language: Language,
    day: date,
    check: Callable[[str, Language], ClaimCheck] | None,
) -> Reply:
    """The reply to a question; to a claim the verdicts alone, by ``check``."""
    if isinstance(question, CheckText) and check is not None:
        checked = check(question.text, language)
        return claim_reply(dossier, checked, (), ClaimTopics((), is_sure=False), language, day)
    return answer(dossier, question, language, day)


def with_ids_of(before: Dossier, after: Dossier) -> tuple[Dossier, bool]:
    """A dossier in which topics that were renamed have their ids of another one, and whether there are any.

    For readers they are the same topics: old buttons and links lead to them. Only a command that was made of the id is another one.
    """
    known = {str(former): str(topic) for former, topic in before.former_ids.items()}
    moves, renamed = topic_moves(known, after.topics, after.former_ids), dict[TopicId, Topic]()
    for name, topic in before.topics.items():
        present = [TopicId(each) for each in moves.get(name, ())]
        if len(present) == 1 and present[0] not in before.topics and present[0] not in renamed:
            was = [name, *(each for each in topic.was if each != present[0])]
            values = {"id": present[0], "command": topic.command_word, "was": was}
            renamed[present[0]] = topic.model_copy(update=values)
        else:
            renamed[name] = topic
    if renamed.keys() == before.topics.keys():
        return before, False
    return with_present_ids(replace(before, topics=renamed)), True


def _day(dossier: Dossier, moment: datetime) -> date:
    return local_time(moment.timestamp(), dossier.header.zone).date()


def _part(report: Report, start: float, end: float, share: float) -> None:
    report(start + (end - start) * share)


_Thing = TypeVar("_Thing")


def _reporting(things: Iterable[_Thing], report: Report) -> Iterator[_Thing]:
    listed = list(things)
    for number, each in enumerate(listed):
        if number % _REPORT_EVERY == 0:
            report(number / len(listed))
        yield each


# ---- Replies


def every_question(dossier: Dossier, language: Language) -> dict[str, Question]:
    """Subject → the question that gets the reply: all replies that are made of the dossier, but for readers' own words."""
    found: dict[str, Question] = {"start": Command("start")}
    for topic in dossier.topics.values():
        key = topic_key(topic.id)
        found |= {f"{key}{page}": AboutTopic(topic.id, number) for page, number in _pages(dossier, topic.id, language)}
        if topic.picture:
            found[f"{key}#chart"] = ShowPicture(topic.id)
    for name in lists_without_topic(dossier):
        found |= {f"lists/{name}{page}": AboutTopic(name, number) for page, number in _pages(dossier, name, language)}
    found |= {f"bulletins/{name}": AboutBulletin(name) for name in dossier.bulletins}
    for claim in dossier.claims.values():
        if any(claim.says.values()):
            found[f"claims/{claim.id}"] = CheckText(claim_words(dossier, claim, language))
    for fact, sentences in _stated(dossier, language):
        found[f"facts/{fact}"] = CheckText(sentences[0])
    return found


def _pages(dossier: Dossier, name: TopicId, language: Language) -> Iterator[tuple[str, int]]:
    """The pages of a topic, which has several if it is a list."""
    yield "", 1
    page = 1
    while name in TITLES:
        shown = page_of_list(dossier, name, page, language)
        page += 1
        if shown is None or all(button.question != AboutTopic(name, page) for button in shown.buttons):
            return
        yield f"#{page}", page


def _replies(old: _Asked, new: _Asked, renderers: Mapping[str, Renderer], report: Report) -> Iterator[ChangedReply]:
    for language in dict.fromkeys([*new.dossier.languages, *old.dossier.languages]):
        asked = [every_question(each.dossier, language) if each.speaks(language) else {} for each in (old, new)]
        for subject in _reporting(dict.fromkeys(chain(*reversed(asked))), report):
            before, after = (
                each.reply(subject, questions[subject], language) if subject in questions else None
                for each, questions in zip((old, new), asked, strict=True)
            )
            if before != after:
                yield from _changed(subject, language, before, after, renderers)
        for subject, shown in ((MENU, _menu), (PAGE, _page)):
            texts = [shown(each.dossier, language) if each.speaks(language) else "" for each in (old, new)]
            if texts[0] != texts[1]:
                state: State = "changed" if all(texts) else "new" if texts[1] else "gone"
                yield ChangedReply(subject, language, (), state, marked(*texts))


def _changed(
    subject: str, language: Language, before: Reply | None, after: Reply | None, renderers: Mapping[str, Renderer]
) -> Iterator[ChangedReply]:
    """The change on each platform on which there is one; those with the same words together."""
    state: State = "new" if before is None else "gone" if after is None else "changed"
    found: dict[tuple[Words, ...], tuple[tuple[Words, ...], list[str]]] = {}
    for name, renderer in renderers.items():
        payloads = [renderer.payload(reply) if reply else {} for reply in (before, after)]
        if payloads[0] == payloads[1]:
            continue
        texts = [renderer.words(payload) if payload else "" for payload in payloads]
        if texts[0] == texts[1]:
            texts = ["\n".join(_flat(payload)) for payload in payloads]
        words = marked(*texts)
        found.setdefault(tuple(each for each in words if each.mark != "same"), (words, []))[1].append(name)
    for words, platforms in found.values():
        yield ChangedReply(subject, language, tuple(platforms), state, words)


def _flat(value: Any, place: str = "") -> Iterator[str]:
    """The fields of a payload, one a line."""
    match value:
        case Mapping():
            for key, each in value.items():
                yield from _flat(each, f"{place}.{key}" if place else str(key))
        case list() | tuple():
            for number, each in enumerate(value):
                yield from _flat(each, f"{place}.{number}")
        case _:
            yield f"{place}: {value}"


def _menu(dossier: Dossier, language: Language) -> str:
    entries = (*topic_entries(dossier, language), *bot_entries(dossier, language))
    return "\n".join(f"/{entry.command} {entry.summary}" for entry in entries)


def _page(dossier: Dossier, language: Language) -> str:
    header, texts = dossier.header, DossierTexts(dossier, language)
    named = (header.title, header.about, header.licence)
    lines = [texts.line(each[language]) for each in named if each and language in each]
    return "\n".join([*lines, *filter(None, (header.contact, header.colour))])


# ---- Pictures


def _pictures(old: _Asked, new: _Asked) -> Iterator[ChangedPicture]:
    asked = [_drawn(each.dossier) for each in (old, new)]
    for subject in dict.fromkeys(chain(*reversed(asked))):
        for language in dict.fromkeys([*new.dossier.languages, *old.dossier.languages]):
            before, after = (
                each.picture(subject, questions[subject], language)
                if subject in questions and each.speaks(language)
                else None
                for each, questions in zip((old, new), asked, strict=True)
            )
            if before != after:
                yield ChangedPicture(subject, language, before, after)


def _drawn(dossier: Dossier) -> dict[str, AboutTopic | AboutBulletin]:
    """The charts of topics, and the title cards that are sent with bulletins."""
    charts: dict[str, AboutTopic | AboutBulletin] = {
        topic_key(topic.id): AboutTopic(topic.id) for topic in dossier.topics.values() if topic.picture
    }
    sent = (bulletin.id for bulletin in dossier.bulletins.values() if bulletin.picture == TITLE_CARD)
    return {**charts, **{f"bulletins/{name}": AboutBulletin(name) for name in sent}}


# ---- Questions and claims


def _examples(old: _Asked, new: _Asked, report: Report) -> Iterator[ChangedExample]:
    former = dict.fromkeys(_asks(old.dossier))
    for language, question in _reporting(dict.fromkeys(chain(_asks(new.dossier), former)), report):
        before, after = (each.found(question, language) for each in (old, new))
        if before != after:
            yield ChangedExample(question, language, before, after, (language, question) not in former)


def _asks(dossier: Dossier) -> Iterator[tuple[Language, str]]:
    for topic in dossier.topics.values():
        for language in dossier.languages:
            yield from ((language, ask) for ask in topic.asks.get(language, ()))
            yield from ((language, ask) for ask in topic.not_asked.get(language, ()))


def _verdicts(old: _Asked, new: _Asked, report: Report) -> Iterator[ChangedVerdict]:
    sentences = {**_declared(old.dossier), **_declared(new.dossier)}
    for (language, sentence), subject in _reporting(sentences.items(), report):
        before, after = (_verdict(each, sentence, language) for each in (old, new))
        if before != after:
            yield ChangedVerdict(subject, sentence, language, before, after)


def _verdict(asked: _Asked, sentence: str, language: Language) -> Verdict | None:
    check = asked.check(sentence, language) if asked.speaks(language) else None
    return check.verdict if check and check.is_settled else None


def _declared(dossier: Dossier) -> dict[tuple[Language, str], str]:
    """Every declared sentence, with its value and the subject's name filled in → the key of the entry that declares it."""
    found: dict[tuple[Language, str], str] = {}
    for language in dossier.languages:
        for fact, sentences in _stated(dossier, language):
            found |= {(language, sentence): f"facts/{fact}" for sentence in sentences}
        name = next(iter(dossier.header.names.get(language, ())), "")
        for claim in dossier.claims.values():
            for text in claim.says.get(language, ()):
                for choice in claim.one_of.get(language, ()) if "{}" in text else ("",):
                    found[language, text.replace("{it}", name).replace("{}", choice)] = f"claims/{claim.id}"
    return found


def _stated(dossier: Dossier, language: Language) -> Iterator[tuple[str, list[str]]]:
    """The facts that have declared sentences, each with these."""
    for name, fact in dossier.facts.items():
        sentences = [with_value(dossier, text, fact, language) for text in fact.says.get(language, ())]
        if any(sentences):
            yield name, [sentence for sentence in sentences if sentence]
