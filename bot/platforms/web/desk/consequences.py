"""What a change changes for readers, shown at the desk before it is approved: worked out in a thread, once for each version."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Key
from bot.dossier.entry_fields import topic_key, topic_of
from bot.dossier.loader import load_contents
from bot.dossier.models import BulletinId, ClaimId, Dossier, FactId, Language, TopicId, in_language
from bot.newsroom.change_content import dated
from bot.newsroom.consequences import (
    MENU,
    PAGE,
    ChangedReply,
    ChangedVerdict,
    Consequences,
    Known,
    consequences,
)
from bot.newsroom.desk import Desk, Item, caught_up, entry_contents, only_withdraws
from bot.newsroom.dry_run import ChangeForecast, reached
from bot.newsroom.ledger_diff import Added, BulletinChange, Rescheduled, Retargeted, Revised, Withdrawn, id_of
from bot.newsroom.publisher import Newsroom
from bot.pictures.picture import Picture
from bot.platforms.platform import Platform
from bot.replies.claims import claim_words
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import capitalised
from bot.replies.i18n import phrases_in
from bot.replies.listings import TITLES
from bot.replies.word_diff import excerpt
from bot.schedule import local_time

KEPT = 4
"""Versions of changes whose comparison is kept."""

WAIT_SECONDS = 1.0
"""How long a request waits for the end of a comparison, before it shows how far it is."""

CONTEXT = 8
"""Words beside a change."""

MOST_EXAMPLES = 50

VERDICTS: Mapping[str | None, tuple[str, str]] = {
    "agrees": ("✓", "confirmed"),
    "contradicts": ("✗", "contradicted"),
    "disputed": ("◐", "disputed"),
    "unknown": ("?", "not proven"),
    None: ("–", "no verdict"),
}
"""Verdict → its mark, and its name at the desk."""


class Stopped(Exception):
    """The server stops: the comparison ends."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the desk knows of one version of a change.

    Attributes:
        share: how much of the work is done, 0 to 1; until then nothing else is known.
        mistakes: why there is nothing to compare: the change does not validate.
        refusal: another reason, as a phrase; "": there is none.
        before: what is in force without the change.
        after: what is in force with it.
        found: what readers see otherwise; None: not yet, or the change does not validate.
        reach: whose messages are edited, and who gets something new.
    """

    share: float = 1.0
    mistakes: tuple[Diagnostic, ...] = ()
    refusal: str = ""
    before: Dossier | None = None
    after: Dossier | None = None
    found: Consequences | None = None
    reach: tuple[ChangeForecast, ...] = ()

    @property
    def is_done(self) -> bool:
        return self.share >= 1.0


_Key = tuple[object, ...]
"""Names a version of a change, and what it is compared with."""


class Comparisons:
    """The comparisons of open changes with what is in force: one at a time, since each takes seconds of a processor."""

    def __init__(self, desk: Desk, platforms: Sequence[Platform[Any]]) -> None:
        self._desk, self._renderers = desk, {platform.name: platform for platform in platforms}
        self._kept: OrderedDict[_Key, asyncio.Task[Comparison]] = OrderedDict()
        self._shares: dict[_Key, float] = {}
        self._turn, self._known = asyncio.Lock(), Known()
        self._is_closed = False

    async def close(self, _: object = None) -> None:
        """Ends what is under way."""
        self._is_closed = True
        await asyncio.gather(*self._kept.values(), return_exceptions=True)

    async def of(self, item: Item) -> Comparison:
        """The comparison of a change as it is stored. It begins if it is new, and its end is awaited for a moment."""
        desk, change = self._desk, item.change
        async with desk.store.database.read() as connection:
            now = await desk.store.database.moment(connection)
            names = {*await desk.store.bulletins.names(connection)}
        live, at, day = desk.live, max(now, change.due or change.planned or 0.0), desk.day(change, now)
        key = (change.id, change.version, change.state, change.planned, day, live.edition.stamp, live.complete.version)
        task = self._kept.get(key)
        if task is None:
            task = self._kept[key] = asyncio.create_task(self._compare(key, item, at, names))
            former = [each for each in self._kept if each[0] == change.id and each != key]
            for old in former or list(self._kept)[:-KEPT]:
                if self._kept[old].done():
                    self._forget(old)
        self._kept.move_to_end(key)
        await asyncio.wait([task], timeout=WAIT_SECONDS)
        if not task.done():
            return Comparison(share=min(self._shares.get(key, 0.0), 0.99))
        if task.exception() is not None:
            self._forget(key)
        comparison = task.result()
        if comparison.found is None or comparison.after is None:
            return comparison
        reach = await reached(Newsroom(desk.store), comparison.found.bulletins, comparison.after, at)
        return replace(comparison, reach=reach)

    def _forget(self, key: _Key) -> None:
        self._kept.pop(key, None)
        self._shares.pop(key, None)

    async def _compare(self, key: _Key, item: Item, at: float, names: set[str]) -> Comparison:
        desk, live = self._desk, self._desk.live
        async with self._turn:
            caught = {each: caught_up(entry, live.contents.get(each))[0] for each, entry in item.entries.items()}
            contents = entry_contents(caught)
            if not only_withdraws(caught):
                errors = await desk.errors(item.change, contents, alone=False)
                if mistakes := tuple(each for each in errors if not each.is_warning):
                    return Comparison(mistakes=mistakes)
            taken = names | {each.removeprefix("bulletins/") for each in live.contents}
            day = local_time(at, live.complete.header.zone).date()
            named = dated(contents, day, taken, live.complete.header.default_language)
            before = live.complete
            loading = await asyncio.to_thread(load_contents, live.edition_with(named).contents, day)
            if (after := loading.dossier) is None:
                return Comparison(refusal="It is not valid beside what is in force.")

            def report(share: float) -> None:
                if self._is_closed:
                    raise Stopped
                self._shares[key] = share

            moment = local_time(at, "UTC")
            found = await asyncio.to_thread(consequences, before, after, self._renderers, moment, report, self._known)
            return Comparison(before=before, after=after, found=found)


# ---- As the page shows it


def shown(comparison: Comparison, language: Language) -> dict[str, Any]:
    """The values of the page's template."""
    found, before, after = comparison.found, comparison.before, comparison.after
    if found is None or before is None or after is None:
        return {"found": None, "comparison": comparison}
    dossiers = (after, before)

    def by_subject(changes: Sequence[ChangedReply] | Sequence[ChangedVerdict]) -> list[tuple[str, list[Any]]]:
        """What each subject is called, and its changes, in all languages."""
        grouped: dict[str, list[Any]] = {}
        for change in changes:
            grouped.setdefault(change.subject, []).append(change)
        return [(label(subject, dossiers, language), of_it) for subject, of_it in grouped.items()]

    return {
        "found": found,
        "comparison": comparison,
        "replies": by_subject(found.replies),
        "verdict_groups": by_subject(found.verdicts),
        "pictures": [(label(each.subject, dossiers, language), each) for each in found.pictures],
        "bulletins": list(_bulletins(comparison, dossiers, language)),
        "topics_named": lambda topics: " · ".join(label(topic_key(each), dossiers, language) for each in topics),
        "excerpt": lambda words: excerpt(words, CONTEXT),
        "verdicts": VERDICTS,
        "most": MOST_EXAMPLES,
        "inline": _inline,
    }


