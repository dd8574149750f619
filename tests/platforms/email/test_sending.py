"""One mail through a server that enforces the RFCs: what is sent, and what each reply of the server means."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.delivery.outcomes import ChatGone, Delivered, NotEditable, Outcome, Refused, RetryAfter, Unreachable
from bot.delivery.sender import Changes, OutgoingMessage
from bot.dossier.markdown import Paragraph, Span, parse
from bot.dossier.models import Dossier, Language, SourceId
from bot.platforms.email.addresses import ServerAddress, parse_address, parse_url
from bot.platforms.email.api import CannotConnect, MailServer, connect
from bot.platforms.email.limits import CONNECTIONS
from bot.platforms.email.outcomes import without_addresses
from bot.platforms.email.render import Frame, render
from bot.platforms.email.sender import MailSender, Writer
from bot.reader import Address
from bot.replies.bulletins import BulletinText, LabelledBulletin, digest_reply, single_reply
from bot.replies.reply import Reply, SourceLink
from tests.clocks import MovedClock
from tests.servers.smtp import MailHost, mail_host
from tests.tables import cases

EN, RU = Language("en"), Language("ru")
SENDER = parse_address("nota@example.org")
HARBOUR = SourceLink(
    SourceId("harbour"), "Harbour Office", "Fares 2026", "https://harbour.example/fares?a=1&b=2", date(2026, 1, 2)
)
READER = Address("mail", "5f" * 12)
TO = {"address": "ann@example.net", "link": "secret-token_1"}
NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


def text(fare: str, title: str = "Fares rise") -> BulletinText:
    spans = (Span("A ticket is "), Span(fare, bold=True), Span("."), Span("", source="harbour"))
    return BulletinText(title, date(2026, 1, 5), (Paragraph(spans),), (HARBOUR,))


def reply(fare: str = "Rp4,500", title: str = "Fares rise", language: Language = EN) -> Reply:
    return single_reply(LabelledBulletin(text(fare, title)), language)


NEWS = OutgoingMessage(reply(), "0123456789abcdef0123", destination=TO)


def test_each_place_in_a_source_has_its_number() -> None:
    """In both parts of a mail; what looks like markup is shown as it stands."""
    blocks = parse("Rp4,500.[@harbour, p. 3] Rp5,000.[@harbour, <b>]")
    mail = render(single_reply(LabelledBulletin(replace(text(""), blocks=blocks)), EN), Frame())
    assert f"¹ Harbour Office, p. 3 {HARBOUR.url}" in mail.plain
    assert f"² Harbour Office, <b> {HARBOUR.url}#:~:text=%3Cb%3E" in mail.plain
    assert 'title="Harbour Office, p. 3"' in mail.html
    assert "Harbour Office</a>: <bdi>Fares 2026</bdi>, &lt;b&gt;, <bdi>2 Jan 2026</bdi>" in mail.html


@asynccontextmanager
async def sending(
    host: MailHost, dossier: Dossier, *, password: bool = False, seconds: float = 5.0, clock: MovedClock | None = None
) -> AsyncIterator[MailSender]:
    assert SENDER is not None
    url = host.url_with_password if password else host.url
    server = MailServer(parse_url(url), SENDER, clock or MovedClock(), seconds=seconds)
    writer = Writer(SENDER, "", "https://nota.example", lambda: dossier, lambda: NOW)
    yield MailSender(server, writer, 300)
    await server.close()


class TestMail:
    """What a reader gets."""

    async def test_headers(self, dossier: Dossier) -> None:
        async with mail_host() as host, sending(host, dossier) as sender:
            known = sender.known_id(NEWS)
            assert await sender.send(READER, NEWS) == Delivered(str(known))
            await sender.send(READER, NEWS)
        assert host.wrong == []
        first, second = host.received
        assert first.to == "ann@example.net"
        head = first.message
        assert head["Message-ID"] == second.message["Message-ID"] == f"<{known}>"
        assert str(known).endswith("@example.org")
        assert head["List-Id"].endswith(" <bulletins.ferry.example.org>")
        assert head["List-Unsubscribe"] == "<https://nota.example/en/subscription/secret-token_1/unsubscribe>"
        assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert head["Auto-Submitted"] == "auto-generated"
        assert head["Content-Language"] == "en"
        assert head["Date"] == "Sat, 28 Nov 2026 12:30:00 +0000"
        assert (first.subject, head["From"].addresses[0].addr_spec) == ("Fares rise", "nota@example.org")

    async def test_both_parts_say_everything(self, dossier: Dossier) -> None:
        """Text, the source at its statement, and the links of this reader."""
        async with mail_host() as host, sending(host, dossier) as sender:
            await sender.send(READER, NEWS)
        (mail,) = host.received
        for part in (mail.text, mail.html):
            assert "Rp4,500" in part
            assert "https://nota.example/en/subscription/secret-token_1/unsubscribe" in part
            assert "Harbour Office" in part
        assert "A ticket is Rp4,500.¹" in mail.text
        assert "¹ Harbour Office https://harbour.example/fares?a=1&b=2" in mail.text
        assert "<img" not in mail.html

    async def test_a_digest_is_one_mail(self, dossier: Dossier) -> None:
        both = digest_reply((LabelledBulletin(text("1")), LabelledBulletin(text("2", "Fares fall"))), RU)
        async with mail_host() as host, sending(host, dossier) as sender:
            await sender.send(READER, replace(NEWS, reply=both))
        (mail,) = host.received
        assert mail.subject == "Сводка · 2 новости"
        assert "Fares rise" in mail.text
        assert "Fares fall" in mail.text
        assert mail.html.count("<h2") == 2

    async def test_what_only_looks_like_a_digest(self, dossier: Dossier) -> None:
        """Two lines of which the first is bold."""
        two_lines = Paragraph((Span("Fares", bold=True), Span("\n"), Span("They rise.")))
        alone = single_reply(LabelledBulletin(replace(text("1"), blocks=(two_lines,))), EN)
        async with mail_host() as host, sending(host, dossier) as sender:
            await sender.send(READER, replace(NEWS, reply=alone))
        (mail,) = host.received
        assert "<h2" not in mail.html

    async def test_a_correction_answers_in_the_thread_and_marks_what_changed(self, dossier: Dossier) -> None:
        corrected = single_reply(LabelledBulletin(text("Rp5,000"), "correction", date(2026, 1, 6)), EN)
        changes = Changes(reply("Rp4,500"), reply("Rp5,000"))
        message = OutgoingMessage(corrected, "k2c", reply_to="k1@example.org", destination=TO, changes=changes)
        async with mail_host() as host, sending(host, dossier) as sender:
            assert await sender.edit(READER, "k1@example.org", message) == NotEditable(
                "what was sent cannot be changed"
            )
            await sender.send(READER, message)
        (mail,) = host.received
        assert (mail.message["In-Reply-To"], mail.message["References"]) == ("<k1@example.org>", "<k1@example.org>")
        assert mail.subject == "Corrected: Fares rise"
        assert "Was:\nA ticket is *Rp4,500.*\n\nNow:\nA ticket is *Rp5,000.*\n" in mail.text
        assert ">Rp4,500.</del>" in mail.html
        assert ">Rp5,000.</ins>" in mail.html

    async def test_a_thread_holds_together(self, dossier: Dossier) -> None:
        """Each mail names all before it (RFC 5322, 3.6.4): who deleted one has one thread still."""
        async with mail_host() as host, sending(host, dossier) as sender:
            before: str | None = None
            for key in ("k1", "k2c", "k3c", "k4c"):
                outcome = await sender.send(READER, replace(NEWS, key=key, reply_to=before))
                assert isinstance(outcome, Delivered)
                assert outcome.message_id == sender.known_id(replace(NEWS, key=key, reply_to=before))
                before = outcome.message_id
        ids = [mail.message["Message-ID"] for mail in host.received]
        assert len(set(ids)) == 4
        assert [str(mail.message["References"] or "").split() for mail in host.received] == [
            ids[:number] for number in range(4)
        ]
        assert [mail.message["In-Reply-To"] for mail in host.received] == [None, *ids[:3]]
        assert host.wrong == []

    def test_nobody_else_knows_the_id_of_a_mail(self, dossier: Dossier) -> None:
        """It differs from reader to reader and from deployment to deployment, also for the same row and words; a second attempt has the same."""
        assert SENDER is not None
        here, there = (Writer(SENDER, "", url, lambda: dossier) for url in ("https://a.example", "https://b.example"))
        other = replace(NEWS, destination={"address": "ben@example.net", "link": "another-token"})
        trial = replace(NEWS, destination=None)
        ids = [writer.thread(message) for writer in (here, there) for message in (NEWS, other, trial)]
        assert len(set(ids)) == 6
        assert here.thread(NEWS) == ids[0]
        assert not any(part in found for found in ids for part in (NEWS.key, "secret-token"))

    async def test_a_correction_of_what_nobody_knows(self, dossier: Dossier) -> None:
        """It is called what every correction is called."""
        corrected = single_reply(LabelledBulletin(text("Rp5,000"), "correction", date(2026, 1, 6)), EN)
        changes = Changes(None, reply("Rp5,000"))
        message = OutgoingMessage(corrected, "k2c", reply_to="k1@example.org", destination=TO, changes=changes)
        async with mail_host() as host, sending(host, dossier) as sender:
            await sender.send(READER, message)
        (mail,) = host.received
        assert (mail.subject, "Was:" in mail.text) == ("Corrected: Fares rise", False)

    async def test_a_withdrawal(self, dossier: Dossier) -> None:
        """Why, and where it stands."""
        because = (Paragraph((Span("The fare is not decided yet."),)),)
        withdrawn = single_reply(
            LabelledBulletin(replace(text("Rp4,500"), because=because), "withdrawn", date(2026, 1, 6)), EN
        )
        message = OutgoingMessage(
            withdrawn, "k3c", reply_to="k1@example.org", destination=TO, bulletins=("2026-fares",)
        )
        async with mail_host() as host, sending(host, dossier) as sender:
            await sender.send(READER, message)
        (mail,) = host.received
        for part in (mail.text, mail.html):
            assert "The fare is not decided yet." in part
            assert "https://nota.example/en/bulletins/2026-fares" in part
            assert "Rp4,500" not in part
        assert mail.subject == "Withdrawn: Fares rise"
        assert "Please do not pass it on." in mail.text

    @cases("title")
    async def test_a_title_begins_no_other_header(self, dossier: Dossier, title: str) -> None:
        r"""
        "A\r\nBcc: eve@example.com"
        "A\nSubject: B"
        "A\r\n\r\n<b>hello"
        "\u2028Bcc: x"
        """
        async with mail_host() as host, sending(host, dossier) as sender:
            outcome = await sender.send(READER, replace(NEWS, reply=reply(title=title)))
        assert (host.wrong, type(outcome)) == ([], Delivered)
        assert host.received[0].message["Bcc"] is None
        assert "\n" not in host.received[0].subject


class TestAddresses:
    """Addresses of all kinds are written as their owners write them."""

    @pytest.mark.parametrize(
        "address",
        [
            "Ann+news@example.net",
            '"ann lee"@example.net',
            '"a@b\\" c"@example.net',
            f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.net",  # the longest, 254 characters
        ],
    )
    async def test_delivered(self, dossier: Dossier, address: str) -> None:
        async with mail_host() as host, sending(host, dossier) as sender:
            outcome = await sender.send(READER, replace(NEWS, destination={**TO, "address": address}))
        assert (host.wrong, type(outcome)) == ([], Delivered)
        assert host.received[0].to == address

    async def test_beyond_ascii_only_where_the_server_takes_it(self, dossier: Dossier) -> None:
        message = replace(NEWS, destination={**TO, "address": "юля@пример.рф"})
        async with mail_host() as host, sending(host, dossier) as sender:
            outcome = await sender.send(READER, message)
            assert outcome == Refused("the mail server cannot write to such an address (no SMTPUTF8)")
        async with mail_host(utf8=True) as host, sending(host, dossier) as sender:
            assert isinstance(await sender.send(READER, message), Delivered)
        assert host.wrong == []
        assert host.received[0].to == "юля@xn--e1afmkfd.xn--p1ai"


OUTCOMES: dict[str, Callable[[str], Outcome]] = {
    "the address takes no mail": ChatGone,
    "the mail server refuses us": partial(Unreachable, is_unsent=True),
    "the mail server is not available": partial(Unreachable, is_unsent=True),
    "the mail server refuses the text": Refused,
    "the mail server asks to wait": partial(RetryAfter, 300, "chat"),
}


def outcome_of(reason: str) -> Outcome:
    """The outcome that has the reason, which ends with the reply's codes."""
    return OUTCOMES[reason.partition(" (")[0]](reason)


