"""What people do in a chat besides asking: stickers, wishes to stop, thanks, guests, presses of others. Over real HTTP."""

from time import time
from typing import Any

import pytest

from bot.reader import Address
from bot.replies.question import Command, token
from bot.subscriptions.settings_panel import PANEL_SECONDS
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.test_presses import pressed, sent, tokens
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, chat, inline_query, message, press, user
from tests.tables import cases


def without_text(**content: Any) -> dict[str, Any]:
    """Ada's message of another kind."""
    update = message("", ADA)
    del update["message"]["text"]
    return {"message": update["message"] | content}


def language_of(text: str) -> str:
    """By its letters, and by words that only Indonesian has."""
    if any("а" <= letter <= "я" for letter in text.lower()):
        return "ru"
    return (
        "id" if any(word in text.lower() for word in (" yang ", " ini", "apa ", "tanya", "sama-sama", "halo")) else "en"
    )


def asked(where: int = GROUP, who: int = ADA, text: str = "/programs@NotaTestBot") -> dict[str, Any]:
    """The message of somebody who asks."""
    return message(text, where, user(who))["message"]


class TestWords:
    """What is said in words that are no question about the dossier."""

    @cases("language, text, command")
    async def test_a_wish_about_bulletins_has_its_button(
        self, talk: Talk, language: str, text: str, command: str
    ) -> None:
        """
        en | stop | unsubscribe
        en | Please stop sending me this! | unsubscribe
        en | how do I unsubscribe? | unsubscribe
        id | berhenti kirim | unsubscribe
        id | tolong berhenti langganan ya | unsubscribe
        ru | отписаться | unsubscribe
        ru | Не присылайте мне больше! | unsubscribe
        es | No me mandes más noticias, por favor | unsubscribe
        es | quiero darme de baja | unsubscribe
        fr | Ne m'envoyez plus de messages, svp | unsubscribe
        fr | comment me désabonner ? | unsubscribe
        pt | não quero mais receber mensagens | unsubscribe
        pt | Pare de me mandar isso, por favor | unsubscribe
        en | can I subscribe? | subscribe
        es | ¿Cómo puedo suscribirme? | subscribe
        id | bisa langganan? | subscribe
        ru | как подписаться? | subscribe
        fr | je veux m'abonner aux bulletins | subscribe
        pt | como faço para receber os boletins? | subscribe
        """
        [call] = await talk.tell(message(text, who=user(language=language)))
        assert tokens(call)[0] == token(Command(command))

    @cases("text")
    async def test_a_question_stays_a_question(self, talk: Talk, text: str) -> None:
        """
        # "baja" is steel in Indonesian, "para" a plural, "pare" a vegetable; buses, courses and petitions have subscribers in French and Portuguese
        how long does it last
        when does the agreement stop
        ¿para cuándo es el acuerdo?
        baja
        para
        pare
        arrêté
        chega
        je veux plus d'infos
        envoyez les bulletins
        comment résilier l'abonnement
        comment m'abonner au bus
        s'inscrire à l'école
        cancelar a assinatura
        como me inscrevo no curso
        quem pode assinar
        """
        [call] = await talk.tell(message(text))
        assert {token(Command("unsubscribe")), token(Command("subscribe"))}.isdisjoint(tokens(call))

    @cases("language, title")
    async def test_cancel_cancels_nothing(self, talk: Talk, language: str, title: str) -> None:
        """
        en | Nothing to cancel
        id | Tidak ada
        ru | Отменять нечего
        """
        [call] = await talk.tell(message("/cancel", who=user(language=language)))
        assert call.given["text"].startswith(f"<b>👌 {title}")

    @cases("kind")
    async def test_a_message_without_words_gets_a_word_in_private(self, talk: Talk, kind: str) -> None:
        """
        sticker
        voice
        video_note
        animation
        video
        document
        audio
        location
        contact
        dice
        poll
        venue
        story
        rich_message
        checklist
        game
        paid_media
        """
        wordless = without_text(**{kind: {"file_id": "1"}})
        [call] = await talk.tell(wordless)
        assert "I read text only" in call.given["text"]
        assert len(tokens(call)) == len(set(tokens(call)))
        assert await talk.ignores({"message": wordless["message"] | {"chat": chat(GROUP)}})

    async def test_a_caption_is_read(self, talk: Talk) -> None:
        """In a group it has to be for us."""
        picture = without_text(photo=[{"file_id": "1"}], caption="how long does it last?")
        [call] = await talk.tell(picture)
        assert "How long it lasts" in call.given["text"]
        in_group = picture["message"] | {"chat": chat(GROUP)}
        assert await talk.ignores({"message": in_group})
        [call] = await talk.tell({"message": in_group | {"caption": "@NotaTestBot how long does it last?"}})
        assert "How long it lasts" in call.given["text"]

    async def test_a_rich_message_is_read(self, talk: Talk) -> None:
        """Blocks of unknown types are skipped."""
        blocks = [{"type": "photo", "photo": []}, {"type": "hologram", "text": "who signed it?"}]
        asked = {"type": "paragraph", "text": ["how long ", {"type": "bold", "text": "does it last?"}]}
        [call] = await talk.tell(without_text(rich_message={"blocks": [*blocks, asked]}))
        assert "How long it lasts" in call.given["text"]
        [call] = await talk.tell(without_text(rich_message={"blocks": blocks}))
        assert "I read text only" in call.given["text"]

    async def test_an_album_gets_one_word(self, talk: Talk) -> None:
        """A second one gets its own; a caption among its pictures is answered, and the pictures behind it get no word."""
        albums = [without_text(photo=[{"file_id": "1"}], media_group_id=name) for name in "aaabbcc"]
        for captioned in (3, 6):
            albums[captioned]["message"] |= {"caption": "how long does it last?"}
        start = len(talk.api.answers)
        for number, each in enumerate(albums):
            await talk.give({"message": each["message"] | {"message_id": 100 + number}})
        await talk.api.until_answered(start + 4)
        assert await talk.ignores({"message": albums[0]["message"] | {"message_id": 110}})
        texts = [call.given["text"] for call in talk.api.answers[start : start + 4]]
        assert ["I read text only" in text for text in texts] == [True, False, True, False]

    async def test_start_offers_the_news_and_bulletins(self, talk: Talk) -> None:
        [call] = await talk.tell(message("/start"))
        assert {"t/news", token(Command("subscribe"))} <= set(tokens(call))

    @cases("typed, language")
    async def test_a_language_is_chosen_by_its_name(self, talk: Talk, typed: str, language: str) -> None:
        """
        english | en
        Indonesian | id
        bahasa indonesia | id
        русский | ru
        inggris | en
        """
        await talk.tell(message(f"/language {typed}"))
        assert talk.store.readers.language(Address("telegram", str(ADA))) == language

    @cases("language, words")
    async def test_language_with_other_words_chooses_none(self, talk: Talk, language: str, words: str) -> None:
        """And says so.

        en | I do not know a language called “klingon”.
        id | bernama “klingon”
        ru | Языка «klingon»
        """
        [call] = await talk.tell(message("/language klingon", who=user(language=language)))
        assert words in call.given["text"]
        assert talk.store.readers.language(Address("telegram", str(ADA))) is None

    @cases("text")
    async def test_small_talk_is_in_the_chosen_language(self, talk: Talk, text: str) -> None:
        """Its words are the same in many languages. A question in words is answered in the language that it is asked in.

        stop
        menu
        ok
        hello
        thanks
        Putin?
        is this true?
        can I subscribe?
        sources
        """
        for who, language in ((ADA, "ru"), (BUDI, "id")):
            await talk.tell(message(f"/language {language}", who, user(who)))
            [call] = await talk.tell(message(text, who, user(who)))
            assert language_of(call.given["text"]) == language, call.given["text"]
        [answer] = await talk.tell(message("how long does the memorandum last?", ADA, user(ADA)))
        assert "How long it lasts" in answer.given["text"]

    @pytest.mark.parametrize("text", ["ما هي مدة الاتفاق؟", "协议多久?", "कब तक चलेगा?", "합의는 얼마나"])
    async def test_other_scripts_are_told_what_is_read(self, talk: Talk, text: str) -> None:
        for language, words in (
            ("en", "English, Indonesian and Russian"),
            ("ru", "английский, индонезийский и русский"),
        ):
            [call] = await talk.tell(message(text, who=user(language=language)))
            assert words in call.given["text"]
            assert not any("tell-me" in each for each in tokens(call))

    @pytest.mark.parametrize("text", ["is this true?", "bener gak nih?", "это правда?", "/check is it true?"])
    async def test_is_this_true_alone_asks_what_was_heard(self, talk: Talk, text: str) -> None:
        """Apps send the comment to a forwarded message before that message."""
        [call] = await talk.tell(message(text, who=user(language="en")))
        assert call.given["text"].startswith("<b>🔎 ")

    async def test_help_is_not_rated(self, talk: Talk) -> None:
        """It is no answer to a question."""
        [call] = await talk.tell(message("help"))
        assert not any(each.startswith(("y/", "n/")) for each in tokens(call))


