"""The settings of e-mail, its doctor, and addresses among OWNERS and EDITORS."""

import pytest

from bot.platforms.email.platform import MAIL
from bot.platforms.platform import Deployment
from bot.reader import Address
from bot.settings import InvalidSettings, read_settings
from tests.platforms.email.site import mail_settings
from tests.servers.smtp import mail_host

SMTP = {"smtp_url": "smtp://nota:sesame-sesame@mail.example", "mail_from": "Nota <nota@example.org>"}


class TestSettings:
    """Two of them switch it on."""

    def test_on(self) -> None:
        settings = read_settings(SMTP)
        assert [platform.name for platform in settings.enabled] == ["mail"]
        group = settings.of(MAIL)
        assert (group.server.host, group.server.port, group.server.password) == ("mail.example", 587, "sesame-sesame")
        assert MAIL.limits(group).per_second == 5

    def test_the_password_is_removed_everywhere(self) -> None:
        said = read_settings(SMTP).redaction.text(
            "nota sesame-sesame smtp://nota:sesame-sesame@mail.example ann@example.org"
        )
        assert "sesame" not in said
        assert "ann@" not in said

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"smtp_url": SMTP["smtp_url"]}, "MAIL_FROM"),
            (SMTP | {"mail_from": "nobody"}, "MAIL_FROM"),
            (SMTP | {"mail_from": "Nota\r\nBcc: x@y.org <nota@example.org>"}, "MAIL_FROM"),
            (SMTP | {"smtp_url": "http://mail.example"}, "SMTP_URL"),
            (SMTP | {"smtp_url": "smtp://nota@mail.example"}, "SMTP_URL"),
            (SMTP | {"mail_per_minute": "5"}, "MAIL_PER_MINUTE"),
        ],
    )
    def test_mistakes(self, given: dict[str, str], name: str) -> None:
        with pytest.raises(InvalidSettings, match=f"{name}: ") as refused:
            read_settings(given)
        assert "sesame" not in str(refused.value)

    def test_people(self) -> None:
        """One person is one editor, however the address is written; a role stands behind it."""
        given = {"editors": "mail:Ann@EXAMPLE.org:writer, mail:ben@example.org", "owners": "mail:Ann@example.org"}
        settings = read_settings(SMTP | given)
        assert settings.editors == ("mail:ann@example.org", "mail:ben@example.org")
        assert settings.roles == {"mail:ann@example.org": "writer"}
        assert settings.owners == ("mail:ann@example.org",)
        assert MAIL.address("ann@example.org") == Address("mail", "ann@example.org")

    @pytest.mark.parametrize("editor", ["mail:ann", "mail:", "mail:ann@localhost", "mail:a b@example.org"])
    def test_people_that_are_none(self, editor: str) -> None:
        with pytest.raises(InvalidSettings, match="EDITORS: "):
            read_settings(SMTP | {"editors": editor})


class TestDoctor:
    """The server is tried; what must be in the DNS is said."""

    async def found(
        self, *, public: str | None = "https://nota.example", password: bool = False, **server: bool
    ) -> list[tuple[str, str, str]]:
        async with mail_host(**server) as host:
            url = host.url_with_password if password else host.url
            settings = mail_settings(host, smtp_url=url)
            found = [each async for each in MAIL.doctor(settings, Deployment(public))]
            assert host.received == []
        assert "sesame" not in str(found)
        return [(each.level, each.subject, each.message) for each in found]

    async def test_fine(self) -> None:
        first, *others = await self.found(password=True, needs_tls=True, with_login=True, utf8=True)
        assert first[:2] == ("ok", "SMTP_URL")
        assert "encrypted, the login works" in first[2]
        assert [subject for _, subject, _ in others] == ["SPF", "DKIM", "DMARC"]
        assert {level for level, _, _ in others} == {"note"}

    async def test_problems(self) -> None:
        levels = {(level, subject) for level, subject, _ in await self.found(public=None, password=True)}
        assert {("problem", "PUBLIC_URL"), ("problem", "SMTP_URL")} <= levels

    async def test_no_server(self) -> None:
        async with mail_host() as host:
            settings = mail_settings(host)
        found = [each async for each in MAIL.doctor(settings, Deployment("https://nota.example"))]
        assert (found[0].level, found[0].subject) == ("problem", "SMTP_URL")
        assert found[0].remedy