class TestRefusals:
    """A reply about the reader suspends; one about us is an alarm, and nobody is suspended for it."""

    @cases("said, reason")
    async def test_of_a_recipient(self, dossier: Dossier, said: str, reason: str) -> None:
        """
        550 5.1.1 <ann@example.net>: no such user | the address takes no mail (550 5.1.1)
        550 no such user here | the address takes no mail (550)
        551 user not local | the address takes no mail (551)
        553 5.1.3 bad address syntax | the address takes no mail (553 5.1.3)
        556 5.1.10 null MX | the address takes no mail (556 5.1.10)
        552 5.2.2 mailbox full | the address takes no mail (552 5.2.2)
        554 5.7.1 relay access denied | the mail server refuses us (554 5.7.1)
        550 relay not permitted | the mail server refuses us (550)
        550 5.7.23 SPF validation failed | the mail server refuses us (550 5.7.23)
        530 5.7.0 must issue STARTTLS first | the mail server refuses us (530 5.7.0)
        550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1) | the mail server refuses us (550)
        550 5.7.1 rejected, see 5.1.1.7 and 198.51.100.7 | the mail server refuses us (550 5.7.1)
        550 4.1.1 no such user | the address takes no mail (550)
        550 no such user, ask the corporate postmaster | the address takes no mail (550)
        550 no user spamalot, blackburn or senderling | the address takes no mail (550)
        550 <policy.rate@blocked-relay.example>: unknown | the address takes no mail (550)
        550 <ann#5.7.1@example.net> is unknown | the address takes no mail (550)
        550 5.7.1@example.net is unknown | the address takes no mail (550)
        550 blocked using zen.spamhaus.example | the mail server refuses us (550)
        553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1) | the mail server refuses us (553 5.7.1)
        450 4.2.0 greylisted | the mail server asks to wait (450 4.2.0)
        421 4.3.2 going down | the mail server is not available (421 4.3.2)
        """
        async with mail_host() as host, sending(host, dossier) as sender:
            host.replies[""].append(said)
            assert await sender.send(READER, NEWS) == outcome_of(reason)
            assert isinstance(await sender.send(READER, NEWS), Delivered)  # whatever was refused, the next one passes
        assert len(host.received) == 1

    async def test_of_the_sender_and_of_the_text(self, dossier: Dossier) -> None:
        async with mail_host() as host, sending(host, dossier) as sender:
            host.on_mail = "550 5.1.8 no such sender"
            assert await sender.send(READER, NEWS) == Unreachable(
                "the mail server refuses us (550 5.1.8)", is_unsent=True
            )
            host.on_mail = "451 4.7.0 too many mails from you"
            assert await sender.send(READER, NEWS) == RetryAfter(300, "bot", "the mail server asks to wait (451 4.7.0)")
            host.on_mail = ""
            host.after_text[""] = ["554 5.6.0 bad words", "451 4.3.0 try later", "550 5.1.1 no such user"]
            assert await sender.send(READER, NEWS) == Refused("the mail server refuses the text (554 5.6.0)")
            assert isinstance(await sender.send(READER, NEWS), RetryAfter)
            assert isinstance(await sender.send(READER, NEWS), ChatGone)
        assert host.received == []

    @cases("said, reason")
    async def test_after_the_text(self, dossier: Dossier, said: str, reason: str) -> None:
        """What an operator can mend is tried again, with an alarm; only a code that says so ends the text.

        554 5.7.1 sender not verified | the mail server refuses us (554 5.7.1)
        550 5.7.26 no DKIM, no SPF | the mail server refuses us (550 5.7.26)
        554 Message rejected | the mail server refuses us (554)
        550 sorry | the mail server refuses us (550)
        552 quota | the mail server refuses us (552)
        554 5.3.0 something | the mail server refuses us (554 5.3.0)
        552 5.2.2 mailbox full | the address takes no mail (552 5.2.2)
        552 5.2.3 too long | the mail server refuses the text (552 5.2.3)
        552 5.3.4 too big | the mail server refuses the text (552 5.3.4)
        554 5.6.1 media not supported | the mail server refuses the text (554 5.6.1)
        """
        async with mail_host() as host, sending(host, dossier) as sender:
            host.after_text[""] = [said]
            with capture_logs() as logged:
                assert (outcome := await sender.send(READER, NEWS)) == outcome_of(reason)
            assert isinstance(await sender.send(READER, NEWS), Delivered)
        assert [each["log_level"] for each in logged] == [] if isinstance(outcome, ChatGone) else ["error"]

    async def test_an_alarm_names_the_rule_and_nobody(self, dossier: Dossier) -> None:
        async with mail_host() as host, sending(host, dossier) as sender:
            said = "550 5.7.1 <Ann@example.net>: ann at example.net: blocked by list.example, see https://list.example/q?ann@example.net"
            host.replies[""] = [said]
            with capture_logs() as logged:
                outcome = await sender.send(READER, NEWS)
        assert outcome == Unreachable("the mail server refuses us (550 5.7.1)", is_unsent=True)
        (alarm,) = [each for each in logged if each["log_level"] == "error"]
        assert "blocked by list.example" in alarm["text"]
        assert "ann" not in alarm["text"].lower()
        assert "example.net" not in alarm["text"]

    def test_what_a_stranger_writes_into_the_log(self) -> None:
        """One line, short, without what moves a terminal's cursor."""
        assert without_addresses("no\x1b[2J\u202e \r\nann@example.net " + "!" * 5000) == "no[2J … " + "!" * 292

    async def test_without_an_address(self, dossier: Dossier) -> None:
        async with mail_host() as host, sending(host, dossier) as sender:
            assert isinstance(await sender.send(READER, replace(NEWS, destination=None)), ChatGone)


