"""Who may do what with a change: writers, approvers, editors without a role, owners."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.changes import Action, Change, ChangeId, Person, State
from bot.db.store import Store
from bot.dossier.entries import Key
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.newsroom.change_messages import mark_of
from bot.newsroom.change_rules import ACTIONS, Rules, next_step, possible
from bot.newsroom.desk import APPROVERS_ONLY, NotAllowed
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.platforms.plain_text import render
from tests.conftest import TINY, TODAY, not_none
from tests.databases import reading
from tests.desk_scene import ADDRESS, desk_on

WRITER, OTHER_WRITER, APPROVER, BOTH, OWNER = "telegram:1", "telegram:2", "telegram:3", "telegram:4", "telegram:9"
RULES = Rules(True, frozenset({OWNER}), frozenset({WRITER, OTHER_WRITER}))
PEOPLE = (WRITER, OTHER_WRITER, APPROVER, BOTH, OWNER)

people = st.sampled_from(PEOPLE)
states = st.sampled_from(list(get_args(State)))
actions = st.sampled_from(ACTIONS)


def change(state: State, savers: frozenset[str]) -> Change:
    return Change(ChangeId(1), "", state, 1, 0.0, 0.0, "", savers, None, 60.0 if state == "approved" else None, None)


class TestRights:
    @given(states, actions, people, st.frozensets(people))
    def test_a_role_takes_rights_away_and_gives_none(
        self, state: State, action: Action, person: str, savers: frozenset[str]
    ) -> None:
        """Whatever somebody with a role may do, an editor without one may; an approver may all of that, and owners as ever."""
        without = Rules(RULES.needs_two, RULES.owners)
        step, free = (next_step(change(state, savers), action, person, rules, 0.0) for rules in (RULES, without))
        assert step in (None, free)
        if person not in (WRITER, OTHER_WRITER):
            assert step == free

    @given(states, st.frozensets(people))
    def test_what_a_writer_may(self, state: State, savers: frozenset[str]) -> None:
        """Never approve; take back and return what he has written himself; discard what nobody else has."""
        may = possible(change(state, savers), WRITER, RULES, 0.0)
        assert "approve" not in may
        if WRITER not in savers:
            assert not may & {"return", "take_back"}
        if savers - {WRITER}:
            assert "discard" not in may
        if state == "draft":
            assert may >= {"save", "ask"}
        if state == "review" and savers == {WRITER}:
            assert may == {"return", "discard"}

    def test_an_owner_who_is_listed_as_a_writer_stays_an_owner(self) -> None:
        rules = Rules(True, frozenset({OWNER}), frozenset({OWNER}))
        assert "approve" in possible(change("draft", frozenset({OWNER})), OWNER, rules, 0.0)

    @pytest.mark.parametrize(
        ("approvers", "savers", "expected"),
        [
            (frozenset({BOTH}), {BOTH}, False),
            (frozenset({BOTH}), {WRITER}, True),
            (frozenset({BOTH, APPROVER}), {BOTH}, True),
            (frozenset[str](), {WRITER}, False),
            (None, {WRITER}, True),
        ],
    )
    def test_whether_anybody_can_approve(
        self, approvers: frozenset[str] | None, savers: set[str], expected: bool
    ) -> None:
        """Unknown where the admins of a chat approve."""
        rules = Rules(True, frozenset(), frozenset({WRITER}), approvers)
        assert rules.has_approver(change("review", frozenset(savers))) == expected


async def test_a_letter_typed_after_an_approval_makes_nobody_the_only_writer(store: Store) -> None:
    """A writer does not discard what another one wrote; an approver who changes it may be followed by another approver."""
    dossier = not_none(load(TINY, TODAY).dossier)
    desk = desk_on(store, LiveDossier(dossier), EditorsChat(store, named=frozenset(PEOPLE)), RULES)
    wanda, teo, vera, both = (Person(each, each, Language("en")) for each in (WRITER, OTHER_WRITER, APPROVER, BOTH))
    change = await desk.create(wanda, "Fares", {Key("sources/spare"): {"publisher": "Spare"}})

    async def taken_back(change: Change, asks: Person, approves: Person) -> Change:
        change = await desk.decide(change.id, change.version, "ask", asks)
        change = await desk.decide(change.id, change.version, "approve", approves)
        return await desk.decide(change.id, change.version, "take_back", approves)

    change = await taken_back(change, wanda, vera)
    change = (await desk.save(change.id, teo, [], title="Fare")).change
    assert change.savers == {WRITER, OTHER_WRITER}
    with pytest.raises(NotAllowed):
        await desk.decide(change.id, change.version, "discard", teo)
    change = await taken_back(change, teo, vera)
    change = (await desk.save(change.id, both, [], title="Fares")).change
    assert change.savers == {BOTH}


async def test_a_button_in_the_chat_asks_the_same(store: Store) -> None:
    """A writer's press is refused with a sentence; the approver's counts."""
    live, chat = LiveDossier(not_none(load(TINY, TODAY).dossier)), EditorsChat(store, named=frozenset(PEOPLE))
    desk = desk_on(store, live, chat, RULES)
    command = DeskCommand(chat, store.sign_ins, desk, ADDRESS)
    wanda, teo, vera = (Person(each, each, Language("en")) for each in (WRITER, OTHER_WRITER, APPROVER))
    made = await desk.create(wanda, "Fares", {Key("sources/spare"): {"publisher": "Spare"}})
    mark = mark_of(await reading(store, store.changes.entries, made.id))
    with pytest.raises(NotAllowed):
        await desk.decide(made.id, 1, "discard", teo)
    await desk.decide(made.id, 1, "ask", wanda)
    for action in ("approve", "return"):
        assert APPROVERS_ONLY in render(await command.decide(f"{action} 1 1 {mark}", teo))
    assert "Approved ✓" in render(await command.decide(f"approve 1 1 {mark}", vera))
    assert APPROVERS_ONLY in render(await command.decide(f"take_back 1 1 {mark}", teo))
    assert "Taken back ✓" in render(await command.decide(f"take_back 1 1 {mark}", wanda))
