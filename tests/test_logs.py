"""No secret appears in a log."""

import json
import subprocess
import sys

import pytest

from bot.logs import STARS, Redaction
from bot.platforms import PLATFORMS
from tests.tables import table

TOKEN = "123456789:AAE-abcdefghijklmnopqrstuvwxyz0123"
DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789"


TOKEN_SHAPES = [each.token_shape for each in PLATFORMS if each.token_shape]


class TestRedaction:
    """Secrets are replaced by stars."""

    @table("text, shown")
    def test_text(self, text: str, shown: str) -> None:
        """Secrets in addresses, headers and database URLs.

        GET https://api.telegram.org/bot123456789:AAE-abcdefghijklmnopqrstuvwxyz0123/getMe | GET https://api.telegram.org/bot***/getMe
        /bot123456789%3AAAE-abcdefghijklmnopqrstuvwxyz0123/getMe | /bot***/getMe
        Authorization: Bot MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789 | Authorization: Bot ***
        postgres://nota:sesame@db/nota | postgres://nota:***@db/nota
        postgres:///nota?password=sesame&host=db | postgres:///nota?password=***&host=db
        our own secret: opensesame1 | our own secret: ***
        19:30 and 12:45:59 stay | 19:30 and 12:45:59 stay
        """
        assert Redaction(["opensesame1"], TOKEN_SHAPES).text(text) == shown

    def test_short_secrets_are_no_pattern(self) -> None:
        """A secret of three letters would replace parts of ordinary words."""
        assert Redaction(["the"]).text("the end") == "the end"


class TestSetUp:
    """The output of a process contains no secret."""

    SCRIPT = (
        "import logging, structlog; from bot import logs; from bot.settings import read_settings\n"
        "logs.set_up({form!r}, read_settings({'metrics_token': 'opensesame1-opensesame1'}).redaction)\n"
        "structlog.get_logger('bot').info('hello', address='x opensesame1-opensesame1', many=['opensesame1-opensesame1'])\n"
        f"logging.getLogger('aiohttp').warning('calling %s', 'https://api/bot{TOKEN}/x')\n"
        "try: raise ValueError('opensesame1-opensesame1')\n"
        "except ValueError: structlog.get_logger('bot').exception('failed')\n"
    )

    @pytest.mark.slow
    def test_no_secret_in_text(self) -> None:
        self.check(self.output_of("text"))

    def test_no_secret_in_json_which_is_one_object_a_line(self) -> None:
        shown = self.output_of("json")
        self.check(shown)
        events = [json.loads(line) for line in shown.splitlines()]
        assert [event["event"] for event in events][0::2] == ["hello", "failed"]
        assert {event["level"] for event in events} == {"info", "warning", "error"}

    def output_of(self, form: str) -> str:
        """What a process of its own logs in this form."""
        script = self.SCRIPT.replace("{form!r}", repr(form))
        return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr

    def check(self, shown: str) -> None:
        """Values, nested values, other libraries' lines and tracebacks show no secret."""
        assert "opensesame1" not in shown
        assert TOKEN not in shown
        assert shown.count(STARS) >= 4
        assert "ValueError" in shown