class TestUnknown:
    """A server that has the text and says nothing may have accepted it."""

    @pytest.mark.parametrize("fault", ["hang", "close", "252 2.0.0 perhaps"])
    async def test_each_attempt_has_the_same_id(self, dossier: Dossier, fault: str) -> None:
        """Whoever calls tries it once more, and not again."""
        seconds = 0.3 if fault == "hang" else 5.0
        async with mail_host() as host, sending(host, dossier, seconds=seconds) as sender:
            host.after_text[""] = [fault, fault, fault]
            outcomes = [await sender.send(READER, NEWS) for _ in range(2)]
        assert all(isinstance(each, Unreachable) and not each.is_unsent for each in outcomes)
        assert len({mail.id for mail in host.received}) == 1
        assert len(host.received) == 2

    async def test_what_is_known_again(self, dossier: Dossier) -> None:
        async with mail_host() as host, sending(host, dossier, seconds=0.3) as sender:
            host.after_text[""] = ["hang"]
            host.keeps = False
            assert isinstance(await sender.send(READER, NEWS), Unreachable)
            assert isinstance(await sender.send(READER, NEWS), Delivered)
        assert len(host.received) == 1


class TestConnection:
    """One, kept and used again."""

    async def test_used_again(self, dossier: Dossier) -> None:
        async with mail_host() as host, sending(host, dossier) as sender:
            for _ in range(5):
                await sender.send(READER, NEWS)
            assert host.connections == 1
            await asyncio.gather(*(sender.send(READER, NEWS) for _ in range(20)))
        assert (host.connections, len(host.received)) == (CONNECTIONS, 25)

    async def test_closed_while_idle(self, dossier: Dossier) -> None:
        """By the server without a word, or by us because it was idle for long."""
        clock = MovedClock()
        async with mail_host() as host, sending(host, dossier, clock=clock) as sender:
            await sender.send(READER, NEWS)
            host.hang_up()
            assert isinstance(await sender.send(READER, NEWS), Delivered)
            clock.forward(60)
            assert isinstance(await sender.send(READER, NEWS), Delivered)
        assert host.connections == 3

    async def test_a_server_that_answers_twice(self, dossier: Dossier) -> None:
        """No reply is taken for that to another mail."""
        async with mail_host() as host, sending(host, dossier) as sender:
            host.after_text["ann@example.net"] = ["twice", "twice"]
            outcomes = [await sender.send(READER, NEWS)]
            host.replies["ben@example.net"] = ["550 5.1.1 no such user"] * 2
            ben = replace(NEWS, destination={**TO, "address": "ben@example.net"})
            while not isinstance(outcome := await sender.send(READER, ben), ChatGone):
                assert isinstance(outcome, Unreachable)
            outcomes.append(await sender.send(READER, NEWS))
        assert [type(outcome) for outcome in outcomes] == [Delivered, Delivered]
        assert [mail.to for mail in host.received] == ["ann@example.net"] * 2

    async def test_none(self, dossier: Dossier) -> None:
        """It is not tried at every mail."""
        clock = MovedClock()
        async with mail_host() as host:
            pass
        async with sending(host, dossier, clock=clock) as sender:
            first = await sender.send(READER, NEWS)
            assert first == await sender.send(READER, NEWS)
            assert isinstance(first, Unreachable)
            assert "127.0.0.1" in first.reason


