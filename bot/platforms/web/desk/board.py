"""The desk's first page: a board of changes, what feeds and readers bring, and the bulletins in force; lists of changes; all decisions."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aiohttp import web

from bot.db.changes import ChangeId, State
from bot.db.connection import AnyRow
from bot.db.feeds import CandidateId
from bot.dossier.entries import Content, fields
from bot.dossier.models import Language
from bot.feeds.review import Review
from bot.newsroom.change_content import clean, is_withdrawal
from bot.newsroom.decision_export import as_csv, as_json
from bot.newsroom.desk import APPROVERS_ONLY, IN_FORCE, MAX_LISTED, OPEN, Item, NotAllowed
from bot.newsroom.figures import figures_kept
from bot.newsroom.labels import shown
from bot.newsroom.publisher import Newsroom, OtherDossier
from bot.newsroom.translation import outdated_fields
from bot.platforms.web.desk.frame import Frame, paged
from bot.platforms.web.desk.questions import QuestionPages
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.platforms.web.desk.titles import has_words, matching
from bot.platforms.web.forms import number_in, see_other

Column = Literal["waiting", "drafts", "scheduled", "in_force"]

COLUMNS: Mapping[Column, tuple[str, str]] = {
    "waiting": ("Waiting for me", "Nothing waits for you."),
    "drafts": ("Drafts and requests", "Nobody is writing anything."),
    "scheduled": ("Scheduled", "Nothing is approved and waits for its time."),
    "in_force": ("In force lately", "Nothing has come into force yet."),
}
"""Column → its title, and what it says when it is empty."""

RETURNED: Mapping[str, str] = {"return": "Returned to you", "overtaken": "Returned, because something else has changed"}
"""Decision that made a draft of it again → how the board says it to the writer."""

Translated = Literal["done", "outdated", "missing"]

TRANSLATED: Mapping[Translated, tuple[str, str]] = {
    "done": ("✓", "the text is there"),
    "outdated": ("changed since", "the original was changed since it was translated"),
    "missing": ("–", "a text is missing"),
}
"""State of a language → how a row shows it, and what that means."""


def board(items: Sequence[Item], last: Mapping[ChangeId, AnyRow], person: str) -> dict[Column, list[Item]]:
    """The changes by column, in the order of ``items``; the scheduled ones in that of their time.

    Args:
        items: open changes, as this person sees them, and those that came into force lately.
        last: change → its last decision.
        person: the account of who looks.
    """
    found: dict[Column, list[Item]] = {name: [] for name in COLUMNS}
    for item in items:
        found[_column(item, last.get(item.change.id), person)].append(item)
    found["scheduled"].sort(key=lambda each: (each.change.due or 0.0, each.change.id))
    return found


def _column(item: Item, last: AnyRow | None, person: str) -> Column:
    change = item.change
    if change.state == "in_force":
        return "in_force"
    if change.state == "approved":
        return "scheduled"
    is_own, is_of_files = person in change.savers, change.gathers == "deploy" and not change.savers
    is_returned = change.state == "draft" and last is not None and last.action in ("return", "overtaken")
    can_decide = (change.state == "review" or is_of_files) and "approve" in item.possible
    return "waiting" if (is_own and is_returned) or (can_decide and not is_own) else "drafts"


def kind_of_change(item: Item) -> str:
    """What a card says of a change with bulletins, in English; "": it has none."""
    bulletins = [each for each in item.entries.values() if each.key.startswith("bulletins/") and not figures_kept(each)]
    if any(is_withdrawal(each.base, each.content) for each in bulletins):
        return "Withdrawal"
    if any(each.base is None for each in bulletins):
        return "New bulletin"
    return "Correction" if bulletins else ""


def translated(item: Item, languages: Sequence[Language], default: Language) -> list[tuple[Language, Translated]]:
    """The languages of the dossier with the state of the change's texts; none if it has no text of a language."""
    entries = [each for each in item.entries.values() if each.content and not is_withdrawal(each.base, each.content)]
    spoken = [each for each in entries if _texts(each.content, languages)]
    texts = [text for each in spoken for text in _texts(each.content, languages).values()]

    def state(language: Language) -> Translated:
        if not all(language in each for each in texts):
            return "missing"
        return "outdated" if any(outdated_fields(each, language, default) for each in spoken) else "done"

    return [(language, state(language)) for language in languages] if spoken else []


