"""The slash commands, made from a dossier."""

from typing import Any

import pytest

from bot.dossier.loader import load
from bot.dossier.models import Dossier, TopicId
from bot.platforms.discord.commands import commands, editors_commands
from tests.conftest import TINY, TODAY
from tests.servers.discord_rules import command_refusals
from tests.servers.discord_world import MANAGE_CHANNELS


def by_name(dossier: Dossier) -> dict[str, dict[str, Any]]:
    """Name → command."""
    return {command["name"]: command for command in commands(dossier)}


@pytest.fixture
def tiny() -> Dossier:
    """A dossier without programmes, lists or Russian."""
    dossier = load(TINY, TODAY).dossier
    assert dossier is not None
    return dossier


class TestCommands:
    """What Discord is told."""

    def test_are_within_what_discord_takes(self, dossier: Dossier, tiny: Dossier) -> None:
        """By the documented rules, told apart from our own numbers."""
        assert not command_refusals(commands(dossier))
        assert not command_refusals(commands(tiny))

    def test_every_topic_is_one_and_programmes_share_one(self, dossier: Dossier) -> None:
        """The bot's own come last."""
        topics = [topic.command_word for topic in dossier.topics.values() if not topic.is_program]
        own = ["program", "ask", "subscribe", "unsubscribe", "settings", "language", "why"]
        assert [command["name"] for command in commands(dossier)] == [*topics, *own]

    def test_what_changes_a_chat_is_shown_to_who_manages_channels(self, dossier: Dossier) -> None:
        """By default; whoever runs a server can show it to others. All else is for everybody."""
        shown = {name: command["default_member_permissions"] for name, command in by_name(dossier).items()}
        hidden = {name for name, permissions in shown.items() if permissions is not None}
        assert hidden == {"subscribe", "unsubscribe", "settings", "why"}
        assert {shown[name] for name in hidden} == {str(MANAGE_CHANNELS)}

    def test_the_editors_command_is_none_of_them(self, dossier: Dossier) -> None:
        """It is their server's. It has no contexts, which global commands alone have."""
        assert "wire" not in by_name(dossier)
        [command] = editors_commands(dossier, for_everybody=False)
        assert (command["name"], command["default_member_permissions"]) == ("wire", str(MANAGE_CHANNELS))
        assert not {"contexts", "integration_types"} & set(command)
        assert not command_refusals([command])

    def test_lists_are_commands_where_the_dossier_has_no_words_for_them(self, tiny: Dossier) -> None:
        """News, sources and help always; programmes where there are any."""
        names = set(by_name(tiny))
        assert {"fare", "news", "sources", "help"} <= names
        assert not {"programs", "program"} & names

    def test_names_and_descriptions_are_localised(self, dossier: Dossier) -> None:
        """A topic's first alias of a language is its name there."""
        duration, subscribe = by_name(dossier)["duration"], by_name(dossier)["subscribe"]
        assert duration["name_localizations"] == {"id": "durasi", "ru": "срок"}
        assert duration["description_localizations"]["ru"] == "Срок действия и сколько осталось"
        assert subscribe["name_localizations"] == {"id": "langganan", "ru": "подписаться"}

    def test_a_default_language_that_is_not_english_leaves_english_localised(self, dossier: Dossier) -> None:
        """Discord knows two kinds of English."""
        header = dossier.header.model_copy(update={"default_language": "id"})
        command = by_name(Dossier(header, dossier.sources, dossier.facts, dossier.topics, dossier.bulletins))[
            "duration"
        ]
        assert command["description"] == "Masa berlaku dan sisa waktunya"
        assert set(command["description_localizations"]) == {"en-GB", "en-US", "ru"}

    @pytest.mark.parametrize(
        ("language", "locale", "word"), [("hi", "hi", "अवधि"), ("th", "th", "ค่าใช้จ่าย"), ("zh", "zh-CN", "期限")]
    )
    def test_names_in_other_scripts(self, dossier: Dossier, language: str, locale: str, word: str) -> None:
        """Vowels and tones that are signs of their own belong to a word."""
        duration = dossier.topics[TopicId("duration")]
        named = duration.model_copy(
            update={
                "aliases": {language: [word]},
                "title": {language: word, "en": word},
                "summary": {language: word, "en": word},
            }
        )
        header = dossier.header.model_copy(update={"languages": ["en", language]})
        changed = by_name(Dossier(header, {}, {}, {named.id: named}, {}))
        assert changed["duration"]["name_localizations"][locale] == word
        assert not command_refusals(list(changed.values()))

    def test_questions_and_programmes_are_completed_while_typing(self, dossier: Dossier) -> None:
        """Both are asked for first, and may be answered for oneself alone."""
        for name in ("ask", "program"):
            first, second = by_name(dossier)[name]["options"]
            assert first["required"] is True
            assert first["autocomplete"] is True
            assert (second["name"], second["type"]) == ("private", 5)

    def test_answers_work_wherever_somebody_installed_us(self, dossier: Dossier) -> None:
        """What concerns a chat works only where we are in it."""
        ask, settings = by_name(dossier)["ask"], by_name(dossier)["settings"]
        assert (ask["integration_types"], ask["contexts"]) == ([0, 1], [0, 1, 2])
        assert (settings["integration_types"], settings["contexts"]) == ([0], [0, 1])

    def test_no_name_is_taken_twice_in_a_language(self, dossier: Dossier) -> None:
        """A name that another command bears, there or everywhere, gives way to the next alias."""
        topics = dict(dossier.topics)
        for word, names in (("agreement", ["news", "сводка"]), ("parties", ["сводка", "стороны"])):
            topic = next(each for each in topics.values() if each.command_word == word)
            topics[topic.id] = topic.model_copy(update={"aliases": {"ru": names}})
        changed = by_name(Dossier(dossier.header, dossier.sources, dossier.facts, topics, dossier.bulletins))
        assert changed["agreement"]["name_localizations"]["ru"] == "сводка"
        assert changed["parties"]["name_localizations"]["ru"] == "стороны"
