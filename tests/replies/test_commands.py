"""The commands that menus list."""

from dataclasses import replace

from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language
from bot.replies.listings import topic_entries
from tests.conftest import CONTENT, TODAY


def listed(dossier: Dossier, *, programs: bool = True) -> list[str]:
    return [entry.command for entry in topic_entries(dossier, Language("en"), programs=programs)]


class TestOrder:
    """Topics in theirs, and the programmes together."""

    def test_programmes_stand_behind_the_topic_that_lists_them(self) -> None:
        """Though both count their places from one."""
        dossier = load(CONTENT, TODAY).dossier
        assert dossier is not None
        commands = listed(dossier)
        at = commands.index("programs") + 1
        assert commands[at : at + 6] == ["talent", "technology", "content", "5g_iot", "spectrum", "cybersecurity"]
        assert [*commands[:at], *commands[at + 6 :]] == listed(dossier, programs=False)

    def test_at_the_end_where_no_topic_lists_them(self) -> None:
        """A dossier may leave that file out."""
        dossier = load(CONTENT, TODAY).dossier
        assert dossier is not None
        topics = {key: topic for key, topic in dossier.topics.items() if key != "programs"}
        assert listed(replace(dossier, topics=topics))[-1] == "cybersecurity"