class TestEdits:
    """A question that its asker corrects is answered anew, below it. Not what only looks like an edit."""

    @staticmethod
    def edited(text: str, where: int = ADA, age: int = 30, **more: Any) -> dict[str, Any]:
        content = message(text, where, **more)["message"]
        sent_at = int(time()) - age
        return {"edited_message": content | {"date": sent_at, "edit_date": sent_at + 20}}

    @IN_EACH_MODE
    @pytest.mark.parametrize("first", ["/duration", "how long dose it last"])
    async def test_is_answered_below_it(self, talk: Talk, first: str) -> None:
        """By webhook, a command that was asked before is answered from a cache. A second edit is answered as well."""
        await talk.tell(message("/duration", BUDI, user(BUDI)))
        await talk.tell(message(first))
        for text, words in (("/renewal", "🔁"), ("/duration@NotaTestBot", "⏳")):
            [call] = await talk.tell(self.edited(text))
            assert call.given["text"].startswith(f"<b>{words}")
            assert call.given["reply_parameters"]["message_id"] == 77

    @pytest.mark.parametrize("text", ["/duration", "how long does it last"])
    async def test_the_same_text_is_not(self, talk: Talk, text: str) -> None:
        """A reaction comes as an edit, too (github.com/tdlib/telegram-bot-api/issues/388). So does what is long past."""
        for who in (BUDI, ADA):
            await talk.tell(message(text, who, user(who)))
        assert await talk.ignores(self.edited(text))
        assert await talk.ignores(self.edited("/renewal", age=2 * 3600))
        assert await talk.ignores({"edited_message": without_text(location={"latitude": 1})["message"]})

    async def test_in_a_group_what_is_for_us(self, talk: Talk) -> None:
        """The same message number in two groups is two messages."""
        await talk.tell(message("/duration@NotaTestBot", GROUP))
        assert await talk.ignores(self.edited("how long does it last", GROUP))
        [call] = await talk.tell(self.edited("@NotaTestBot how long does it last", GROUP))
        assert call.given["reply_parameters"]["message_id"] == 77
        [call] = await talk.tell(self.edited("/duration@NotaTestBot", GROUP + 1))
        assert call.given["chat_id"] == GROUP + 1

    @pytest.mark.parametrize("text", ["/subscribe", "/unsubscribe", "/language ru", "/privacy delete now", "/settings"])
    async def test_changes_nothing(self, talk: Talk, text: str) -> None:
        assert await talk.ignores(self.edited(text))
        assert await talk.store.readers.get(Address("telegram", str(ADA))) is None


