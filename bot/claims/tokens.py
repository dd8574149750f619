"""A sentence → the words and values that count in it. What is read the same here is all that is the same. PURE."""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.claims.values import SAMPLES, Value, ValueReader, as_unit
from bot.claims.words import COUNTS, countries, currencies_of, normal, one_of, word_lists
from bot.dossier.models import Asks, Dossier, Language, Money, Name, Named, Place
from bot.matching.gazetteer import country_of
from bot.matching.tokenizer import MAX_CHARACTERS, SPACELESS
from bot.replies.formatting import day, money

IT = "{it}"
"""The token for a name of the dossier."""

Token = str | Value
"""A word, a sign that may mean something, :data:`IT`, or a value."""

_WORD = re.compile(rf"[{SPACELESS}]|(?:(?![{SPACELESS}])[^\W_])+")
"""A word; in scripts without spaces, a sign."""

_ASIAN_DAY = re.compile(r"(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日")
_BESIDE_DIGIT = re.compile(rf"(?<=[{SPACELESS}])(?=[^\w\s]?\d)|(?<=\d)(?=[{SPACELESS}])")
_SILENT = re.compile(r"[\s,.:;–—\-−'’、]")
"""Signs between words that mean nothing."""

_SPOKEN = re.compile(r"(?<!\w)['’](?=\w|$)|(?<![^\n])\.(?=[^\W\d_])")
"""Those of them that are read: a quotation mark before a word or value, and the point of an ordinal, which follows a number ("9.grubu")."""

_DATELINE = "—"
"""The token between a date in front or at the end and its sentence, where a colon or a dash divides them: it may be the day of the news."""

_QUOTES = frozenset('«»“”„"()')

_LABEL = re.compile(r"(?<!\w)(?:\d+[^\W\d_]+|[^\W\d_]+\d+)(?!\w)")
_NUMBERED = re.compile(r"(?<!\w)[^\W\d_]+ \d{1,3}(?!\w)")

_IT_WORD = "xitx"
"""Stands for ``{it}`` while a sentence is read. No language has this word."""

_CUT = "…"
"""The last token of a text that is longer than what is read."""

_AROUND = " ,.;:!?…¡¿\"'“”„«»‘’()*_"
"""Signs around words."""

_LEAST = 3
"""A name of the dossier may be left out of a sentence that has this many other tokens."""