class TestEncryption:
    """STARTTLS wherever it is offered; a password never without it."""

    async def test_login(self, dossier: Dossier) -> None:
        async with mail_host(needs_tls=True, with_login=True) as host, sending(host, dossier, password=True) as sender:
            assert isinstance(await sender.send(READER, NEWS), Delivered)
        assert (host.logins, host.wrong) == (1, [])

    async def test_no_password_in_clear(self, dossier: Dossier) -> None:
        async with mail_host() as host, sending(host, dossier, password=True) as sender:
            outcome = await sender.send(READER, NEWS)
        assert outcome == Unreachable(
            "the mail server offers no STARTTLS, so no password is sent to it", is_unsent=True
        )
        assert (host.logins, host.received) == (0, [])

    async def test_a_wrong_password(self) -> None:
        async with mail_host(needs_tls=True, with_login=True) as host:
            with pytest.raises(CannotConnect) as refused:
                await connect(ServerAddress("127.0.0.1", host.port, user="nota", password="wrong"), 5)
        assert refused.value.trouble == "login refused"

    async def test_a_certificate_of_somebody_else(self) -> None:
        """On this machine none names it; elsewhere it must."""
        async with mail_host(needs_tls=True) as host:
            client = await connect(ServerAddress("localhost", host.port), 5)
            client.close()
            with pytest.raises(CannotConnect) as refused:
                await connect(NotLoopback("127.0.0.1", host.port), 5)
        assert refused.value.trouble == "no encryption"

    async def test_nothing_in_clear_to_another_machine(self) -> None:
        async with mail_host() as host:
            with pytest.raises(CannotConnect, match="offers no STARTTLS, so nothing is sent to it"):
                await connect(NotLoopback("127.0.0.1", host.port), 5)


class NotLoopback(ServerAddress):
    """A server that counts as far away."""

    @property
    def is_loopback(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", ServerAddress("mail.example", 587)),
        ("smtps://mail.example", ServerAddress("mail.example", 465, is_tls=True)),
        ("smtp://u%40x:p%2Fw@h.example:25", ServerAddress("h.example", 25, user="u@x", password="p/w")),
    ],
)
def test_url(url: str, server: ServerAddress) -> None:
    assert parse_url(url) == server


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://u@h", "smtp://h/path", "smtp://h:99999", "h:25"])
def test_not_a_url(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_url(url)
