"""The desk in the browser: the changes, writing one with its previews, decisions, what became of it. Works without a script."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from bot.db.applied_updates import AlreadyApplied
from bot.db.changes import Action, Change, ChangedEntry, ChangeId, State
from bot.db.delivery_reports import Progress
from bot.db.engine import AnyRow
from bot.db.feeds import CandidateId
from bot.dossier.entries import ABSENT, Content, Key, fields, value_digest
from bot.dossier.entry_fields import forms_in, references
from bot.dossier.logo import FILES as LOGO_FILES
from bot.dossier.models import Bulletin, BulletinId, Language, in_language
from bot.dossier.schema import KINDS
from bot.dossier.yaml_reader import Value
from bot.embeddings import Embeddings
from bot.feeds.review import Review
from bot.newsroom.change_content import NEW, Contents, clean, ends_withdrawal, title_of, uncorrected, without_date
from bot.newsroom.change_messages import ACTIONS, DONE, STATES
from bot.newsroom.decision_export import as_csv, as_json
from bot.newsroom.desk import (
    APPROVERS_ONLY,
    COMMENT,
    FIGURES,
    IN_FORCE,
    MAX_COMMENT,
    MAX_LISTED,
    OPEN,
    OWNERS_ONLY,
    PLANNED,
    WITHOUT,
    Desk,
    DeskError,
    Edit,
    Item,
    NotAllowed,
    Overtaken,
    entry_contents,
)
from bot.newsroom.figures import ANSWERS, figures_kept
from bot.newsroom.publisher import Newsroom, OtherDossier
from bot.newsroom.translation import left_out_key
from bot.platforms.platform import Platform
from bot.platforms.web.app_markup import labels, page
from bot.platforms.web.desk.board import COLUMNS, RETURNED, TRANSLATED, board, has_words, translated
from bot.platforms.web.desk.consequences import Comparisons
from bot.platforms.web.desk.consequences import shown as consequences_shown
from bot.platforms.web.desk.entries import NEW_KINDS, Titles, grouped, is_edited, key_of, matching, new_content, options
from bot.platforms.web.desk.form import (
    MAX_REASON,
    NONE,
    OF_CHANGE,
    REASON_TOO_LONG,
    FormRules,
    change_fields,
    controls,
    differences,
    edits_in,
    entry_forms,
    is_typed,
    moment_of,
    refuse_long,
    shown,
    title_of_change,
    unsaved,
    with_edits,
)
from bot.platforms.web.desk.insert import about_address, insertable, is_address, known_source, new_source, with_facts
from bot.platforms.web.desk.labels import CHOICES, hint, kind_of, label
from bot.platforms.web.desk.mistakes import Wording, mistakes
from bot.platforms.web.desk.numbers import NUMBERS, NumberPages
from bot.platforms.web.desk.questions import QuestionPages
from bot.platforms.web.desk.renderings import audiences, renderings, standing_in
from bot.platforms.web.desk.reports import REPORTS, ReportPages
from bot.platforms.web.desk.sign_in import HOME, SignIn, Visit
from bot.platforms.web.desk.translation import Forms, TranslationPages
from bot.platforms.web.forms import number_in, see_other
from bot.platforms.web.streams import EventStreams
from bot.replies.bulletins import TITLE_CARD
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import day as written_day
from bot.replies.formatting import moment as written_moment
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.replies.listings import page_of
from bot.schedule import local_time

DELIVERY_STATES: Mapping[str, str] = {
    "due": "waits",
    "held": "comes later",
    "retry": "waits after an error",
    "claimed": "is being sent",
    "delivered": "delivered",
    "crosspost": "delivered, but not to the channel's followers",
    "failed": "failed",
    "dropped": "not sent",
}

LISTS: Mapping[str, tuple[str, Sequence[State]]] = {
    "open": ("Open changes", OPEN),
    "in_force": ("Changes in force", IN_FORCE),
    "discarded": ("Discarded changes", ("discarded",)),
}
"""Name in an address → title and states of a list of changes."""

PROGRESS_SECONDS = 1.0
"""Between two looks at what became of a change while its page is open."""

LATELY = 8
"""Changes in force on the first page."""

BULLETINS_PER_PAGE = 20

MAX_RETURN_REASON = 500
"""Characters."""

MOST_PROGRESS = 5
"""So many bulletins of a change are shown one by one, with their deliveries."""

MOST_DELIVERIES = 100
"""Chats on a page of deliveries."""

ENTRIES_PER_PAGE = 30

MOST = 5
"""Groups of what readers bring on the first page."""

_CITING = tuple(f"{name}/" for name, kind in KINDS.items() if kind.cites)

BUTTONS: frozenset[Action] = frozenset({"ask", "approve", "return", "take_back", "discard"})
"""What is decided with the buttons under a change."""

_ONCE = re.compile(r"[\w-]{8,32}")

_TWICE = "Somebody else has changed the same text. Choose which one stays."


@dataclass(frozen=True, slots=True)
class Former:
    """What an entry said once.

    Attributes:
        which: "after" the change came into force, "before" it did, or a version of it, for example "version 3".
        moment: since when.
        version: its number; 0: it is of no version.
    """

    key: Key
    change: Change
    content: Content | None
    which: str
    moment: float
    version: int = 0

    @property
    def can_come_back(self) -> bool:
        """A bulletin is withdrawn, not removed."""
        return self.content is not None or not self.key.startswith("bulletins/")


WHY_IT_WAITS: Mapping[str, str] = {
    "differs": "A change made here and the files have changed the same. What was approved here is in force.",
    "clashes": "It does not stand beside what is in force.",
    "many": OWNERS_ONLY,
    "figures": "This bulletin keeps a figure as it was. Approve this if the figure was wrong.",
    "former": "A change made here has replaced this before.",
}
"""Why an entry of a deploy waits → the phrase for it."""


class DeskPages:
    """The desk over HTTP.

    Args:
        desk: what is decided, and the changes.
        sign_in: lets editors in.
        platforms: as which messages are shown.
        rates: platform → messages a second.
        review: the candidates of the feeds.
        embeddings: group what readers bring by its meaning; None: by its words.
    """

    def __init__(
        self,
        desk: Desk,
        sign_in: SignIn,
        platforms: Sequence[Platform[Any]],
        rates: Mapping[str, float],
        review: Review,
        embeddings: Embeddings | None = None,
    ) -> None:
        self._desk, self._sign_in, self._platforms, self._rates, self._review = desk, sign_in, platforms, rates, review
        forms = Forms(self._item, self._edits, self._save, self._rules, self._page)
        self._translation = TranslationPages(desk, forms)
        self._questions = QuestionPages(desk, self._page, self._made, embeddings)
        self._reports = ReportPages(desk, self._page)
        self._numbers = NumberPages(desk, self._page, {**labels(platforms), "web": "Web"})
        self._streams = EventStreams(PROGRESS_SECONDS)
        self._comparisons = Comparisons(desk, [platform for platform in platforms if platform.answers])
        self._checking = asyncio.Lock()  # a check takes tenths of a second of a processor: one at a time

    def add_routes(self, app: web.Application) -> None:
        self._sign_in.add_routes(app)
        required, router = self._sign_in.required, app.router
        one = f"{HOME}/{{id:\\d+}}"
        router.add_get(HOME, required(self.overview))
        router.add_get(f"{HOME}/changes/{{list:{'|'.join(LISTS)}}}", required(self.list_changes))
        router.add_get(f"{HOME}/entries", required(self.list_entries))
        router.add_get(f"{HOME}/entries/{{key:header|[a-z]+/[^/]+}}", required(self.show_entry))
        router.add_post(f"{HOME}/new", required(self.create))
        router.add_post(f"{HOME}/entry", required(self.change_entry))
        router.add_get(f"{HOME}/withdraw/{{name}}", required(self.ask_why))
        router.add_post(f"{HOME}/withdraw/{{name}}", required(self.withdraw))
        router.add_post(f"{HOME}/sending", required(self.decide_on_sending))
        router.add_post(f"{HOME}/candidates/{{id:\\d+}}", required(self.decide_on_candidate))
        router.add_get(f"{HOME}/brought", required(self._questions.show))
        router.add_get(NUMBERS, required(self._numbers.show))
        router.add_get(f"{NUMBERS}.csv", required(self._numbers.download))
        router.add_post(f"{HOME}/topic", required(self._questions.new_topic))
        router.add_get(REPORTS, required(self._reports.show))
        router.add_post(REPORTS, required(self._reports.answer))
        router.add_post(f"{HOME}/examples", required(self._questions.add_examples))
        router.add_get(f"{HOME}/claim", required(self._questions.show_claim))
        router.add_post(f"{HOME}/claim/sentence", required(self._questions.add_sentence))
        router.add_post(f"{HOME}/claim/review", required(self._questions.review))
        router.add_get(one, required(self.show))
        router.add_post(f"{one}/save", required(self.save))
        router.add_post(f"{one}/check", required(self.check))
        router.add_post(f"{one}/entries", required(self.change_entries))
        router.add_post(f"{one}/figures", required(self.answer))
        router.add_post(f"{one}/decide", required(self.decide))
        router.add_post(f"{one}/comment", required(self.comment))
        router.add_get(f"{HOME}/decisions.{{form:csv|json}}", required(self.decisions))
        router.add_get(f"{one}/insert", required(self.list_insertable))
        router.add_get(f"{one}/source", required(self.describe_address))
        router.add_get(f"{one}/progress", required(self.progress))
        router.add_get(f"{one}/events", required(self.events))
        router.add_get(f"{one}/consequences", required(self.consequences))
        self._translation.add_routes(router, required)
        app.on_shutdown.extend((self._streams.close, self._comparisons.close))

    # ---- The list

    async def overview(self, visit: Visit) -> web.Response:
        """What waits for somebody: changes, stories of the feeds, what readers asked and claimed; and the bulletins in force."""
        return await self._overview(visit, "")

    async def _overview(self, visit: Visit, notice: str, status: int = 200) -> web.Response:
        store, complete, query = self._desk.store, self._desk.live.complete, visit.request.query
        items = await self._desk.items(visit.person)
        in_force = await self._desk.items(visit.person, IN_FORCE)
        newsroom, wanted, number = Newsroom(store), query.get("q", "").strip()[:100], number_in(query.get("page", "1"))
        bulletins = self._bulletins(wanted)
        async with store.database.read() as connection:
            confirmation, many = await store.changes.many(connection)
        shown_here, number, last_page = page_of(bulletins, number, BULLETINS_PER_PAGE)
        words = wanted.casefold().split()
        found = [each for each in (*items, *in_force) if has_words(each, self._title_of(each), words)]
        last = await self._last_decisions(found)
        columns = board(found, last, visit.person.account)
        del columns["in_force"][LATELY:]
        return await self._page(
            visit,
            "desk_list.html",
            status,
            columns=columns,
            column_names=COLUMNS,
            last=last,
            older=_older(items),
            names=await self._names(*(item.change for item in found)),
            candidates=await store.candidates.in_state("waiting"),
            brought=(await self._questions.groups(visit)).shown[:MOST],
            bulletins=shown_here,
            found=len(bulletins),
            number=number,
            last_page=last_page,
            wanted=wanted,
            edited=self._desk.live.edited,
            confirmation=confirmation,
            many=many,
            notice=notice,
            refusal=await newsroom.refusal(self._desk.live.own),
            safeguards=await store.safeguards.get(),
            labels=labels(self._platforms),
            without_files=await newsroom.sent_without_files(complete),
            is_owner=visit.person.account in self._desk.rules.owners,
        )

    async def _last_decisions(self, items: Sequence[Item]) -> dict[ChangeId, AnyRow]:
        store = self._desk.store
        async with store.database.read() as connection:
            return await store.changes.last_decisions(connection, [each.change.id for each in items])

    async def list_changes(self, visit: Visit) -> web.Response:
        """One list of changes, with older ones on pages behind."""
        name = visit.request.match_info["list"]
        title, states = LISTS[name]
        items = await self._desk.items(visit.person, states, _before(visit.request.query.get("before", "")))
        names = await self._names(*(item.change for item in items))
        return await self._page(
            visit, "desk_changes.html", list=name, title=title, items=items, older=_older(items), names=names
        )

    def _bulletins(self, wanted: str) -> list[Bulletin]:
        """Those in force and those withdrawn, the newest first, whose id, title or text has the wanted words."""
        complete = self._desk.live.complete
        every = [*complete.bulletins.values(), *complete.withdrawn.values()]
        words = wanted.casefold().split()
        found = [
            each
            for each in every
            if all(word in " ".join((each.id, *each.title.values(), *each.body.values())).casefold() for word in words)
        ]
        return sorted(found, key=lambda each: (each.date, each.id), reverse=True)

    async def _names(self, *changes: Change) -> dict[str, str]:
        """The names of who saved anything, or decided last."""
        return await self._desk.store.sign_ins.names(
            {name for each in changes for name in (*each.savers, each.changed_by)}
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
        match visit.field("action"):
            case "take":
                try:
                    decision = await self._review.take(candidate, visit.person)
                except OtherDossier as refusal:
                    raise web.HTTPConflict(text=f"{refusal}\n") from refusal
                if decision is not None and decision.change is not None:
                    return see_other(f"{HOME}/{decision.change.id}")
            case "reject":
                try:
                    await self._review.reject(candidate, visit.person)
                except NotAllowed as refusal:
                    raise web.HTTPForbidden(text=str(refusal)) from refusal
            case "later":
                await self._review.put_off(candidate, visit.person)
            case _:
                raise web.HTTPBadRequest(text="Choose one of the buttons.")
        return see_other(HOME)

    # ---- The entries in force

    async def list_entries(self, visit: Visit) -> web.Response:
        """Every entry in force, by kind and by words; ``change``: the change to which they can be added."""
        query, titles = visit.request.query, self._titles(visit)
        kind, wanted = query.get("kind", ""), clean(query.get("q", ""))[:100]
        kind = kind if kind in KINDS else ""
        found = await asyncio.to_thread(matching, titles, kind, wanted)
        shown_here, number, last_page = page_of(found, number_in(query.get("page", "1")), ENTRIES_PER_PAGE)
        return await self._page(
            visit,
            "desk_entries.html",
            entries=titles.listed(shown_here),
            found=len(found),
            number=number,
            last_page=last_page,
            kind=kind,
            wanted=wanted,
            uses=await self._desk.uses(),
            edited=self._desk.live.edited,
            item=await self._added_to(visit),
            new_kinds=NEW_KINDS,
        )

    async def show_entry(self, visit: Visit) -> web.Response:
        """One entry in force: what it says, what refers to it, and what it refers to."""
        key, live = Key(visit.request.match_info["key"]), self._desk.live
        content = live.contents.get(key)
        if content is None or not is_edited(key):
            raise web.HTTPNotFound(text="There is no such entry.")
        titles, users = self._titles(visit), grouped((await self._desk.uses()).get(key, ()))
        refers = [each for each, _ in references(key, content) if each in live.contents and each != key]
        open_items = [each for each in await self._desk.items(visit.person) if "save" in each.possible]
        return await self._page(
            visit,
            "desk_entry.html",
            key=key,
            title=titles.of(key),
            value=titles.value(key),
            content=content,
            users={each: (titles.of(each), uses) for each, uses in islice(users.items(), ENTRIES_PER_PAGE)},
            more_users=len(users) - ENTRIES_PER_PAGE,
            refers={each: titles.of(each) for each in dict.fromkeys(refers)},
            is_edited=key in live.edited,
            other=await self._open_change(key),
            open_items=[each for each in open_items if key not in each.entries],
            item=await self._added_to(visit),
        )

    async def _added_to(self, visit: Visit) -> Item | None:
        """The change to which entries of these pages are added, if it can still be written."""
        number = number_in(visit.request.query.get("change", ""))
        item = await self._desk.item(ChangeId(number), visit.person) if number else None
        return item if item is not None and "save" in item.possible else None

    def _titles(self, visit: Visit, contents: Contents | None = None) -> Titles:
        """What the entries in force are called, and those of a change."""
        live = self._desk.live
        return Titles(live.complete, visit.person.language, {**live.contents, **(contents or {})})

    def _rules(self) -> FormRules:
        return FormRules(self._desk.live.complete.written_languages, forms_in(self._desk.live.contents.items()))

    def _edits(self, visit: Visit, item: Item) -> list[Edit]:
        """What the form of a change has in its fields."""
        return edits_in(visit.form, item.contents, self._rules())

    # ---- New changes

    async def create(self, visit: Visit) -> web.Response:
        """A change with a new bulletin, or with a new entry of another kind."""
        new = self._new(visit, self._desk.live.contents) if visit.field("kind") else None
        if isinstance(new, str):
            return see_other(f"{HOME}/entries/{new}")
        made = await self._made(visit, "", {Key(f"{NEW}1"): {}} if new is None else {})
        if made is None:
            own = [item for item in await self._desk.items(visit.person) if visit.person.account in item.change.savers]
            return see_other(f"{HOME}/{own[0].change.id}" if own else HOME)
        if new is not None:
            await self._desk.add_entry(made.id, visit.person, *new)
        return see_other(f"{HOME}/{made.id}")

    async def change_entry(self, visit: Visit) -> web.Response:
        """A change of an entry that is in force, was once, or is in the files."""
        live, key = self._desk.live, Key(clean(visit.field("key"))[:200])
        match visit.field("action"):
            case "correct":
                if key not in live.contents or not is_edited(key):
                    raise web.HTTPNotFound(text="There is no such entry.")
                if (other := await self._open_change(key)) is not None:
                    return see_other(f"{HOME}/{other.id}{self._translated_to(visit) or '?working'}")
                content: Content | None = live.contents[key]
            case "back":
                which = number_in(visit.field("change")), visit.field("which")
                former = await self._former(key, ChangeId(which[0]))
                chosen = next((each for each in former if (each.change.id, each.which) == which), None)
                if chosen is None or not chosen.can_come_back:
                    raise web.HTTPNotFound(text="There is no such entry.")
                content = _with_embargo_of(live.contents.get(key), chosen.content)
            case _:
                raise web.HTTPBadRequest(text="Choose one of the buttons.")
        made = await self._made(visit, self._title(key, content), {key: content})
        where = made or await self._open_change(key)
        return see_other(f"{HOME}/{where.id}{self._translated_to(visit)}" if where else HOME)

    def _translated_to(self, visit: Visit) -> str:
        """Where the language is written that a form chose to translate to, behind a change's address; "": it chose none."""
        language, complete = visit.field("to"), self._desk.live.complete
        is_one = language in complete.written_languages and language != complete.header.default_language
        return f"/translation/{language}" if is_one else ""

    async def _made(self, visit: Visit, title: str, contents: Contents) -> Change | None:
        """A new change; None if this very form has made one already, as by a second press."""
        once = visit.field("once")
        cause = f"desk {once}" if _ONCE.fullmatch(once) else None
        try:
            return await self._desk.create(visit.person, title, contents, cause)
        except AlreadyApplied:
            return None
        except DeskError as refusal:
            raise web.HTTPConflict(text=str(refusal)) from refusal

    async def _open_change(self, key: Key) -> Change | None:
        """The latest change of an entry that is not in force yet."""
        store = self._desk.store
        async with store.database.read() as connection:
            of_entry = await store.changes.of_entry(connection, key)
        return next((each for each in of_entry if each.state in OPEN), None)

    def _title(self, key: Key, content: Content | None) -> str:
        """What a change of one entry is called."""
        language = self._desk.live.complete.header.default_language
        content = content or self._desk.live.contents.get(key)
        return (self._read(title_of(content, language)) or key.partition("/")[2] or key)[:200]

    def _read(self, title: str) -> str:
        """A title with its facts filled in, as far as they are there."""
        try:
            return DossierTexts(self._desk.live.complete, self._desk.live.complete.header.default_language).line(title)
        except (KeyError, ValueError):
            return title

    def _title_of(self, item: Item) -> str:
        language = self._desk.live.complete.header.default_language
        return self._read(title_of_change(item.change, item.contents, language))

    async def _former(self, key: Key, of: ChangeId) -> list[Former]:
        """What an entry said in each version that somebody asked for or that was in force, the latest first, and before all.

        ``of``: a change that has the entry, or had it: it was taken out.
        """
        store, found = self._desk.store, list[Former]()
        async with store.database.read() as connection:
            in_force: list[tuple[int, Content | None]] = []
            changes = [] if key.startswith(NEW) else list(await store.changes.of_entry(connection, key))
            own = await store.changes.read(connection, of)
            if own is not None and own.id not in {each.id for each in changes}:
                changes.append(own)
            for change in changes:
                entry = (await store.changes.entries(connection, change.id)).get(key)
                known = list[Content | None]()
                if change.state == "in_force" and entry is not None:
                    in_force.append((change.edition or 0, entry.base))
                    corrected = local_time(
                        change.due or 0.0, "UTC"
                    ).date()  # what was approved had no day of a correction
                    known += [entry.content, entry.content and uncorrected(entry.base, entry.content, corrected)]
                    found.append(Former(key, change, entry.content, "after", change.changed, change.version))
                for row in await store.changes.versions(connection, change.id):
                    if key in row.contents and row.contents[key] not in known:
                        known.append(row.contents[key])
                        which = f"version {row.version}"
                        found.append(Former(key, change, row.contents[key], which, row.kept, row.version))
        found.sort(key=lambda each: each.moment, reverse=True)
        first = min(in_force, key=lambda each: each[0], default=(0, None))[1]
        if first is not None:
            change = next(each.change for each in reversed(found) if each.which == "after")
            found.append(Former(key, change, first, "before", change.created))
        return found

    async def _history(self, change: Change, entries: Mapping[Key, ChangedEntry]) -> dict[Key, list[Former]]:
        """What the entries of a change said, and those that were taken out of it. A new bulletin has another key once it is approved."""
        store = self._desk.store
        async with store.database.read() as connection:
            versions = await store.changes.versions(connection, change.id)
        texts = [without_date(each.content or {}) for each in entries.values()]
        taken_out = {
            Key(key): None
            for row in versions
            for key, content in row.contents.items()
            if key not in entries and without_date(content or {}) not in texts
        }
        found = {key: await self._former(key, change.id) for key in (*entries, *taken_out)}
        return {key: former for key, former in found.items() if former}

    async def ask_why(self, visit: Visit) -> web.Response:
        """The page that asks why a bulletin is withdrawn; the withdrawal that is open, if there is one."""
        _, key, _ = await self._withdrawable(visit)
        other = await self._open_withdrawal(visit, key)
        return see_other(f"{HOME}/{other.change.id}") if other is not None else await self._ask_why(visit)

    async def _ask_why(self, visit: Visit, error: str = "", status: int = 200) -> web.Response:
        name, key, content = await self._withdrawable(visit)
        async with self._desk.store.database.read() as connection:
            progress = await self._desk.store.deliveries.progress(connection, [name])
        counts = progress[name].counts if name in progress else {}
        return await self._page(
            visit,
            "desk_withdraw.html",
            status,
            name=name,
            day=date.fromisoformat(str(content["date"])),
            title=self._titles(visit).read(title_of(content, visit.person.language)),
            other=await self._open_change(key),
            reasons={code: visit.field(f"because-{code}") for code in self._desk.live.complete.written_languages},
            chats=counts.get("delivered", 0) + counts.get("crosspost", 0),
            error=error,
        )

    async def _withdrawable(self, visit: Visit) -> tuple[BulletinId, Key, Content]:
        """A bulletin that is in force, or that was sent and is not any more, for somebody who may withdraw it."""
        if not self._desk.rules.decides(visit.person.account):
            raise web.HTTPForbidden(text=APPROVERS_ONLY)
        name, live = BulletinId(visit.request.match_info["name"]), self._desk.live
        key = Key(f"bulletins/{name}")
        content = live.contents[key] if name in live.complete.bulletins else await self._desk.sent(name)
        if content is None:
            raise web.HTTPNotFound(text="There is no such bulletin, or it is withdrawn already.")
        return name, key, content

    async def _open_withdrawal(self, visit: Visit, key: Key) -> Item | None:
        """The latest change that withdraws a bulletin and is not in force yet."""
        store = self._desk.store
        async with store.database.read() as connection:
            of_entry = await store.changes.of_entry(connection, key)
        for change in of_entry:
            item = await self._desk.item(change.id, visit.person) if change.state in OPEN else None
            entry = item.entries.get(key) if item is not None else None
            if entry is not None and "withdrawn" in (entry.content or {}) and "withdrawn" not in (entry.base or {}):
                return item
        return None

    async def _withdrawn_by(self, visit: Visit, item: Item, key: Key, because: Mapping[Language, str]) -> web.Response:
        """The open withdrawal, with the reasons that were typed for a second one and that it does not have."""
        edits = [Edit(key, ("withdrawn", "because", code), "", text) for code, text in because.items()]
        if not unsaved(item.entries, edits):
            return see_other(f"{HOME}/{item.change.id}")
        return await self._show(visit, item, edits=edits, error="This bulletin is being withdrawn already.", status=409)

    async def withdraw(self, visit: Visit) -> web.Response:
        """A change that withdraws a bulletin. Its approval is asked for at once; it is approved where one editor is enough."""
        _, key, content = await self._withdrawable(visit)
        languages = self._desk.live.complete.languages
        because = {code: text for code in languages if (text := clean(visit.field(f"because-{code}")))}
        if (other := await self._open_withdrawal(visit, key)) is not None:
            return await self._withdrawn_by(visit, other, key, because)
        if not because:
            return await self._ask_why(visit, "Say why it is withdrawn.", 409)
        if any(len(text) > MAX_REASON for text in because.values()):
            return await self._ask_why(visit, REASON_TOO_LONG, 409)
        async with self._desk.store.database.read() as connection:
            now = await self._desk.store.database.moment(connection)
        mark: dict[str, Any] = {"date": self._desk.day(None, now).isoformat(), "because": because}
        content = {**content, "withdrawn": mark}
        made = await self._made(visit, self._title(key, content), {key: content})
        if made is None:  # a second press at the same moment
            where = await self._open_withdrawal(visit, key)
            return see_other(f"{HOME}/{where.change.id}" if where else HOME)
        is_alone = not self._desk.rules.needs_two or visit.person.account in self._desk.rules.owners
        try:
            await self._desk.decide(made.id, made.version, "approve" if is_alone else "ask", visit.person)
        except DeskError as refusal:
            item = await self._desk.item(made.id, visit.person)
            if item is not None:
                return await self._show(visit, item, error=str(refusal), status=409)
        return see_other(f"{HOME}/{made.id}")

    # ---- One change

    async def show(self, visit: Visit) -> web.Response:
        """A change: the form where it can be changed, its previews, decisions, and what became of it."""
        return await self._show(visit, await self._item(visit))

    async def _show(
        self,
        visit: Visit,
        item: Item,
        *,
        edits: Sequence[Edit] = (),
        error: str = "",
        error_at: str = "",
        status: int = 200,
    ) -> web.Response:
        """``edits``: what was typed, of which the page shows what could not be saved; ``error_at``: the field with the error."""
        change, entries, store = item.change, item.entries, self._desk.store
        complete = self._desk.live.complete
        default, zone = complete.header.default_language, complete.header.zone
        contents = with_edits(entry_contents(entries), edits)
        titles = self._titles(visit, contents)
        used = await self._desk.uses(entries) if change.state in OPEN else {}
        wanted = clean(visit.request.query.get("chat", ""))[:64]
        async with store.database.read() as connection:
            decisions = await store.changes.decisions(connection, change.id)
            comments = await store.changes.comments(connection, change.id)
            progress = shown_progress(await store.deliveries.progress(connection, item.bulletins))
        listed = item.bulletins[:MOST_PROGRESS]
        deliveries = [(name, await store.deliveries.delivered_to(name, wanted)) for name in listed]
        savers = await store.sign_ins.names({*change.savers, change.changed_by})
        own = change_fields(change, zone, edits)
        lost = unsaved(entries, edits)
        return await self._page(
            visit,
            "desk_change.html",
            status,
            item=item,
            change=change,
            own=own,
            forms=entry_forms(entries, self._rules(), default, edits),
            title=self._read(title_of_change(change, contents, default)),
            error=error,
            error_at=error_at,
            unsaved=[(edit, shown(edit.value)) for edit in lost] if "save" not in item.possible else [],
            taken_out=[
                (edit, shown(edit.value))
                for edit in lost
                if edit.key not in entries or entries[edit.key].content is None
            ],
            reason=clean(visit.field("reason")),  # of a form that was refused
            words=clean(visit.field("words")),
            new_kind=visit.field("kind"),
            decisions=decisions,
            comments=comments,
            comment=clean(visit.field(COMMENT)),  # of a form that was refused
            max_comment=MAX_COMMENT,
            untranslated=[(code, language_name(code)) for code in self._desk.untranslated(entries.values())],
            left_out={
                code
                for code in self._desk.untranslated(entries.values())
                if any(left_out_key(code) in each.made_from for each in entries.values())
            },
            progress=progress,
            deliveries=deliveries,
            most=MOST_DELIVERIES,
            wanted=wanted,
            history=await self._history(change, entries),
            savers=savers,
            is_working="working" in visit.request.query,
            known=self._known(visit, titles),
            options=options(titles),
            called={key: titles.of(key) for key in entries},
            in_force=self._desk.live.contents,
            users={
                key: [(each, titles.of(each)) for each in islice(grouped(used.get(key, ())), ENTRIES_PER_PAGE)]
                for key in entries
            },
            most_users=ENTRIES_PER_PAGE,
            candidate=await store.candidates.of_change(change.id),
            needed_by=await self._desk.needed_by(change, entries) if change.state in OPEN else {},
            new_kinds=NEW_KINDS,
            **await self._figures(visit, item, contents),
            **await self._checked(item, contents, visit.person.language, is_refused=bool(error), is_saved=True),
        )

    def _known(self, visit: Visit, titles: Titles) -> tuple[str, str] | None:
        """The id and title of the source that the dossier had already, of which somebody typed the address."""
        key = Key(visit.request.query.get("known", ""))
        is_source = key.startswith("sources/") and titles.contents.get(key) is not None
        return (key.partition("/")[2], titles.of(key)) if is_source else None

    async def save(self, visit: Visit) -> web.Response:
        """Saves what was typed, by field. A script gets JSON: the digests of what is stored, and what two have changed."""
        edits = self._edits(visit, await self._item(visit))
        wants_json = visit.request.headers.get("Accept", "").startswith("application/json")
        try:
            _, is_whole = await self._save(visit, edits)
        except DeskError as refusal:
            if wants_json:
                return await self._saved_json(visit, edits, str(refusal), refusal.field)
            return await self._refused(visit, refusal, edits)
        if wants_json:
            return await self._saved_json(visit, edits)
        if not is_whole:
            return await self._show(visit, await self._item(visit), edits=edits, error=_TWICE, status=409)
        return see_other(f"{HOME}/{_id(visit)}")

    async def _save(self, visit: Visit, edits: Sequence[Edit]) -> tuple[Change, bool]:
        """The change, and whether everything that was typed is stored.

        Raises:
            DeskError: nothing was saved.
        """
        item, typed = await self._item(visit), [edit for edit in edits if is_typed(edit)]
        for edit in typed:
            refuse_long(edit)
        zone = self._desk.live.complete.header.zone
        own = change_fields(item.change, zone, typed)
        to_save = {edit.field[0]: edit.value for edit in typed if edit.key == OF_CHANGE}
        is_whole = not any(field.is_conflict for field in own.values())
        title: str | None = None
        planned: tuple[float | None] | None = None
        if "title" in to_save and not own["title"].is_conflict:
            title = shown(to_save["title"])[:200]
        if "planned" in to_save and not own["planned"].is_conflict:
            when = shown(to_save["planned"])
            try:
                planned = (moment_of(when, zone) if when else None,)
            except ValueError as error:
                raise DeskError("This is not a day and an hour.", PLANNED) from error
        of_entries = [edit for edit in typed if edit.key != OF_CHANGE]
        is_whole &= all(edit.key in item.entries for edit in of_entries)
        if not of_entries and title is None and planned is None:
            return item.change, is_whole
        saved = await self._desk.save(item.change.id, visit.person, of_entries, title, planned)
        return saved.change, is_whole and not saved.conflicts

    async def _saved_json(
        self, visit: Visit, edits: Sequence[Edit], error: str = "", error_at: str = ""
    ) -> web.Response:
        item, zone = await self._item(visit), self._desk.live.complete.header.zone
        say = phrases_in(visit.person.language).say
        own = {name: field.seen for name, field in change_fields(item.change, zone).items()}
        seen, conflicts, lost = dict[str, str](), dict[str, Any](), unsaved(item.entries, edits)
        rules, contents = self._rules(), item.contents
        for edit in edits:
            name = "|".join((edit.key, *edit.field))
            if edit.key == OF_CHANGE:
                stored: Any = item.change.title if edit.field == ("title",) else self._planned(item.change)
                digest, is_stored = own[edit.field[0]], shown(edit.value)[:200] == stored
            elif edit.key in item.entries:
                stored = fields(item.entries[edit.key].content).get(edit.field, ABSENT)
                digest, is_stored = value_digest(stored), edit not in lost
            else:
                error = error or _TWICE
                continue
            if is_stored or not is_typed(edit):
                seen[name] = digest
            elif digest != edit.seen:
                control = rules.control(edit.key, contents, edit.field)
                theirs = controls(control, stored) if control is not None else []
                conflicts[name] = {"theirs": theirs, "text": shown(stored), "seen": digest}
        answer: dict[str, Any] = {"version": item.change.version, "seen": seen, "conflicts": conflicts}
        if error:
            answer |= {"error": say(error), "field": error_at, "ended": "save" not in item.possible}
        return web.json_response(answer, status=409 if error or conflicts else 200)

    def _planned(self, change: Change) -> str:
        return change_fields(change, self._desk.live.complete.header.zone)["planned"].text

    async def _refused(
        self, visit: Visit, refusal: DeskError, edits: Sequence[Edit], action: Action | None = None
    ) -> web.Response:
        """The change as it is now, with what was typed if that could not be saved. A second press of the same button is none."""
        item = await self._item(visit)
        if action is not None and not unsaved(item.entries, edits):
            async with self._desk.store.database.read() as connection:
                decisions = await self._desk.store.changes.decisions(connection, item.change.id)
            last = decisions[0] if decisions else None
            if last is not None and (last.action, last.decided_by) == (action, visit.person.account):
                return see_other(f"{HOME}/{item.change.id}")
        error = str(refusal)
        if refusal.values:
            error = phrases_in(visit.person.language).say(error, **refusal.values)
        status = web.HTTPForbidden.status_code if isinstance(refusal, NotAllowed) else web.HTTPConflict.status_code
        return await self._show(visit, item, edits=edits, error=error, error_at=refusal.field, status=status)

    async def check(self, visit: Visit) -> web.Response:
        """The diagnostics and previews of what was typed, without saving it: the part of the page that follows while typing."""
        item = await self._item(visit)
        contents = with_edits(item.contents, self._edits(visit, item))
        return await self._page(
            visit,
            "desk_checked.html",
            item=item,
            change=item.change,
            **await self._figures(visit, item, contents),
            **await self._checked(item, contents, visit.person.language),
        )

    async def list_insertable(self, visit: Visit) -> web.Response:
        """The facts and sources that can be inserted into a text of this change, with the values that the change gives facts."""
        item, complete = await self._item(visit), self._desk.live.complete
        own = {key: each.content for key, each in item.entries.items() if not key.startswith("bulletins/")}
        dossier = with_facts(complete, own)
        wanted = visit.request.query.get("language", "")
        language = next(
            (each for each in complete.written_languages if each == wanted), complete.header.default_language
        )
        contents = {**self._desk.live.contents, **own}
        titles = Titles(dossier, visit.person.language, contents)
        return web.json_response(insertable(titles, Titles(dossier, language, contents)))

    async def describe_address(self, visit: Visit) -> web.Response:
        """What the dossier knows of a page that somebody wants to cite. Nothing is fetched."""
        item = await self._item(visit)
        titles = self._titles(visit, item.contents)
        own = Key(visit.request.query.get("key", ""))
        others = {key: content for key, content in titles.contents.items() if key != own}
        return web.json_response(
            about_address(visit.request.query.get("address", ""), replace(titles, contents=others))
        )

    async def change_entries(self, visit: Visit) -> web.Response:
        """Takes an entry into the change, or out of it. What was typed is saved first."""
        action, _, name = visit.field("action").partition(":")
        change_id, key, edits = _id(visit), Key(name[:200]), self._edits(visit, await self._item(visit))
        try:
            _, is_whole = await self._save(visit, edits)
            if not is_whole:
                return await self._show(visit, await self._item(visit), edits=edits, error=_TWICE, status=409)
            if action in ("add", "add-bulletin"):
                key = await self._add(visit, is_bulletin=action == "add-bulletin")
                if key not in (await self._item(visit)).entries:
                    return see_other(f"{HOME}/{change_id}?{urlencode({'known': key})}")
            elif action == "rename":
                key = await self._desk.rename_topic(change_id, visit.person, key, visit.field(f"rename|{key}")[:200])
            else:
                await self._take(visit, action, key)
        except DeskError as refusal:
            return await self._refused(visit, refusal, edits)
        return see_other(f"{HOME}/{change_id}" + ("" if action == "drop" else f"#{quote(f'entry-{key}')}"))

    async def answer(self, visit: Visit) -> web.Response:
        """A figure that sent bulletins print was wrong, or has changed. What was typed is saved first."""
        answer, _, name = visit.field("action").partition(":")
        edits = self._edits(visit, await self._item(visit))
        action = next((each for each in ANSWERS if each == answer), None)
        if action is None:
            raise web.HTTPBadRequest(text="Choose one of the buttons.")
        try:
            _, is_whole = await self._save(visit, edits)
            if not is_whole:
                return await self._show(visit, await self._item(visit), edits=edits, error=_TWICE, status=409)
            await self._desk.answer(_id(visit), visit.person, Key(name[:200]), action)
        except DeskError as refusal:
            return await self._refused(visit, refusal, edits)
        return see_other(f"{HOME}/{_id(visit)}#{FIGURES}")

    async def _add(self, visit: Visit, *, is_bulletin: bool) -> Key:
        """Takes a new entry into the change. A source that the dossier has already is cited instead."""
        change_id, person = _id(visit), visit.person
        if is_bulletin:
            return await self._desk.add_entry(change_id, person, "bulletins", {})
        item = await self._item(visit)
        new = self._new(
            visit, {**self._desk.live.contents, **{each.key: each.content for each in item.entries.values()}}
        )
        key = new if isinstance(new, str) else await self._desk.add_entry(change_id, person, *new)
        if key.startswith("sources/"):
            await self._cite(visit, key, cited=True)
        return key

    def _new(self, visit: Visit, contents: Contents) -> Key | tuple[str, dict[str, Value], str]:
        """The new entry of a form with a kind and words, as :func:`new_content`; of an address, the source that has it among ``contents``."""
        kind, words = visit.field("kind"), visit.field("words")
        if kind == "sources" and is_address(words):
            return known_source(words, contents) or ("sources", *new_source(words, contents))
        new = new_content(kind, words[:500], visit.person.language)
        if new is None:
            raise web.HTTPBadRequest(text="Choose one of the buttons.")
        return new

    async def _take(self, visit: Visit, action: str, key: Key) -> None:
        """Takes an entry that is in force into the change, or one of the change out of it or out of the dossier."""
        change_id, person, desk = _id(visit), visit.person, self._desk
        match action:
            case "open" if key in desk.live.contents and is_edited(key):
                await desk.open_entry(change_id, person, key)
            case "drop":
                entries = (await self._item(visit)).entries
                if key in entries:  # else it is a second press
                    await desk.drop_entry(change_id, person, key)
                    if entries[key].base is None and key.startswith("sources/"):
                        await self._cite(visit, key, cited=False)
            case "remove":
                await desk.remove_entry(change_id, person, key)
            case _:
                raise web.HTTPBadRequest(text="Choose one of the buttons.")

    async def _cite(self, visit: Visit, source: Key, *, cited: bool) -> None:
        """Adds a source to the change's only bulletin, or else to the only entry that can cite one; or takes it out of all."""
        item, name = await self._item(visit), source.partition("/")[2]
        citing = [each for each in item.entries.values() if each.content is not None and each.key.startswith(_CITING)]
        if cited:
            citing = [each for each in citing if each.key.startswith("bulletins/")] or citing
            if len(citing) != 1:
                return
        edits = []
        for entry in citing:
            stored = (entry.content or {}).get("sources", ABSENT)
            names = [each for each in stored if each != name] if isinstance(stored, list) else []
            wanted = [*names, name] if cited else names
            edits.append(Edit(entry.key, ("sources",), value_digest(stored), wanted or ABSENT))
        await self._desk.save(item.change.id, visit.person, edits)

    async def decide(self, visit: Visit) -> web.Response:
        """One of the buttons under a change. What was typed is saved first."""
        name, change_id = visit.field("action"), _id(visit)
        action = next((listed for listed in ACTIONS if listed == name), None)
        if action is None or action not in BUTTONS:
            raise web.HTTPBadRequest(text="Choose one of the buttons.")
        reason, version = clean(visit.field("reason")), number_in(visit.field("version"))
        item = await self._item(visit)
        edits = self._edits(visit, item)
        try:
            if action == "return" and item.change.state == "review" and not reason:
                raise DeskError("Say why it is returned.")
            if len(reason) > MAX_RETURN_REASON:
                raise DeskError("The reason of a return may have 500 characters.")
            if any(map(is_typed, edits)):
                before = item.change.version
                saved, is_whole = await self._save(visit, edits)
                if not is_whole:
                    return await self._show(visit, await self._item(visit), edits=edits, error=_TWICE, status=409)
                if action == "approve" and before != version:  # it is not what this editor has seen
                    raise Overtaken("Somebody else has changed this meanwhile.")
                version = saved.version
            elif action == "ask" and "save" in item.possible:
                version = item.change.version
            if action in ("ask", "approve"):
                await self._leave_out(visit)
                version = await self._named(visit, version)
            await self._desk.decide(change_id, version, action, visit.person, reason)
        except DeskError as refusal:
            return await self._refused(visit, refusal, edits, action)
        return see_other(HOME if action == "discard" else f"{HOME}/{change_id}")

    async def comment(self, visit: Visit) -> web.Response:
        """What an editor has to say about the change. What was typed into it is saved first."""
        edits = self._edits(visit, await self._item(visit))
        try:
            _, is_whole = await self._save(visit, edits) if any(map(is_typed, edits)) else (None, True)
            if not is_whole:
                return await self._show(visit, await self._item(visit), edits=edits, error=_TWICE, status=409)
            await self._desk.comment(_id(visit), visit.person, clean(visit.field(COMMENT)))
        except DeskError as refusal:
            return await self._refused(visit, refusal, edits)
        return see_other(f"{HOME}/{_id(visit)}#comments")

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

    async def _leave_out(self, visit: Visit) -> None:
        """Keeps which languages the editor chose to send without, where one is missing."""
        item = await self._item(visit)
        if "save" in item.possible and self._desk.untranslated(item.entries.values()):
            await self._desk.leave_out(item.change.id, visit.person, visit.form.get(WITHOUT, ()))

    async def _named(self, visit: Visit, version: int) -> int:
        """Gives a change without a title that of its first bulletin, by which others know it; the version after that."""
        item = await self._item(visit)
        if item.change.title or item.change.version != version or "save" not in item.possible:
            return version
        title = self._title_of(item)[:200]
        return (await self._desk.save(item.change.id, visit.person, (), title)).change.version if title else version

    # ---- Progress

    async def progress(self, visit: Visit) -> web.Response:
        """The part of the page that says what became of the change."""
        item = await self._item(visit)
        async with self._desk.store.database.read() as connection:
            progress = shown_progress(await self._desk.store.deliveries.progress(connection, item.bulletins))
        return await self._page(visit, "desk_progress.html", item=item, change=item.change, progress=progress)

    async def events(self, visit: Visit) -> web.StreamResponse:
        """Sends ``changed`` whenever the numbers change. A page fetches :meth:`progress` then, or every few seconds without events."""

        async def numbers() -> tuple[object, ...]:
            item = await self._item(visit)
            async with self._desk.store.database.read() as connection:
                progress = await self._desk.store.deliveries.progress(connection, item.bulletins)
            counts = tuple((name, *(each.counts or {}).items()) for name, each in progress.items())
            return item.change.state, item.change.version, item.change.changed, counts

        return await self._streams.serve(visit.request, _id(visit), numbers)

    # ---- Consequences

    async def consequences(self, visit: Visit) -> web.Response:
        """What an open change changes for readers. Until that is worked out the page says how far it is, and asks again."""
        item = await self._item(visit)
        if item.change.state not in OPEN:
            raise web.HTTPNotFound(text="This change is not open any more.")
        comparison = await self._comparisons.of(item)
        values = consequences_shown(comparison, visit.person.language)
        title = self._title_of(item)
        response = await self._page(visit, "desk_consequences.html", change=item.change, title=title, **values)
        if not comparison.is_done:
            response.headers["Refresh"] = "1"  # of a browser without a script
        return response

    # ---- Parts of the pages

    async def _item(self, visit: Visit) -> Item:
        item = await self._desk.item(_id(visit), visit.person)
        if item is None:
            raise web.HTTPNotFound(text="There is no such change.")
        return item

    async def _checked(
        self, item: Item, contents: Contents, language: Language, *, is_refused: bool = False, is_saved: bool = False
    ) -> dict[str, Any]:
        """What the page shows of a change's content: what is wrong, in an editor's language, how it looks, who gets it.

        Everything that refers to it is checked if something was refused, and if it changes what others may refer to.
        ``is_saved``: whether the contents are those that are stored.
        """
        desk, change, entries = self._desk, item.change, item.entries
        async with desk.store.database.read() as connection:
            now = await desk.store.database.moment(connection)
        day, default = desk.day(change, now), desk.live.complete.header.default_language
        if change.state == "in_force":
            day = max(day.min, local_time(change.changed, desk.live.complete.header.zone).date())
        bases = {key: entry.base for key, entry in entries.items()}
        is_open = change.state in OPEN
        typed = {key: replace(entry, content=contents.get(key)) for key, entry in entries.items()}
        alone = not is_refused and all(key.startswith("bulletins/") or not bases[key] for key in contents)
        async with self._checking:
            diagnostics = await desk.errors(change, contents, alone=alone) if is_open and contents else []
            rendered = await asyncio.to_thread(
                renderings, desk.live.loading, bases, contents, day, self._platforms, language
            )
        forms = entry_forms(typed, self._rules(), default)
        titles = {key: self._read(title_of(content, default)) for key, content in contents.items()}
        wording = Wording(phrases_in(language).say, language, self._language_names(), titles)
        found = mistakes(diagnostics, contents, forms, default, wording, is_refused=is_refused, is_saved=is_saved)
        return {
            "mistakes": found,
            "wrong_at": {
                at: [each for each in found if each.is_shown and each.at == at]
                for at in {each.at for each in found if each.is_shown}
            },
            "renderings": rendered,
            "day": day,
            "titles": titles,
            "audiences": await audiences(desk.store, change, entries, contents, self._rates, desk.live.complete)
            if is_open
            else {},
            "chats": await standing_in(desk.store, entries) if is_open else {},
            "outdated": [f"outdated|{form.key}|{language}" for form in forms for language in sorted(form.outdated)],
        }

    async def _figures(self, visit: Visit, item: Item, contents: Contents) -> dict[str, Any]:
        """The figures of an open change that bulletins print, with those bulletins' titles, and in how many chats they stand."""
        is_open = item.change.state in OPEN
        found = await self._desk.figures(item.change, item.entries, contents) if is_open else []
        keys = {key for each in found for key in (*each.printing, *each.kept)}
        in_force = {key: self._desk.live.contents[key] for key in keys if key in self._desk.live.contents}
        sent = {key: ChangedEntry(key, content, content, {}) for key, content in in_force.items()}
        chats = await standing_in(self._desk.store, sent)
        language = visit.person.language
        line = DossierTexts(self._desk.live.complete, language).line
        titles = {key: line(title_of(content, language)) for key, content in in_force.items()}
        return {"figures": found, "figures_titles": titles, "figures_chats": chats}

    def _choices(self, say: Callable[[str], str]) -> Mapping[str, list[tuple[str, str]]]:
        """Field → what can be chosen, in words."""
        pictures = sorted({topic.picture for topic in self._desk.live.complete.topics.values() if topic.picture})
        found = {name: [(value, say(words)) for value, words in each.items()] for name, each in CHOICES.items()}
        found["logo"] = [(each, each) for each in LOGO_FILES]
        return {**found, "picture": [(TITLE_CARD, say("Title card")), *((each, each) for each in pictures)]}

    def _language_names(self) -> dict[str, str]:
        """Language of the dossier → its name in itself."""
        return {str(code): language_name(code) for code in self._desk.live.complete.written_languages}

    async def _page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> web.Response:
        language, dossier = visit.person.language, self._desk.live.complete
        phrases, zone = phrases_in(language), dossier.header.zone
        names_of_languages = self._language_names()

        def when(at: float | None) -> str:
            local = local_time(at or 0.0, zone)
            is_twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()  # as summer time ends
            return f"{written_moment(local, language)} ({zone}{f', UTC{local.isoformat()[-6:]}' if is_twice else ''})"

        text = page(
            template,
            say=phrases.say,
            count=phrases.count,
            when=when,
            on_day=lambda day: written_day(day, language),
            zone=zone,
            in_language=in_language,
            line=DossierTexts(dossier, language).line,
            language=language,
            languages=list(names_of_languages.items()),
            offered_languages=dossier.languages,
            language_names=names_of_languages,
            default_language=dossier.header.default_language,
            platforms=labels(self._platforms),
            states=STATES,
            returned=RETURNED,
            actions=ACTIONS,
            done=DONE,
            delivery_states=DELIVERY_STATES,
            person=visit.person,
            may_decide=self._desk.rules.decides(visit.person.account),
            token=visit.form_token,
            once=token_urlsafe(12),
            path=visit.request.path,
            place=visit.request.path_qs,
            title_of_change=self._title_of,
            translated=lambda item: translated(item, dossier.languages, dossier.header.default_language),
            translated_words=TRANSLATED,
            differences=differences,
            label_of=lambda key, place: label(key, place, phrases.say, names_of_languages),
            hint_of=lambda key, place: hint(key, place, phrases.say),
            kind_of=lambda key, content=None: kind_of(key, content, phrases.say),
            kinds=KINDS,
            key_of=key_of,
            choices_of=self._choices(phrases.say),
            says_none=NONE,
            fields_of=fields,
            quote=quote,
            ends_withdrawal=ends_withdrawal,
            figures_kept=figures_kept,
            why_it_waits=WHY_IT_WAITS,
            shown=shown,
            **values,
        )
        return web.Response(text=text, content_type="text/html", status=status, headers={"Cache-Control": "no-store"})


def _with_embargo_of(present: Content | None, content: Content | None) -> Content | None:
    """A former content with the embargo that the entry in force has, which is its file's matter."""
    if present is None or content is None:
        return content
    words = {name: value for name, value in content.items() if name != "not_before"}
    return words | {name: value for name, value in present.items() if name == "not_before"}


def shown_progress(progress: Mapping[BulletinId, Progress]) -> Mapping[BulletinId, Progress]:
    """The progress of each bulletin; that of more than :data:`MOST_PROGRESS` in one sum, as of a figure that many print."""
    if len(progress) <= MOST_PROGRESS:
        return progress
    counts, reasons = Counter[str](), Counter[str]()
    for each in progress.values():
        counts.update(each.counts)
        reasons.update(dict(each.reasons))
    is_out = all(each.is_published for each in progress.values())
    return {BulletinId(""): Progress(is_out, counts, reasons.most_common())}


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


def _id(visit: Visit) -> ChangeId:
    return ChangeId(number_in(visit.request.match_info["id"]))
