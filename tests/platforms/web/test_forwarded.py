"""Behind a router that ends TLS before us."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.platforms.web.auth import origin_of, refuse_other_sites


def asked(**headers: str) -> web.Request:
    """A request to nota.internal:8080 over plain HTTP, with more headers (_ for -)."""
    given = {"Host": "nota.internal:8080"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("POST", "/preview/messages", headers=given)


class TestOrigin:
    """What the browser's address bar shows."""

    @pytest.mark.parametrize(
        ("headers", "origin"),
        [
            ({}, "http://nota.internal:8080"),
            ({"X_Forwarded_Proto": "https"}, "https://nota.internal:8080"),
            ({"X_Forwarded_Proto": "https", "X_Forwarded_Host": "nota.example"}, "https://nota.example"),
            ({"X_Forwarded_Proto": "https, http", "X_Forwarded_Host": "nota.example, inner"}, "https://nota.example"),
            ({"X_Forwarded_Proto": "gopher", "X_Forwarded_Host": 'a"><b>'}, "http://nota.internal:8080"),
        ],
    )
    def test_of_the_outermost_router(self, headers: dict[str, str], origin: str) -> None:
        """Nonsense counts as not said."""
        assert origin_of(asked(**headers)) == origin


class TestForms:
    """Whose form it is, is judged by the address that the browser knows."""

    def test_our_own(self) -> None:
        """Though we are called by another name inside."""
        refuse_other_sites(asked(Origin="https://nota.example", X_Forwarded_Host="nota.example"))

    def test_another_sites(self) -> None:
        """Whatever our name inside."""
        with pytest.raises(web.HTTPForbidden):
            refuse_other_sites(asked(Origin="https://nota.internal:8080", X_Forwarded_Host="nota.example"))