def _texts(content: Content | None, languages: Sequence[Language]) -> dict[tuple[str, ...], set[str]]:
    """Field → the languages that have a text in it. Lists are examples, which nobody translates."""
    found: dict[tuple[str, ...], set[str]] = {}
    for place, value in fields(content).items():
        # what was wrong is said in as many languages as an editor likes
        if len(place) > 1 and place[0] != "corrections" and place[-1] in languages and not isinstance(value, list):
            found.setdefault(place[:-1], set()).add(place[-1])
    return found


# ---- The pages

LISTS: Mapping[str, tuple[str, Sequence[State]]] = {
    "open": ("Open changes", OPEN),
    "in_force": ("Changes in force", IN_FORCE),
    "discarded": ("Discarded changes", ("discarded",)),
}
"""Name in an address → title and states of a list of changes."""

LATELY = 8
"""Changes in force on the first page."""

BULLETINS_PER_PAGE = 20

MOST_BROUGHT = 5
"""Groups of what readers bring on the first page."""


class BoardPages:
    """The first page, and lists of changes.

    Args:
        frame: what all pages share.
        questions: what readers bring.
        review: the candidates of the feeds.
    """

    def __init__(self, frame: Frame, questions: QuestionPages, review: Review) -> None:
        self.frame, self._desk, self._questions, self._review = frame, frame.desk, questions, review

    async def overview(self, visit: Visit) -> web.Response:
        """What waits for somebody: changes, stories of the feeds, what readers asked and claimed; and the bulletins in force."""
        store, query, titles = self._desk.store, visit.request.query, self.frame.titles(visit)
        open_items = await self._desk.items(visit.person)
        newsroom, wanted = Newsroom(store), query.get("q", "").strip()[:100]
        found = await asyncio.to_thread(matching, titles, "bulletins", wanted)
        bulletins = paged(found, query.get("page", ""), BULLETINS_PER_PAGE)
        every = [*open_items, *await self._desk.items(visit.person, IN_FORCE)]
        items = [item for item in every if self._has(item, wanted)]
        async with store.database.read() as connection:
            confirmation, many = await store.changes.many(connection)
            last = await store.changes.last_decisions(connection, [item.change.id for item in items])
        columns = board(items, last, visit.person.account)
        del columns["in_force"][LATELY:]
        now, in_force = await self._desk.now(), self._desk.live.complete.bulletins
        ends = ((name, each.not_before.timestamp()) for name, each in in_force.items() if each.not_before)
        return await self._page(
            visit,
            "desk_list.html",
            items,
            columns=columns,
            column_names=COLUMNS,
            returned=RETURNED,
            last=last,
            older=_older(open_items),
            candidates=await store.candidates.in_state("waiting"),
            brought=(await self._questions.groups(visit)).shown[:MOST_BROUGHT],
            bulletins=bulletins,
            embargoes={name: end for name, end in ends if end > now},
            titles=titles,
            wanted=wanted,
            edited=self._desk.live.edited,
            confirmation=confirmation,
            many=many,
            refusal=await newsroom.refusal(self._desk.live.own),
            safeguards=await store.safeguards.get(),
            without_files=await newsroom.sent_without_files(self.frame.dossier),
            is_owner=visit.person.account in self._desk.rules.owners,
        )

    def _has(self, item: Item, wanted: str) -> bool:
        """Whether each of the words stands in the title or in a text of the change, in any language."""
        values = (value for entry in item.entries.values() for value in fields(entry.content or entry.base).values())
        return not wanted or has_words(wanted, self.frame.title_of(item), *item.entries, *map(shown, values))

    async def list_changes(self, visit: Visit) -> web.Response:
        """One list of changes, with older ones on pages behind."""
        name = visit.request.match_info["list"]
        title, states = LISTS[name]
        items = await self._desk.items(visit.person, states, _before(visit.request.query.get("before", "")))
        values = {"list": name, "title": title, "older": _older(items)}
        return await self._page(visit, "desk_changes.html", items, **values)

    async def _page(self, visit: Visit, template: str, items: Sequence[Item], **values: Any) -> web.Response:
        """A page with changes."""
        dossier, default = self.frame.dossier, self.frame.default
        accounts = {name for item in items for name in (*item.change.savers, item.change.changed_by)}
        return await self.frame.page(
            visit,
            template,
            items=items,
            names=await self._desk.store.sign_ins.names(accounts),
            translated=lambda item: translated(item, dossier.languages, default),
            translated_words=TRANSLATED,
            kind_of_change=kind_of_change,
            **values,
        )

    async def decide_on_sending(self, visit: Visit) -> web.Response:
        """An owner stops all sending, starts it again, or confirms the changes that wait, by the digest that the page showed."""
        if visit.person.account not in self._desk.rules.owners:
            raise web.HTTPForbidden(text="Only an owner may do that.")
        safeguards = self._desk.store.safeguards
        match visit.field("action"):
            case "stop":
                await safeguards.stop(visit.person.account)
            case "start":
                await safeguards.start()
            case "confirm":
                if await self._desk.take_many(visit.person.account, clean(visit.field("digest"))) is None:
                    raise web.HTTPConflict(text="Somebody was faster, or it can no longer be changed here.")
            case _:
                raise web.HTTPBadRequest(text="Choose one of the buttons.")
        return see_other(HOME)

    async def decide_on_candidate(self, visit: Visit) -> web.Response:
        """Makes a change of a feed's story, rejects it or puts it off, as the buttons in the editors' chat."""
        candidate = CandidateId(number_in(visit.request.match_info["id"]))
        try:
            match visit.field("action"):
                case "take":
                    decision = await self._review.take(candidate, visit.person)
                    if decision is not None and decision.change is not None:
                        return see_other(f"{HOME}/{decision.change.id}")
                case "reject":
                    await self._review.reject(candidate, visit.person)
                case "later":
                    await self._review.put_off(candidate, visit.person)
                case _:
                    raise web.HTTPBadRequest(text="Choose one of the buttons.")
        except OtherDossier as refusal:
            raise web.HTTPConflict(text=f"{refusal}\n") from refusal
        except NotAllowed as refusal:
            raise web.HTTPForbidden(text=str(refusal)) from refusal
        return see_other(HOME)

    async def decisions(self, visit: Visit) -> web.Response:
        """Every decision and comment, for an audit."""
        if not self._desk.rules.decides(visit.person.account):
            raise web.HTTPForbidden(text=APPROVERS_ONLY)
        async with self._desk.store.database.read() as connection:
            rows = await self._desk.store.changes.every_decision(connection)
        form = visit.request.match_info["form"]
        write, kind = (as_csv, "text/csv") if form == "csv" else (as_json, "application/json")
        text = await asyncio.to_thread(write, rows)
        name = {"Content-Disposition": f'attachment; filename="decisions.{form}"'}
        return web.Response(text=text, content_type=kind, charset="utf-8", headers=name)


def _older(items: Sequence[Item]) -> str:
    """Where the list goes on behind these items; "" if it ends."""
    last = items[-1].change if len(items) == MAX_LISTED else None
    return f"{last.changed!r}-{last.id}" if last else ""


def _before(text: str) -> tuple[float, ChangeId] | None:
    """The reverse of :func:`_older`."""
    moment, _, number = text.partition("-")
    try:
        return (float(moment), ChangeId(number_in(number))) if number else None
    except ValueError:
        return None
