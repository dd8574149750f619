"""The dossier's answers: ``answer(dossier, question, language, today) -> Reply``. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import is_
from threading import Lock
from typing import Literal, assert_never

from bot.claims.check import WORST_FIRST, Checker, ClaimCheck, Judgement
from bot.claims.declared import MOST_NEAR, digest_of
from bot.claims.words import normal
from bot.commands import ASK, CANCEL, CHECK, PROGRAM, START, WORDLESS
from bot.dossier import markdown
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import (
    BulletinId,
    Claim,
    ClaimId,
    Dossier,
    Fact,
    FactId,
    Header,
    Language,
    Topic,
    TopicId,
)
from bot.matching.decision import Decision, Matcher
from bot.matching.index import MatcherTexts, TopicTexts
from bot.matching.lexicon import lexicon
from bot.matching.meanings import Likeness
from bot.replies import fallbacks
from bot.replies.citations import with_citations
from bot.replies.claims import (
    ClaimTopics,
    ask_what_to_check,
    asks_alone,
    asks_of_another,
    claim_reply,
    own_bulletin_reply,
)
from bot.replies.dossier_texts import DossierTexts
from bot.replies.fallbacks import cannot_tell, did_you_mean, small_talk
from bot.replies.listings import TITLES, as_own, topic_of_command
from bot.replies.notices import is_in_other_script, unread_script
from bot.replies.question import (
    LIST_IDS,
    MAX_TOKEN_BYTES,
    PROGRAMS,
    AboutBulletin,
    AboutTopic,
    CheckText,
    Chosen,
    Command,
    Doubt,
    FreeText,
    Question,
    Rate,
    ShowPicture,
    Whole,
    from_token,
    parse_question,
    token,
)
from bot.replies.reply import Button, Note, Reply, StatementVerdict, distinct, lines_of
from bot.replies.topics import bulletin_reply, nearest_reply, picture_reply, topic_reply

_MAX_BUTTONS = 6


_MATCHERS_KEPT = 3
"""Those that were used last: the dossier in force, its predecessor during a reload, and one that a change would make."""

_Key = tuple[Header, Mapping[FactId, Fact], Mapping[TopicId, Topic], Mapping[ClaimId, Claim]]
"""The parts of a dossier by which questions are matched. Bulletins and sources are not among them."""

InLanguage = Literal["words", "chosen", "named"]
"""What decides on the language of the reply to free text: its words; the language that the chat chose, except for answers about a topic, because
small talk and names of lists are the same in many languages; or the language that the asker named for this reply."""

Built = tuple[Matcher, Checker]

_Kept = tuple[_Key, Matcher, Checker]

_matchers: list[_Kept] = []  # in the order in which they were last used
_keeping, _building = Lock(), Lock()


def matcher_for(dossier: Dossier) -> Matcher:
    """The dossier's matcher, built at the first call; dossiers of equal content share it.

    Building takes up to a second, during which other threads wait.
    """
    return _matcher_and_checker(dossier)[0]


def checker_for(dossier: Dossier) -> Checker:
    """The checker that compares claims with the dossier; built and kept together with its matcher."""
    return _matcher_and_checker(dossier)[1]


def _matcher_and_checker(dossier: Dossier) -> tuple[Matcher, Checker]:
    key = (dossier.header, dossier.facts, dossier.topics, dossier.claims)
    kept = _kept(key)
    if kept is not None and kept is _matchers[-1] and all(map(is_, kept[0], key)):
        return kept[1:]
    if kept is None:
        with _building:
            kept = _kept(key)
            if kept is None:
                kept = key, *build(dossier)
            _keep(kept)
    else:
        kept = key, *kept[1:]  # equal objects are compared once: from now on they are the same
        _keep(kept)
    return kept[1:]


def build(dossier: Dossier) -> Built:
    """The dossier's matcher and checker, built anew."""
    return Matcher(texts_of(dossier)), Checker(dossier)