class TestZones:
    """A reply to the panel of time zones searches one."""

    @pytest.mark.parametrize(("typed", "zone"), [("москва", "Europe/Moscow"), ("Bandung", "Asia/Jakarta")])
    @pytest.mark.parametrize("way", ["reply", "command"])
    async def test_a_city_of_one_zone_sets_it(self, talk: Talk, typed: str, zone: str, way: str) -> None:
        await talk.tell(message("/subscribe"))
        panel = await sent(talk, "/settings zone")
        assert "reply to this message" in panel["text"]
        update = message(f"/settings zone {typed}") if way == "command" else message(typed, reply_to_message=panel)
        [found] = await talk.tell(update)
        assert f"<b>Time zone: </b>{zone}" in found.given["text"]

    async def test_the_emoji_alone_is_no_panel(self, talk: Talk) -> None:
        """A topic may have it: a reply to such an answer is a question, and sets nothing."""
        await talk.tell(message("/subscribe"))
        answer = await sent(talk, "/duration")
        answer |= {"text": "🕰 History: Moscow"}
        [call] = await talk.tell(message("Jakarta", reply_to_message=answer))
        assert "Time zone" not in call.given["text"]
        stored = await talk.store.subscriptions.get(Address("telegram", str(ADA)))
        assert stored is not None
        assert stored.timing.zone == "UTC"

    @pytest.mark.parametrize(("typed", "zone"), [("moskow", "Europe/Moscow"), ("Indiana", "America/Indiana/Knox")])
    async def test_another_one_is_asked_about(self, talk: Talk, typed: str, zone: str) -> None:
        """A slip, and a name of several zones: nothing is set."""
        await talk.tell(message("/subscribe"))
        [found] = await talk.tell(message(f"/settings zone {typed}"))
        assert token(Command("settings", f"zone {zone}")) in tokens(found)
        assert token(Command("settings", "zone")) in tokens(found)
        assert f"Choose the zone of “{typed}”" in found.given["text"]
        stored = await talk.store.subscriptions.get(Address("telegram", str(ADA)))
        assert stored is not None
        assert stored.timing.zone == "UTC"


