"""Who wants a bulletin: one rule, in Python for one reader and in SQL for all of them."""

from dataclasses import replace
from itertools import combinations, product

from sqlalchemy import literal, select

from bot.db.fan_out import expected
from bot.db.readers import at, spoken
from bot.db.schema import readers, subscriptions
from bot.db.store import Store
from bot.db.subscriptions import wanting
from bot.dossier.models import TopicId
from bot.reader import Address
from bot.schedule import SWITCHES, Subscription, Traits, unwanted
from tests.databases import reading

A, B = TopicId("fare"), TopicId("hours")

TOPICS = [None, frozenset[TopicId](), frozenset({A}), frozenset({A, B})]
LANGUAGES = ["en", "id", "tet"]
ON_AND_OFF = [
    dict(zip([switch.name for switch in SWITCHES], row, strict=True))
    for row in product((False, True), repeat=len(SWITCHES))
]

BULLETINS = [
    Traits(frozenset(topics), urgent, languages)
    for topics in [(), *combinations([A, B], 1), (A, TopicId("other")), (TopicId("other"),)]
    for urgent in (False, True)
    for languages in (None, frozenset[str](), frozenset({"en"}), frozenset({"en", "id"}))
]


async def subscribe(store: Store, address: Address, language: str | None, wanted: Subscription) -> None:
    await store.readers.meet(address, "group", "A chat", language)
    await store.subscriptions.put(address, wanted)


class TestTheRuleInSql:
    """It chooses the readers to whom the rule has no objection, whatever they set and whatever the bulletin is."""

    async def test_of_all_readers_and_bulletins(self, store: Store) -> None:
        chosen = {}
        for number, (topics, on, language) in enumerate(product(TOPICS, ON_AND_OFF, LANGUAGES)):
            chosen[str(number)] = Subscription(topics, **on), language
            await subscribe(store, Address("telegram", str(number)), language, chosen[str(number)][0])
        async with store.database.read() as connection:
            for bulletin in BULLETINS:
                sql = wanting(bulletin, spoken(literal("en")))
                rows = await connection.execute(select(readers.c.chat).join(subscriptions).where(sql))
                by_rule = {
                    chat for chat, (wanted, language) in chosen.items() if unwanted(wanted, bulletin, language) is None
                }
                assert set(rows.scalars()) == by_rule, bulletin

    def test_a_setting_alone_decides(self) -> None:
        """Each switch that leaves something out leaves out some bulletins, and not all, and names its reason."""
        for switch in SWITCHES:
            on = replace(Subscription(), **{switch.name: True})
            reasons = {unwanted(on, bulletin, "id") for bulletin in BULLETINS}
            assert reasons == ({None, switch.reason} if switch.reason else {None})
        assert {unwanted(Subscription(), bulletin, "id") for bulletin in BULLETINS} == {None}


class TestCounts:
    """The numbers that an editor sees before sending are of those who get it."""

    async def test_readers_of_one_language_only(self, store: Store) -> None:
        """They are not counted for a bulletin that is not written in it."""
        for number, language in enumerate(("en", "id", "id")):
            wanted = Subscription(own_language=number > 0)
            await subscribe(store, Address("telegram", str(number)), language, wanted)
        assert await counted(store, Traits(languages=frozenset({"en"}))) == {"en": 1}
        assert await counted(store, Traits(languages=frozenset({"en", "id"}))) == {"en": 1, "id": 2}

    async def test_a_topic_of_a_group(self, store: Store) -> None:
        """It speaks the group's language, in the count and when it is sent."""
        await store.readers.meet(Address("telegram", "-1"), "group", "A group", "en")
        await store.readers.set_language(Address("telegram", "-1"), "id", "group")
        await subscribe(store, Address("telegram", "-1", "5"), None, Subscription(own_language=True))
        assert await counted(store, Traits(languages=frozenset({"en"}))) == {}
        assert await counted(store, Traits(languages=frozenset({"id"}))) == {"id": 1}
        async with store.database.read() as connection:
            language = select(spoken(literal("ru"))).where(at(Address("telegram", "-1", "5")))
            assert (await connection.execute(language)).scalar_one() == "id"


async def counted(store: Store, bulletin: Traits) -> dict[str, int]:
    now = await reading(store, store.database.moment)
    return {group.language: group.readers for group in await reading(store, expected, bulletin, now, "en")}
