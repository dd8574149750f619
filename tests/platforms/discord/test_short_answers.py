"""Short answers in servers: whom they are shown to, what opens the whole, and who chooses."""

import re
from statistics import median

import pytest

from tests.platforms.discord.conftest import Talk
from tests.platforms.discord.stages import choose_whole_answers
from tests.platforms.telegram.test_short_answers import everything
from tests.replies.test_short_form import MEDIAN_CHARACTERS
from tests.servers.discord_people import MANAGER
from tests.servers.discord_writers import MENTION

pytestmark = pytest.mark.asyncio(loop_scope="module")

SENTENCE, LATER = "Five years, so probably until June 2030.", "Reports differ"
MORE = "m/en/t/duration"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es", "id", "ru"])
async def test_every_command_and_ten_questions_are_short(talk: Talk, language: str) -> None:
    """What everybody sees of them in a server: half of it has 250 characters at most, and nothing two rows of buttons."""
    lengths, rows = list[int](), dict[str, int]()
    for text in everything(talk.conversation.live.dossier, language):
        shown = await talk.writer().ask(f"{MENTION} {text}")
        [embed] = shown.message["embeds"]
        read = [embed.get("title", ""), embed.get("description", ""), *(f["value"] for f in embed.get("fields", ()))]
        lengths.append(len(re.sub(r"\]\([^)]*\)|\*\*", "", "\n".join(read))))  # addresses of links are not seen
        rows[text] = len(shown.message.get("components", ()))
    print(language, len(lengths), median(lengths), max(lengths))
    assert median(lengths) <= MEDIAN_CHARACTERS
    assert [text for text, count in rows.items() if count > 1] == []


class TestShown:
    async def test_by_a_command_and_by_a_message(self, talk: Talk) -> None:
        """A sentence with its sources and one button."""
        for shown in (await talk.somebody().use("duration"), await talk.writer().ask(f"{MENTION} /duration")):
            assert SENTENCE in shown.text.replace("**", "")
            assert LATER not in shown.text
            assert [custom_id.rpartition("=")[2] for custom_id in shown.buttons.values()] == [MORE]

    async def test_what_the_asker_alone_sees_is_whole(self, talk: Talk) -> None:
        shown = await talk.somebody().use("duration", private=True)
        assert (shown.is_private, LATER in shown.text) == (True, True)


class TestMore:
    async def test_whoever_presses_it_reads_the_whole_alone(self, talk: Talk) -> None:
        asker = talk.somebody()
        answer = await asker.use("duration")
        other = talk.somebody(asker.channel)
        for person in (asker, other):
            shown = await person.press(answer, answer.buttons["More"])
            assert (shown.is_private, LATER in shown.text) == (True, True)
        assert LATER not in answer.text

    async def test_under_an_answer_to_a_message(self, talk: Talk) -> None:
        writer = talk.writer()
        answer = await writer.ask(f"{MENTION} /duration")
        for person in (writer.person(), talk.somebody(writer.channel)):
            shown = await person.press(answer, answer.buttons["More"])
            assert (shown.is_private, LATER in shown.text) == (True, True)

    async def test_its_buttons_lead_on_for_its_reader(self, talk: Talk) -> None:
        person = talk.somebody()
        answer = await person.use("duration")
        whole = await person.press(answer, answer.buttons["More"])
        label = next(label for label, custom_id in whole.buttons.items() if custom_id == "t/renewal")
        assert len((await person.press(whole, whole.buttons[label])).components) > 0


class TestChoice:
    async def test_an_admin_of_the_server_chooses_for_a_channel(self, talk: Talk) -> None:
        admin = talk.somebody(permissions=MANAGER)
        await choose_whole_answers(admin)
        assert LATER in (await talk.somebody(admin.channel).use("duration")).text
        assert LATER in (await talk.writer(admin.channel).ask(f"{MENTION} /duration")).text
        assert LATER not in (await talk.somebody().use("duration")).text

    async def test_others_do_not(self, talk: Talk) -> None:
        person = talk.somebody()
        refused = await person.use("settings")
        assert "✂️ Length of answers" not in refused.buttons