class TestInline:
    """A search that finds nothing leads into the chat."""

    async def test_an_empty_result_offers_the_chat(self, talk: Talk) -> None:
        [call] = await talk.tell(inline_query("🦒🦒🦒"))
        assert call.given["results"] == []
        assert call.given["button"] == {"text": "Open Nota", "start_parameter": "help"}


class TestGroups:
    """Where many read one answer."""

    @IN_EACH_MODE
    @pytest.mark.parametrize("text", ["thanks", "makasih", "спасибо"])
    async def test_thanks_get_a_reaction(self, talk: Talk, text: str) -> None:
        [call] = await talk.tell(message(f"@NotaTestBot {text}", GROUP))
        assert call.method == "setMessageReaction"
        assert talk.api.state.reactions == {(GROUP, 77): "❤"}

    async def test_in_private_thanks_get_a_line(self, talk: Talk) -> None:
        [call] = await talk.tell(message("thanks"))
        assert call.method == "sendMessage"

    @IN_EACH_MODE
    async def test_others_get_the_answer_in_private(self, talk: Talk) -> None:
        under = await sent(talk, "/programs@NotaTestBot", GROUP)
        [call] = await talk.tell(press("t/duration", under, user(BUDI)))
        assert call.given["url"] == "https://t.me/NotaTestBot?start=duration"

    async def test_what_has_no_link_gets_an_alert(self, talk: Talk) -> None:
        under = await sent(talk, "/news@NotaTestBot", GROUP)
        [call] = await talk.tell(press("t/news:2", under, user(BUDI)))
        assert call.given["text"].startswith("✋ Not your question")

    async def test_an_old_panel_is_to_be_opened_again(self, talk: Talk) -> None:
        """It may show what another admin has changed."""
        talk.api.state.members[GROUP, ADA] = "creator"
        await talk.tell(message("/subscribe@NotaTestBot", GROUP))
        panel = await sent(talk, "/settings@NotaTestBot", GROUP)
        _, edit = await pressed(talk, token(Command("settings", "sound")), panel)
        assert edit.method == "editMessageText"
        old = panel | {"date": panel["date"] - int(PANEL_SECONDS) - 60}
        [alert] = await talk.tell(press(token(Command("settings", "quiet off")), old, id="late"))
        assert "/settings" in alert.given["text"]
        assert alert.given["text"].startswith("🕰 Open it again")
