"""What operators see of Web Push: the key, the doctor, where it is off, and nothing secret anywhere."""

import pytest
from pydantic import SecretStr

from bot.app.main import page_forms, practice
from bot.cli import main
from bot.conversation import Conversation
from bot.db.store import Store
from bot.live_dossier import LiveDossier
from bot.platforms.platform import Deployment, Surroundings
from bot.platforms.web.app_markup import look_of
from bot.platforms.webpush.platform import WEB_PUSH, WebPushSettings
from bot.platforms.webpush.types import PLATFORM, check_private_key
from bot.reader import Address
from bot.settings import InvalidSettings, read_settings
from tests.conftest import TINY, TODAY, loaded
from tests.platforms.webpush.conftest import KEY
from tests.tables import cases


class TestKey:
    """Made by a command, kept by the operator, checked at the start."""

    def test_made(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A line for the environment; the next one is another."""
        assert main(["new", "vapid-key"]) == main(["new", "vapid-key"]) == 0
        one, two = capsys.readouterr().out.splitlines()
        assert one != two
        assert check_private_key(one.removeprefix("VAPID_KEY="))
        assert read_settings({"vapid_key": one.removeprefix("VAPID_KEY=")}).enabled == (WEB_PUSH,)

    def test_another_kind(self, capsys: pytest.CaptureFixture[str]) -> None:
        for words in (["new", "vapid-key", "name"], ["new", "topic"]):
            assert main(words) == 1
            assert "nota new vapid-key" in capsys.readouterr().err

    @pytest.mark.parametrize("value", ["secret", "-----BEGIN PRIVATE KEY-----", "A" * 43, KEY + "x"], ids=range(4))
    def test_a_wrong_one_is_not_repeated(self, value: str) -> None:
        with pytest.raises(InvalidSettings) as refused:
            read_settings({"vapid_key": value})
        assert "VAPID_KEY" in str(refused.value)
        assert "nota new vapid-key" in str(refused.value)
        assert value not in str(refused.value)

    def test_it_stays_out_of_logs(self) -> None:
        assert KEY not in read_settings({"vapid_key": KEY}).redaction.text(f"the key is {KEY}")

    def test_networks(self) -> None:
        assert read_settings({"webpush_allow": "127.0.0.1, 10.0.0.0/8"}).of(WEB_PUSH).webpush_allow
        with pytest.raises(InvalidSettings, match="WEBPUSH_ALLOW"):
            read_settings({"webpush_allow": "push.example"})

    def test_nobody_has_an_account_there(self) -> None:
        with pytest.raises(InvalidSettings, match="webpush:1 is not an id of Telegram, Discord"):
            read_settings({"owners": f"{PLATFORM}:1"})


class TestDoctor:
    """It says whether browsers can subscribe."""

    @cases("address, levels")
    async def test_public_url(self, address: str | None, levels: list[str]) -> None:
        """
        https://nota.example | ["ok", "ok"]
        http://nota.example | ["ok", "problem"]
        null | ["ok", "problem"]
        """
        found = [
            finding async for finding in WEB_PUSH.doctor(WebPushSettings(vapid_key=SecretStr(KEY)), Deployment(address))
        ]
        assert [finding.level for finding in found] == levels
        assert KEY not in str(found)


class TestOnAndOff:
    """The page offers what is on, and tells of it."""

    def test_without_a_key(self, store: Store) -> None:
        surroundings = Surroundings(None, None, Conversation(LiveDossier(loaded(TINY)), store, lambda: TODAY))  # type: ignore[arg-type]
        assert page_forms(read_settings({}), surroundings, []) == {}
        settings = read_settings({"vapid_key": KEY})
        bot = WEB_PUSH.start(settings.of(WEB_PUSH), surroundings)
        assert list(page_forms(settings, surroundings, [bot])) == [PLATFORM]

    def test_chats_are_those_without_a_form(self) -> None:
        settings = read_settings(
            {"vapid_key": KEY, "telegram_token": "1:a", "embeddings": "https://vectors.example/v1"}
        )
        assert list(practice(settings).chats) == ["Telegram"]
        assert practice(settings).questions_go_to == "vectors.example"

    def test_questions_are_not_asked_there(self) -> None:
        settings = read_settings({"vapid_key": KEY})
        assert PLATFORM not in [platform.name for platform in settings.answering]
        assert PLATFORM in [platform.name for platform in settings.platforms]

    def test_an_address_for_a_canary(self) -> None:
        """As ``nota publish --to`` takes it."""
        assert WEB_PUSH.address("a" * 24) == Address(PLATFORM, "a" * 24)
        assert WEB_PUSH.address("https://push.example/x") is None

    def test_at_the_desk(self) -> None:
        """A notification is shown about as a system shows it, and nothing in it becomes markup."""
        exchange = {"payload": {"title": "<b>Storm", "body": "It\ncomes", "lang": "en"}}
        shown = str(look_of(WEB_PUSH).exchange(exchange, str))
        assert "&lt;b&gt;Storm" in shown
        assert "It\ncomes" in shown