def keep(dossier: Dossier, built: Built) -> None:
    """Keeps what was built of the dossier in another process."""
    _keep(((dossier.header, dossier.facts, dossier.topics, dossier.claims), *built))


def is_matched(dossier: Dossier) -> bool:
    """Whether the dossier's matcher is built."""
    return _kept((dossier.header, dossier.facts, dossier.topics, dossier.claims)) is not None


def asks_alike(one: Dossier, other: Dossier) -> bool:
    """Whether two dossiers share their matcher and checker: every question finds the same, and every claim gets the same verdict."""
    return (one.header, one.facts, one.topics, one.claims) == (other.header, other.facts, other.topics, other.claims)


def _kept(key: _Key) -> _Kept | None:
    return next((kept for kept in reversed(_matchers) if kept[0] == key), None)


def _keep(used: _Kept) -> None:
    """Moves it behind the others: what readers ask outlives what editors try."""
    with _keeping:
        others = [kept for kept in _matchers if kept[1] is not used[1]]
        _matchers[:] = [*others[1 - _MATCHERS_KEPT :], used]


def texts_of(dossier: Dossier) -> MatcherTexts:
    """The texts for the matcher: those of the topics, with facts filled in, their examples, and the built-in lists.

    No bulletin is in them: dossiers that differ in bulletins share their matcher.
    """
    dossier = replace(dossier, bulletins={})
    topics = {
        name: {language: _topic_texts(DossierTexts(dossier, language), topic) for language in dossier.languages}
        for name, topic in dossier.topics.items()
    }
    of_bot = [name for name in TITLES if name not in topics]
    roles = {language: lexicon(language).roles for language in dossier.languages}
    lists = {name: {code: TopicTexts(of.get(name, ())) for code, of in roles.items()} for name in of_bot}
    return MatcherTexts(dossier.header.title, topics | lists)


def _topic_texts(texts: DossierTexts, topic: Topic) -> TopicTexts:
    language = texts.language
    aliases = topic.aliases if isinstance(topic.aliases, list) else topic.aliases.get(language, [])
    names = [word.replace("_", " ") for word in (topic.command_word, *aliases)]
    examples = [texts.line(topic.title[language]), texts.line(topic.summary[language]), *names]
    blocks = texts.blocks(topic.body[language])
    body = "\n".join(markdown.plain(spans).replace(". ", ".\n").replace("。", "。\n") for spans in lines_of(blocks))
    return TopicTexts([*examples, *topic.asks.get(language, ())], body, topic.not_asked.get(language, []))


def answer(
    dossier: Dossier,
    question: Question | str,
    language: str,
    today: date,
    likeness: Likeness | None = None,
    in_language: InLanguage = "words",
) -> Reply:
    """The reply to a question, in the language or, if the dossier lacks it, in its default language.

    A ``str`` is parsed as typed text: a command with its slash, or free text. The other arguments are those of :class:`Asked`.
    """
    asked = parse_question(question) if isinstance(question, str) else question
    reply = Asked(dossier, dossier.language(language), today, likeness, in_language).reply(as_own(dossier, asked))
    return replace(reply, colour=dossier.header.colour)