class TokenReader:
    """Reads sentences in one language of a dossier."""

    def __init__(self, dossier: Dossier, language: Language) -> None:
        self.language = language
        codes = {fact.currency for fact in dossier.facts.values() if isinstance(fact, Money)}
        lists = word_lists(language)
        named = currencies_of(sorted(codes), language) | dict(lists.currencies)
        self.lists = replace(lists, currencies=named | _printed_currencies(codes, language))
        units = sorted((*self.lists.durations, *self.lists.currencies), key=len, reverse=True)
        self._units = re.compile(rf"(?<=\d )({'|'.join(map(re.escape, units))})(?=[{SPACELESS}])")
        days = [self._plain(day(sample, language)) for sample in SAMPLES]
        self.values = ValueReader(self.lists, _labels(dossier, language), days)
        self._periods = one_of(lists.periods)
        names = [self.tokens(name) for name in (_IT_WORD, *dossier.header.names.get(language, ()))]
        bare = (name[1:] if len(name) > 1 and name[0] in self.lists.articles else name for name in names)
        self.names = sorted({tuple(name) for name in bare if name}, key=lambda name: (-len(name), str(name)))
        words = {str(word) for name in self.names for word in (*name, "".join(map(str, name)))}
        own = {country_of(word, language) for word in words}
        places = {name for name in countries(language) if country_of(name, language) in own - {""}}
        self.lists = replace(self.lists, tags=frozenset(words | places))

    def tokens(self, text: str) -> list[Token]:
        """The words, signs and values of a text."""
        plain = self._plain(text)
        values = self.values.read(plain)
        signs = _datelines(plain, values) | {at: sign for sign, at in self.values.signs(plain, values)}
        tokens: list[Token] = []
        at = 0
        for start, end, token in (*self._spans(plain, values), (len(plain), len(plain), "")):
            tokens += self._words(plain[at:start])
            at = end
            if isinstance(token, Value):
                tokens += [each for each in (signs.get(start), token, signs.get(end)) if each]
            elif token:
                tokens.append(token)
        return [*tokens, _CUT] if len(" ".join(text.split())) > MAX_CHARACTERS else tokens

    def _plain(self, text: str) -> str:
        """The normalised text, in scripts without spaces with spaces around values: "5年間" is "5 年 間"."""
        plain = normal(" ".join(text.replace(IT, f" {_IT_WORD} ").split()))
        if plain.isascii():
            return plain
        plain = _BESIDE_DIGIT.sub(" ", _ASIAN_DAY.sub(r" \1-\2-\3 ", plain))
        return self._units.sub(r"\1 ", plain)

    def value_texts(self, text: str) -> dict[Value, str]:
        """The values of a text, each with the normalised words that say it."""
        return {token: self.words_of(text, token) for token in self.tokens(text) if isinstance(token, Value)}

    def words_of(self, text: str, value: Value) -> str:
        """The normalised words of a text that say a value."""
        return self._plain(text)[value.start : value.end].strip()

    def reading(self, text: str) -> list[Token]:
        """How a sentence of a message is read."""
        return self._dates_read(self.named(text))

    def declared_ways(self, text: str, *, may_lack_it: bool = True) -> Iterator[list[Token]]:
        """The ways in which a declared sentence may be said: also without quotation marks, and without a name between other words."""
        whole = self.named(text)
        plain = [token for token in whole if token not in _QUOTES]
        for named in (whole, plain) if plain != whole else (whole,):
            yield self._dates_read(named)
            at = named.index(IT) if IT in named else 0
            may_lack = may_lack_it and 0 < at < len(named) - 1 and self.lists.negation.isdisjoint(map(str, named))
            rest = [*named[: at - (at > 0 and named[at - 1] in self.lists.with_name)], *named[at + 1 :]]
            if may_lack and len(rest) >= _LEAST:
                yield self._dates_read(rest)

    def named(self, text: str) -> list[Token]:
        """The tokens of a text, each name of the dossier with what may stand beside it as :data:`IT`."""
        tokens, read = self.tokens(text), list[Token]()
        at = 0
        while at < len(tokens):
            name = next((each for each in self.names if each == tuple(tokens[at : at + len(each)])), None)
            if name is None:
                read.append(tokens[at])
                at += 1
                continue
            at += len(name)
            at += at < len(tokens) and tokens[at] in self.lists.this_behind
            if read and read[-1] in self.lists.this | self.lists.articles:
                read.pop()
            read.append(IT)
        return read

    def _words(self, text: str) -> Iterator[str]:
        """The words and signs between values, contractions taken apart."""
        at = 0
        while at < len(text):
            word = _WORD.match(text, at)
            at = word.end() if word else at + 1
            sign = "" if word or (_SILENT.match(text, at - 1) and not _SPOKEN.match(text, at - 1)) else text[at - 1]
            parts = self.lists.joined.get(word[0], word[0]).split() if word else [sign] if sign else []
            yield from (part for part in parts if part not in self.lists.empty)

    def _spans(self, text: str, values: Sequence[Value]) -> list[tuple[int, int, Token]]:
        """The values, and beside a price its period as one word, in order: "a month", "per month" and "monthly" are the same."""
        prices = [value for value in values if value.kind == "money"]
        said = [
            m for m in self._periods.finditer(text) if not any(m.start() < v.end and v.start < m.end() for v in prices)
        ]
        periods: list[tuple[int, int, Token]] = [
            (m.start(), m.end(), period_word(self.lists.periods[re.sub(r"[\s,]+", " ", m[0])])) for m in said if prices
        ]
        others = [value for value in values if not any(a < value.end and value.start < b for a, b, _ in periods)]
        return sorted([*periods, *((value.start, value.end, value) for value in others)], key=lambda span: span[:2])

    def _dates_read(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens, dates without their prepositions, and a date in front at the end."""
        read = list(tokens)
        at = 0
        while at < len(read):
            token = read[at]
            if isinstance(token, Value) and token.kind == "date":
                phrases = self.lists.days if token.day else self.lists.years
                length = next((len(p) for p in phrases if at >= len(p) and tuple(read[at - len(p) : at]) == p), 0)
                del read[at - length : at]
                at -= length
            at += 1
        first = read[0] if len(read) > 1 else ""
        if isinstance(first, Value) and first.kind == "date" and self.lists.clauses.isdisjoint(map(str, read)):
            read = [*read[1:], first]
        return read


def _datelines(text: str, values: Sequence[Value]) -> dict[int, str]:
    """Where a :data:`_DATELINE` stands."""
    signs: dict[int, str] = {}
    for value in values:
        before, behind = text[: value.start], text[value.end :]
        if value.kind == "date" and not re.search(r"\w", before) and re.match(r"\s*(?:[:–—]|-\s)", behind):
            signs[value.end] = _DATELINE
        elif value.kind == "date" and not re.search(r"\w", behind) and re.search(r"(?:[:–—]|\s-)\s*$", before):
            signs[value.start] = _DATELINE
    return signs


def key_of(tokens: Iterable[Token]) -> tuple[Hashable, ...]:
    """What is compared of tokens: values count by what they mean, not by where and how they are written."""
    return tuple(
        (t.kind, t.low, t.high, t.currency, t.year, t.month, t.day, t.weekday) if isinstance(t, Value) else t
        for t in tokens
    )


def period_word(period: str) -> str:
    """The token for the period of a price."""
    return f"{{per {period}}}"


def as_sent(text: str, words: str) -> str:
    """The part of a text whose normalised words are ``words``; ``words`` if no part has them."""
    sent, spoken, wanted = text.split(), [_bare(word) for word in normal(text).split()], words.split()
    for at in range(len(spoken) - len(wanted) + 1 if len(sent) == len(spoken) else 0):
        if spoken[at : at + len(wanted)] == [_bare(word) for word in wanted]:
            return _bare(" ".join(sent[at : at + len(wanted)]))
    return words.strip()


def within_sentence(text: str, value: str) -> str:
    """A value of a text for the middle of a sentence: without the capital with which its own sentence begins ("Two programmes"), but "Rp" keeps it."""
    word = value.split(" ", maxsplit=1)[0]
    begins = text.lstrip(_AROUND).startswith(value) and len(word) > len("Rp") and word.isalpha() and word[1:].islower()
    return f"{value[0].lower()}{value[1:]}" if begins else value


def _bare(words: str) -> str:
    return words.strip(_AROUND)


def texts_of(named: Named | Asks | list[str] | None, language: Language) -> list[str]:
    """The texts in a language, or those that are the same in all languages."""
    if named is None:
        return []
    texts = named.get(language, []) if isinstance(named, Mapping) else named
    return [texts] if isinstance(texts, str) else [*texts]


def names_of(fact: Name | Place, language: Language) -> list[str]:
    """The fact's value and its forms in a language."""
    return [
        *texts_of(fact.value, language),
        *(text for form in fact.forms.values() for text in texts_of(form, language)),
    ]


def _printed_currencies(codes: Iterable[str], language: Language) -> dict[str, str]:
    """The sign or word of each currency as Nota prints it → its code, also without a full stop at its end ("ден.")."""
    amounts = [Money(type="money", amount=n, currency=code, sources=[]) for code in sorted(codes) for n in COUNTS]
    signs = {as_unit(re.sub(r"\d+(?:[.,]\d+)*", " ", normal(money(each, language)))): each.currency for each in amounts}
    signs.pop("", None)  # that of Cape Verde is invisible
    return signs | {sign.removesuffix(" ."): code for sign, code in signs.items()}


def _labels(dossier: Dossier, language: Language) -> set[str]:
    """The parts of names that look like values: "5G", "Route 7"."""
    facts = [fact for fact in dossier.facts.values() if isinstance(fact, Name | Place)]
    names = [*dossier.header.names.get(language, ()), *(text for fact in facts for text in names_of(fact, language))]
    titles = [*names, *(topic.title[language] for topic in dossier.topics.values())]
    return {m for text in titles for m in _LABEL.findall(normal(text))} | {
        m for text in names for m in _NUMBERED.findall(normal(text))
    }
