"""What readers bring and get no answer to, grouped by what it says, over languages."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.db.questions import MAX_WORDING, AwaitedQuestion, CountedWording
from bot.dossier.models import Dossier, Language
from bot.matching.meanings import Vector, cosine
from bot.matching.tokenizer import wording
from bot.reader import Address
from bot.replies.answer import matcher_for

SHOWN_FROM = 5
"""A group's words are shown if so many different readers brought it. Others are shown only of those who pressed the bell, which says so."""

ALIKE = 0.6
"""The least cosine of two vectors, without the means of their languages, whose texts are one group. Fitted to the reviewed claims of the shipped
dossier: 60 to 70 % of the sentences find their claim in another language. Lower joins what differs; higher leaves one rumour in several groups."""

SHARED = 0.6
"""The least share of the content words of the longer text that the shorter one has, if words decide."""

AGREED = 2 / 3
"""The least share of the readers who chose anything after some words that chose the same. If 15 of 100 press wrongly, 85 agree; lower lets words of
two meanings through that stand in one group, higher waits for more readers."""

_DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class Brought:
    """Words that readers brought.

    Attributes:
        text: the words; of those who wait for an answer, as they were written.
        language: the language of the words.
        by_day: day since 1970 → how often.
        readers: who have pressed the bell.
        is_claim: whether Nota took it for a claim.
        marks: of the readers who brought it, see :func:`bot.db.questions.mark_of`, → what each chose of what was offered; "": nothing.
    """

    text: str
    language: Language
    by_day: Mapping[int, int]
    readers: frozenset[Address]
    is_claim: bool
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many readers have pressed the bell."""
        return len(self.readers)

    @property
    def times(self) -> int:
        """How often it was brought."""
        return sum(self.by_day.values())


@dataclass(frozen=True, slots=True)
class Agreement:
    """What most readers of a group chose of what they were offered.

    Attributes:
        choice: see :func:`bot.conversation.choice_of`.
        readers: how many different ones chose it.
        words: those of the group after which most chose it.
    """

    choice: str
    readers: int
    words: tuple[Brought, ...]


def _agrees(brought: Brought, choice: str) -> bool:
    """Whether most of those who chose anything after these words chose this."""
    chose = [each for each in brought.marks.values() if each]
    return bool(chose) and chose.count(choice) >= AGREED * len(chose)


@dataclass(frozen=True, slots=True)
class Group:
    """What says the same, the most frequent words first."""

    every: tuple[Brought, ...]

    @property
    def times(self) -> int:
        """How often it was brought."""
        return sum(each.times for each in self.every)

    @property
    def waiting(self) -> int:
        """How many readers wait for an answer; who has brought it in two wordings is one."""
        return len(frozenset[Address]().union(*(each.readers for each in self.every)))

    @property
    def people(self) -> int:
        """How many different readers brought it, at least: who pressed the bell was counted among the others, or not."""
        return max(self.waiting, len(frozenset[str]().union(*(each.marks for each in self.every))))

    @property
    def agreement(self) -> Agreement | None:
        """What the readers chose after these words; None: too few chose the same."""
        chose = defaultdict[str, set[str]](set)
        for mark, choice in ((mark, choice) for each in self.every for mark, choice in each.marks.items() if choice):
            chose[choice].add(mark)
        if not chose:
            return None
        choice, marks = max(chose.items(), key=lambda each: len(each[1]))
        if len(marks) < max(SHOWN_FROM, AGREED * len(set[str]().union(*chose.values()))):
            return None
        words = tuple(each for each in self.shown if _agrees(each, choice))
        return Agreement(choice, len(marks), words) if words else None

    @property
    def is_claim(self) -> bool:
        """Whether most of it was taken for a claim."""
        return 2 * sum(each.times for each in self.every if each.is_claim) >= self.times

    @property
    def by_day(self) -> Mapping[int, int]:
        """Day since 1970 → how often it was brought."""
        days: Counter[int] = Counter()
        for each in self.every:
            days.update(each.by_day)
        return days

    @property
    def by_language(self) -> Mapping[Language, int]:
        """Language of the words → how often it was brought, the most frequent first."""
        languages: Counter[Language] = Counter()
        for each in self.every:
            languages[each.language] += each.times
        return dict(languages.most_common())

    @property
    def shown(self) -> tuple[Brought, ...]:
        """The words that editors may see."""
        return tuple(each for each in self.every if each.waiting or self.people >= SHOWN_FROM)


def brought(
    counted: Iterable[CountedWording],
    awaited: Iterable[AwaitedQuestion],
    dossier: Dossier,
    marks: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Brought]:
    """The different words that were kept, the most frequent first.

    A question whose asker pressed the bell was counted as well, if words are kept. Of both numbers of a day the larger one counts.
    ``marks``: wording → the marks of the readers who brought it → what each chose. Below a claim that its topic answered only a sentence is a choice.
    """
    reader = matcher_for(dossier).index.reader
    texts: dict[str, tuple[str, str]] = {}
    by_day: dict[str, list[Counter[int]]] = defaultdict(lambda: [Counter(), Counter()])
    waiting: dict[str, set[Address]] = defaultdict(set)
    claims: set[str] = set()
    for question in awaited:
        key = wording(question.question)[:MAX_WORDING]
        texts.setdefault(key, (question.question, question.language))
        by_day[key][0][int(question.asked // _DAY_SECONDS)] += 1
        waiting[key].add(question.address)
        claims |= {key} if question.kind == "claim" else set()
    for row in counted:
        texts.setdefault(row.wording, (row.wording, row.language))
        by_day[row.wording][1][row.day] += row.times
        claims |= {row.wording} if row.kind == "claim" else set()
    found = [
        Brought(
            text,
            Language(reader.read(text, dossier.language(language)).language),
            by_day[key][0] | by_day[key][1],
            frozenset(waiting[key]),
            key in claims,
            {
                mark: "" if key in claims and choice.startswith("t/") else choice
                for mark, choice in (marks or {}).get(key, {}).items()
            },
        )
        for key, (text, language) in texts.items()
        if key
    ]
    return sorted(found, key=lambda each: (-each.times, each.text))


Alike = Callable[[Brought, Brought], bool]
"""Whether two texts say the same."""


def grouped(every: Sequence[Brought], alike: Alike) -> list[Group]:
    """The groups, the most frequent first. Each text joins the first group whose most frequent words it is like."""
    groups: list[list[Brought]] = []
    for each in every:
        group = next((group for group in groups if alike(group[0], each)), None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return sorted((Group(tuple(group)) for group in groups), key=lambda group: -group.times)


def alike_by(vectors: Mapping[str, Vector], dossier: Dossier) -> Alike:
    """Compares by vectors, which hold over languages; texts without one by their words.

    ``vectors``: text → its vector without the mean of its language.
    """
    by_words = _by_words(dossier)

    def alike(one: Brought, other: Brought) -> bool:
        if one.text in vectors and other.text in vectors:
            return cosine(vectors[one.text], vectors[other.text]) >= ALIKE
        return by_words(one, other)

    return alike


def _by_words(dossier: Dossier) -> Alike:
    """Compares content words by their terms: stems, and senses and countries, which hold over languages."""
    reader, read = matcher_for(dossier).index.reader, dict[str, list[frozenset[str]]]()

    def terms(each: Brought) -> list[frozenset[str]]:
        if each.text not in read:
            tokens = reader.read(each.text, each.language).tokens
            read[each.text] = [frozenset(token.terms) for token in tokens if token.kind != "light" and token.terms]
        return read[each.text]

    def alike(one: Brought, other: Brought) -> bool:
        shorter, longer = sorted((terms(one), terms(other)), key=len)
        shared = sum(any(word & another for another in longer) for word in shorter)
        return bool(shorter) and shared >= SHARED * len(longer)

    return alike


def spread(by_day: Mapping[int, int], today: int, days: int) -> list[int]:
    """How often on each of the last days, the oldest first."""
    return [by_day.get(day, 0) for day in range(today - days + 1, today + 1)]