LIKELY = 0.4
"""If the likeliest topic of a claim has this probability, its card is shown. It is an answer, not a verdict."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides on the reply, besides the question.

    Attributes:
        language: the asker's language, which decides on what the words leave open.
        today: the day for which the reply holds.
        likeness: the likeness of the text's embedding to the topics; None: words alone decide.
        in_language: what decides on the language of the reply to free text.
    """

    dossier: Dossier
    language: Language
    today: date
    likeness: Likeness | None = None
    in_language: InLanguage = "words"

    def reply(self, question: Question) -> Reply:
        dossier, language = self.dossier, self.language
        match question:
            case AboutTopic(topic, page):
                return self._topic(topic, page)
            case AboutBulletin(bulletin):
                return bulletin_reply(dossier, {**dossier.withdrawn, **dossier.bulletins}[bulletin], language)
            case ShowPicture(topic):
                return picture_reply(dossier, topic, language, self.today)
            case Rate(_, helped):
                return fallbacks.thanks_for_rating(language, helped=helped)
            case Command(name, argument):
                return self._command(name, argument)
            case Chosen(sentence, values):
                return self._chosen(sentence, values)
            case Whole() | Doubt():
                return self._again(question)
            case FreeText(text):
                return self._free_text(text)
            case CheckText(text):
                return self._checked(text)
            case _:
                assert_never(question)

    def in_words(self, text: str) -> Reply | tuple[TopicId, Language]:
        """The topic that a text asks about, with the language of the reply; for other texts, the reply itself.

        The reply's ``topic`` is None if it answers no topic; ``suggestions`` are then the topics that it offers. If it answers two topics,
        ``suggestions`` has the second. A claim on which a declared sentence or a reviewed claim decides gets a verdict, and so does a text that
        asks whether something is true. Any other claim is answered by its topic.
        """
        dossier, language = self.dossier, self.language
        matcher, checker = _matcher_and_checker(dossier)
        decision = matcher.decide(text, language, self.likeness)
        spoken = decision.language
        if self.in_language == "named":
            decision = replace(decision, language=language)
        is_about_topic = decision.kind in ("answer", "both") and decision.topics[0] not in LIST_IDS
        shown_in = language if self.in_language == "chosen" and not is_about_topic else decision.language
        if decision.kind == "talk":
            return self._decided(decision, shown_in)
        if decision.kind in ("decline", "unsure") and is_in_other_script(text, dossier):
            return unread_script(dossier, language)
        is_plain = not asks_alone(text) and checker.is_question(text, spoken)
        if is_plain and decision.kind == "answer":
            return decision.topics[0], shown_in
        if is_plain:
            return self._decided(decision, shown_in)
        check = checker.check(text, spoken)
        if asks_alone(text):
            return self._what_to_check(decision.language if self.in_language == "words" and check.asks else language)
        if check.asks or check.is_settled:
            return self._claim(text, check, decision.language)
        reply = self._decided(decision, shown_in)
        return replace(reply, verdict="unknown", offers=self._offers(text, check)) if check.is_claim else reply

    def _free_text(self, text: str) -> Reply:
        topic_or_reply = self.in_words(text)
        if isinstance(topic_or_reply, Reply):
            return topic_or_reply
        return topic_reply(self.dossier, topic_or_reply[0], 1, topic_or_reply[1], self.today)

    def _topic(self, topic: TopicId, page: int = 1) -> Reply:
        return topic_reply(self.dossier, topic, page, self.language, self.today)

    def _command(self, name: str, argument: str) -> Reply:
        dossier, language = self.dossier, self.language
        word = argument if name in (START, PROGRAM) and argument else PROGRAMS if name == PROGRAM else name
        topic = topic_of_command(dossier, word)
        if topic is not None:
            return self._topic(topic)
        if name == START:
            bulletin = {**dossier.withdrawn, **dossier.bulletins}.get(BulletinId(argument))
            return bulletin_reply(dossier, bulletin, language) if bulletin else fallbacks.welcome(dossier, language)
        if name == CHECK:
            return self._checked(argument) if argument else self._what_to_check(language)
        if name in (ASK, PROGRAM) and argument:
            return self._free_text(argument)
        if name == WORDLESS:
            return fallbacks.no_words(dossier, language)
        if name == CANCEL:
            return fallbacks.nothing_to_cancel(dossier, language)
        if name == ASK:
            return fallbacks.ask_what(dossier, language)
        return fallbacks.unknown_command(dossier, name, language)

    def _decided(self, decision: Decision, language: Language) -> Reply:
        dossier = self.dossier
        match decision.kind:
            case "answer":
                return topic_reply(dossier, decision.topics[0], 1, language, self.today)
            case "both":
                return _both(dossier, decision.topics, language, self.today)
            case "unsure" if decision.nearest in dossier.topics:
                return nearest_reply(dossier, decision.topics, decision.unknown, language, self.today)
            case "unsure":
                return did_you_mean(dossier, decision.topics, language, decision.unknown)
            case "decline":
                return cannot_tell(dossier, decision.topics, language)
            case "talk":
                return small_talk(dossier, decision.talk, language)
            case _:
                assert_never(decision.kind)

    # ---- Claims

    def _what_to_check(self, language: Language) -> Reply:
        return ask_what_to_check(language, (fallbacks.help_button(self.dossier, language),))

    def check(self, text: str) -> ClaimCheck:
        """What the checker says of a message, in the language of its words (:meth:`~bot.claims.check.Checker.check`)."""
        matcher, checker = _matcher_and_checker(self.dossier)
        return checker.check(text, matcher.index.reader.read(text, self.language).language)

    def _checked(self, text: str) -> Reply:
        """The reply to a text that somebody wants to be checked, always in the asker's language."""
        if asks_of_another(text):
            return self._what_to_check(self.language)
        own = own_bulletin_reply(self.dossier, text, self.language)
        if own is not None:
            return own
        check = self.check(text)
        # "dogs or cats travel free" is a claim, too
        if check.is_question and not check.is_settled and "?" in normal(text):
            decision = matcher_for(self.dossier).decide(text, self.language, self.likeness)
            if decision.kind in ("answer", "both", "talk"):
                return self._decided(decision, self.language)
        return self._claim(text, check, self.language)

    def _again(self, asked: Whole | Doubt) -> Reply:
        """The whole of a short answer, or a message of ours as it stands now, with the way to the editors for who says that it is wrong."""
        if isinstance(asked, Whole):
            return replace(self, language=asked.language).reply(asked.question)
        dossier, language, lines = self.dossier, self.language, {line.strip() for line in asked.text.splitlines()}
        buttons = (from_token(data, dossier) for data in asked.tokens)
        topics = (AboutTopic(topic.id) for topic in dossier.topics.values() if self._heads(topic, lines))
        about = next((button.question for button in buttons if isinstance(button, Whole)), None) or next(topics, None)
        reply = own_bulletin_reply(dossier, asked.text, language) or (self.reply(about) if about else None)
        reply = reply or self._what_to_check(language)
        if not asked.says_wrong:
            return reply
        note = Note((Span(fallbacks.way_to_editors(language)),))
        return replace(reply, blocks=(*reply.blocks, note), short=None if reply.short is None else (*reply.short, note))

    def _heads(self, topic: Topic, lines: set[str]) -> bool:
        """Whether a line is the heading of a topic."""
        texts = (DossierTexts(self.dossier, language).line(title) for language, title in topic.title.items())
        return any(f"{topic.emoji} {title}".strip() in lines for title in texts)

    def _chosen(self, name: str, values: tuple[str, ...]) -> Reply:
        """The reply to a declared sentence that was offered, as if the asker had typed it. It begins with that sentence."""
        checker = checker_for(self.dossier)
        chosen = checker.offered(name, values)
        if chosen is None:  # it is not declared any more
            return self._what_to_check(self.language)
        check = checker.check(*chosen)
        return replace(self, likeness=None)._claim(chosen[0], check, self.language, is_chosen=True)

    def _offers(self, text: str, check: ClaimCheck) -> tuple[Button, ...]:
        """What the sender of an open claim may have heard: the declared sentences nearest to it, and a review that says something similar."""
        checker, likeness = checker_for(self.dossier), self.likeness
        near = [(offer.text, Chosen(offer.name, offer.values)) for offer in checker.near(text, check.language)]
        similar = self.dossier.claims.get(likeness.claim) if likeness and likeness.claim is not None else None
        name = checker.name_of(similar, text, check.language) if similar is not None else None
        if name and (same := checker.offered(name, ())):
            near = [*near[: MOST_NEAR - 1], (same[0], Chosen(name))]
        fitting = [(words, chosen) for words, chosen in near if len(token(chosen).encode()) <= MAX_TOKEN_BYTES]
        return distinct(*(Button(words, chosen, choice=True) for words, chosen in fitting))

    def _claim(self, text: str, check: ClaimCheck, language: Language, *, is_chosen: bool = False) -> Reply:
        card = self._card(text, check)
        statements = list(map(self._statement, check.judgements))
        more = self._more(check, card, language)
        reply = claim_reply(self.dossier, check, statements, card, language, self.today, more, is_chosen=is_chosen)
        return reply if check.is_settled else replace(reply, offers=self._offers(text, check))

    def _more(self, check: ClaimCheck, card: ClaimTopics, language: Language) -> AboutTopic | Chosen | None:
        """What asks for the reply to a claim again: its declared sentence, if a button can hold its values; else its topic."""
        if len(check.judgements) == 1 and check.is_settled:
            judgement, checker = check.judgements[0], checker_for(self.dossier)
            chosen = Chosen(digest_of(judgement.near), tuple(finding.claimed for finding in judgement.findings))
            again = checker.offered(chosen.sentence, chosen.values)
            fits = len(token(Whole(chosen, language)).encode()) <= MAX_TOKEN_BYTES
            if fits and again and checker.check(*again).verdict == check.verdict:
                return chosen
        return AboutTopic(card.topics[0]) if card.is_sure and card.topics else None

    def _statement(self, judgement: Judgement) -> StatementVerdict:
        is_wrong = judgement.verdict == "contradicts"
        deciding = (each.fact for each in judgement.findings if not is_wrong or each.comparison != "same")
        sources = () if judgement.is_counted else tuple(checker_for(self.dossier).sources(judgement))
        claim, is_counted = judgement.claim.id if judgement.claim else None, judgement.is_counted
        return StatementVerdict(judgement.text, judgement.verdict, next(deciding, None), claim, sources, is_counted)

    def _card(self, text: str, check: ClaimCheck) -> ClaimTopics:
        """The topic of the worst settled statement, or the likeliest topic of the message, or that of the nearest declared sentence."""
        judged = sorted(check.judgements, key=lambda judgement: WORST_FIRST.index(judgement.verdict))
        near = [(each.topic, each.is_settled) for each in judged if each.topic and each.topic in self.dossier.topics]
        for topic, is_settled in near:
            if is_settled:
                return ClaimTopics((topic,), is_sure=True)
        matcher, checker = _matcher_and_checker(self.dossier)
        decision = matcher.decide(text, check.language, self.likeness)
        if decision.kind != "answer" or decision.topics[0] in LIST_IDS:  # values and openings may stand in the way
            subject = checker.subject(text, check.language)
            decision = matcher.decide(subject or text, check.language, self.likeness)
        candidates = (each.topic for each in decision.candidates if each.probability >= LIKELY)
        likely = [matcher.index.topics[each] for each in candidates][:1]
        if likely and likely[0] not in LIST_IDS and decision.kind != "talk":
            return ClaimTopics((likely[0],), is_sure=True)
        if near:
            return ClaimTopics((near[0][0],), is_sure=True)
        return ClaimTopics(tuple(topic for topic in decision.topics if topic not in LIST_IDS), is_sure=False)


def _both(dossier: Dossier, topics: tuple[TopicId, ...], language: Language, today: date) -> Reply:
    """One reply for two topics: both texts, and all their sources."""
    first, second = (topic_reply(dossier, topic, 1, language, today) for topic in topics)
    heading = Paragraph((Span(second.heading, bold=True),))
    stated = [reply for reply in (first, second) if reply.as_of]
    oldest = min(stated, key=lambda reply: reply.as_of or today, default=first)
    both = replace(
        first,
        blocks=(*first.blocks, heading, *second.blocks),
        sources=tuple(dict.fromkeys((*first.sources, *second.sources))),
        as_of=oldest.as_of,
        as_of_label=oldest.as_of_label,
        buttons=tuple(dict.fromkeys((*first.buttons, *second.buttons)))[:_MAX_BUTTONS],
        suggestions=(second.topic,) if second.topic else (),
        short=(*(first.short or ()), heading, *(second.short or ())),
    )
    return with_citations(both)
