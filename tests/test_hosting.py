"""The PaaS is recognised by its environment variables."""

from pathlib import Path

import pytest

from bot.settings import HOSTS, forgets, host_of, public_url_of

CODE = Path(__file__).parents[1] / "bot"

HEROKU = {"DYNO": "web.1", "HEROKU_APP_DEFAULT_DOMAIN_NAME": "nota-1a2b.herokuapp.com"}
RENDER = {"RENDER": "true", "RENDER_EXTERNAL_URL": "https://nota.onrender.com"}
RAILWAY = {"RAILWAY_PROJECT_ID": "f00d", "RAILWAY_PUBLIC_DOMAIN": "nota.up.railway.app"}
FLY = {"FLY_APP_NAME": "nota"}
KOYEB = {"KOYEB_SERVICE_NAME": "web", "KOYEB_PUBLIC_DOMAIN": "nota-org.koyeb.app"}


class TestAddress:
    """A variable of the PaaS replaces PUBLIC_URL."""

    @pytest.mark.parametrize(
        ("environment", "address"),
        [
            (HEROKU, "https://nota-1a2b.herokuapp.com"),
            (RENDER, "https://nota.onrender.com"),
            (RAILWAY, "https://nota.up.railway.app"),
            (FLY, "https://nota.fly.dev"),
            (KOYEB, "https://nota-org.koyeb.app"),
        ],
    )
    def test_each_is_detected(self, environment: dict[str, str], address: str) -> None:
        assert public_url_of(environment) == address

    @pytest.mark.parametrize(
        "environment",
        [{"DYNO": "web.1"}, {"RENDER": "true", "RENDER_EXTERNAL_URL": ""}, {"RAILWAY_PROJECT_ID": "f00d"}, {}],
    )
    def test_without_one_there_is_none(self, environment: dict[str, str]) -> None:
        """Without dyno metadata, in a background worker, without a domain, or without a PaaS."""
        assert public_url_of(environment) is None

    def test_a_stray_variable_is_no_sign(self) -> None:
        """The PaaS is recognised only by the variable that each of its processes has."""
        assert host_of({"RAILWAY_PUBLIC_DOMAIN": "other.up.railway.app"}) is None


class TestDisk:
    """Files on the disk of the code are lost with the next release; files on a volume are not."""

    def test_beside_the_code(self) -> None:
        """The folder need not exist yet."""
        assert forgets(HOSTS[0], CODE.parent / "data" / "not-there-yet")

    @pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no second disk here")
    def test_on_a_volume(self) -> None:
        """/dev/shm is used as another disk."""
        assert not forgets(HOSTS[0], Path("/dev/shm"))

    def test_on_a_machine_of_ones_own(self) -> None:
        assert not forgets(None, CODE)
