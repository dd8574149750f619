"""A mail server that cannot be used is reported at once, whoever was to get a mail; that it works is said once there was a connection."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from bot.conversation import Conversation
from bot.db.store import open_store
from bot.delivery.outcomes import Delivered, Unreachable
from bot.dossier.models import Dossier, Language
from bot.live_dossier import LiveDossier
from bot.platforms.email.bot import Mail, writer_of
from bot.platforms.email.platform import MAIL, MailSettings
from bot.platforms.platform import Surroundings
from bot.replies.reply import text_reply
from bot.schedule import Subscription
from bot.settings import read_settings
from tests.bot_process import free_port
from tests.clocks import until
from tests.databases import sqlite_url
from tests.servers.smtp import mail_host

LETTER = text_reply(Language("en"), "✉️", "Sign in", "Open the link.")


class Running:
    """A bot, and what it has reported."""

    def __init__(self, dossier: Dossier, port: int, store: Any = None) -> None:
        given = {"smtp_url": f"smtp://127.0.0.1:{port}", "mail_from": "nota@example.org"}
        settings = read_settings(given).of(MAIL)
        conversation = Conversation(LiveDossier(dossier), store, lambda: None)  # type: ignore[arg-type,return-value]
        self.surroundings = Surroundings("https://nota.example", None, conversation)  # type: ignore[arg-type]
        self.settings: MailSettings = settings
        self.mail = Mail(settings.server, writer_of(settings, self.surroundings), 300, probe_seconds=0.05)
        self.reports: list[str] = []

    async def __aenter__(self) -> "Running":
        self._task = asyncio.create_task(self.mail.run(self.reports.append, None))  # type: ignore[arg-type]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


class TestTrouble:
    """/readyz, the log and the metrics follow these reports."""

    async def test_works_is_said_once_there_was_a_connection(self, dossier: Dossier) -> None:
        port = free_port()
        async with Running(dossier, port) as running:
            await until(lambda: running.reports)
            assert "" not in running.reports
            async with mail_host(port=port) as host:
                await until(lambda: running.reports[-1] == "", 20)
                assert (len(running.reports), host.received, host.wrong) == (2, [], [])

    async def test_a_server_that_greets_nobody(self, dossier: Dossier) -> None:
        """It accepts connections and says something else than SMTP."""

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", port := free_port())
        async with server, Running(dossier, port) as running:
            await until(lambda: running.reports)
            assert "" not in running.reports

    @pytest.mark.parametrize("whose", ["an editor's link", "a reader's confirmation"])
    async def test_a_letter_that_cannot_be_sent(self, dossier: Dossier, whose: str) -> None:
        """No bulletin has to be sent for it to be noticed."""
        port = free_port()
        async with open_store(sqlite_url()) as store, Running(dossier, port, store) as running:
            async with mail_host(port=port) as host:
                await until(lambda: running.reports[-1:] == [""])
                running.reports.clear()
                assert isinstance(await running.mail.write_to("ann@example.net", LETTER), Delivered)
                assert len(host.received) == 1
            if whose == "an editor's link":
                assert isinstance(await running.mail.write_to("ann@example.net", LETTER), Unreachable)
            else:
                form = MAIL.page_form(running.settings, running.surroundings, running.mail)
                assert form is not None
                await form.subscribe({"address": "ann@example.net"}, Subscription(), Language("en"))
            await until(lambda: running.reports)
            assert running.reports[0]
            async with mail_host(port=port):
                await until(lambda: running.reports[-1] == "", 20)