def _bulletins(comparison: Comparison, dossiers: Sequence[Dossier], language: Language) -> Iterable[dict[str, Any]]:
    """Those that differ between the dossiers, with the numbers of chats as the ledger has them.

    ``edited``: in how many chats its message is edited; None: messages say it already. ``sent``: how many get it as new. ``hastened``: to how
    many for which it waits it comes at once, as it is urgent.
    """
    assert comparison.found is not None  # noqa: S101
    edited, sent, hastened = Counter[BulletinId](), Counter[BulletinId](), Counter[BulletinId]()
    found = {each.id: each for each in comparison.found.bulletins}
    for forecast in comparison.reach:
        change, readers = forecast.change, sum(group.readers for group in forecast.audience)
        name = id_of(change)
        match change:
            case Revised(bulletin, _, _, languages, restored):
                edited[name] += readers
                told = tuple(each for each in bulletin.articles if each in languages)
                found[name] = BulletinChange(name, "restored" if restored else "corrected", told)
            case Withdrawn():
                edited[name] += readers
                found.setdefault(name, BulletinChange(name, "withdrawn", ()))
            case Added(_, "scheduled"):
                sent[name] += readers
                found.setdefault(name, BulletinChange(name, "new", ()))
            case Retargeted() | Rescheduled():
                (hastened if isinstance(change, Rescheduled) else sent)[name] += readers
                found.setdefault(name, BulletinChange(name, "replanned", ()))
            case _:
                pass
    for each in found.values():
        title = label(f"bulletins/{each.id}", dossiers, language)
        counts = {"edited": edited.get(each.id), "sent": sent[each.id], "hastened": hastened[each.id]}
        yield {"title": title, "edit": each.edit, "languages": each.languages, **counts}


def label(subject: str, dossiers: Sequence[Dossier], language: Language) -> str:
    """What a subject of consequences is called, by the first of the dossiers that has it."""
    say = phrases_in(language).say
    key, _, part = subject.partition("#")
    suffix = "" if not part else f" · {say('chart')}" if part == "chart" else f" · {say('page {n}', n=part)}"
    if key in (fixed := {"start": "Welcome", MENU: "Menu of commands", PAGE: "Head and foot of the page"}):
        return say(fixed[key])
    kind, _, name = key.partition("/")
    for dossier in dossiers:
        texts = DossierTexts(dossier, dossier.language(language))
        topic = dossier.topics.get(TopicId(topic_of(Key(key))))
        if kind in ("topics", "programs") and topic is not None:
            return f"{topic.emoji} {texts.line(topic.title[texts.language])}{suffix}"
        bulletin = dossier.bulletins.get(BulletinId(name)) or dossier.withdrawn.get(BulletinId(name))
        if kind == "bulletins" and bulletin is not None:
            return texts.title(bulletin)
        fact = dossier.facts.get(FactId(name))
        if kind == "facts" and fact is not None and fact.of:
            return capitalised(in_language(fact.of, texts.language))
        claim = dossier.claims.get(ClaimId(name))
        if kind == "claims" and claim is not None and any(claim.says.values()):
            return say("“{words}”", words=claim_words(dossier, claim, texts.language))
    # an example finds a list as a topic, though the dossier has none
    if kind in ("lists", "topics") and name in TITLES:
        emoji, title = TITLES[TopicId(name)]
        return f"{emoji} {say(title)}{suffix}"
    return f"{key}{suffix}"


def _inline(picture: Picture) -> Markup:
    """The drawing, whose texts are escaped."""
    return Markup(picture.svg)  # noqa: S704  as the public page does
