"""Which addresses are accepted, how they are stored, and which are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.email.addresses import parse_address, parse_mailbox
from bot.platforms.email.platform import MAIL
from tests.tables import table

LONGEST = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.net"


class TestAccepted:
    """As RFC 5321 writes them; a section in brackets is its."""

    def test_the_longest(self) -> None:
        assert str(parse_address(LONGEST)) == LONGEST

    @table("typed, stored")
    def test_stored_as(self, typed: str, stored: str) -> None:
        r"""
        ann@example.org | ann@example.org
        "  ann@example.org\n" | ann@example.org
        Ann.Lee+x@EXAMPLE.Org | Ann.Lee+x@example.org
        o'neil!#$%&*/=?^_`{|}~-@example.org | o'neil!#$%&*/=?^_`{|}~-@example.org
        "\"ann lee\"@example.org" | "\"ann lee\"@example.org"
        "\"ann\"@example.org" | ann@example.org
        "\"a\\n\\\"n\"@example.org" | "\"an\\\"n\"@example.org"
        "\"a@b\"@example.org" | "\"a@b\"@example.org"
        юля@пример.рф | юля@xn--e1afmkfd.xn--p1ai
        ann@straße.de | ann@xn--strae-oqa.de
        """
        address = parse_address(typed)
        assert str(address) == stored
        assert parse_address(stored) == address

    @pytest.mark.parametrize(
        "typed",
        [
            "", "@", "ann", "ann@", "@example.org", "ann@localhost", "ann@[127.0.0.1]", "ann@127.0.0.1", "ann@example.1", "ann@-x.org",
            "ann@exa_mple.org", "ann@example..org", "ann@example.org.", ".ann@example.org", "ann.@example.org", "a..n@example.org",
            "ann lee@example.org", "ann@example.org, ben@example.org", "<ann@example.org>", "Ann <ann@example.org>", "@x.org:ann@example.org",
            "ann(comment)@example.org", '"@example.org', '""@example.org', '"a"b"@example.org', "a" * 65 + "@example.org", LONGEST.replace(".net", "d.net"),
            LONGEST + "x" * 200, "ann@example.org\r\nBcc: eve@example.com", "ann\r\n@example.org", "ann@exam\nple.org", "ann@example.org\0", "ann\u202e@example.org",
            "ann\u2028@example.org", "ж" * 40 + "@example.org", "ann@" + "x" * 64 + ".org", "ann@xn--.org",
            "ann\ufffd@example.org",
        ],
    )  # fmt: skip
    def test_refused(self, typed: str) -> None:
        assert parse_address(typed) is None

    @given(st.text(max_size=80))
    def test_whatever_is_typed(self, typed: str) -> None:
        """What is accepted is one line with one @ outside quotes, and is read again as it is."""
        address = parse_address(f"{typed}@example.org")
        if address is not None:
            assert parse_address(str(address)) == address
            assert str(address).isprintable()


class TestOne:
    """Two spellings of one person are one reader, and one editor."""

    @pytest.mark.parametrize("other", ["ANN@EXAMPLE.ORG", "Ann@пример.org", '"ann"@example.org'])
    def test_identity(self, other: str) -> None:
        one, two = parse_address("ann@example.org"), parse_address(other.replace("пример", "example"))
        assert one is not None
        assert two is not None
        assert one.identity == two.identity

    def test_two_people(self) -> None:
        one, two = parse_address("strauß@example.org"), parse_address("strauss@example.org")
        assert one is not None
        assert two is not None
        assert one.identity != two.identity

    @table("one, other, is_same")
    def test_mailboxes(self, one: str, other: str, is_same: bool) -> None:
        r"""What one person reads under several spellings.

        nota@x.org | NOTA@X.ORG | true
        nota+y@x.org | nota@x.org | true
        "\"nota+y z\"@x.org" | nota@x.org | true
        nota@x.org | nota@y.org | false
        n.ota@x.org | nota@x.org | false
        no-ta@x.org | nota@x.org | false
        n.o.t.a+1@gmail.com | Nota@googlemail.com | true
        no-ta@gmail.com | nota@gmail.com | false
        no.ta@ya.ru | no-ta+1@yandex.com | true
        nota@yandex.ru | nota@gmail.com | false
        no_ta@pm.me | n.ota@proton.me | true
        nota@mail.gmail.com | nota@gmail.com | false
        """
        left, right = parse_address(one), parse_address(other)
        assert left is not None
        assert right is not None
        assert (left.mailbox == right.mailbox) is is_same

    def test_what_is_removed_from_logs(self) -> None:
        shape = MAIL.token_shape
        assert shape is not None
        for text in ("to ann@example.org:", "<ann+x@example.org>", "mail:ann@example.org", "'o.neil@a.b.example'"):
            assert "example" not in shape.sub("*", text)
        for text in ("postgresql://user@db.example/nota", "https://x.example/@ann", "pip@26.1", "user:***@db.example"):
            assert shape.sub("*", text) == text


@table("written, name")
def test_mailbox(written: str, name: str) -> None:
    r"""
    nota@example.org | ""
    Nota <nota@example.org> | Nota
    "\"Nota, the desk\" <nota@example.org>" | Nota, the desk
    """
    found = parse_mailbox(written)
    assert found is not None
    assert (found[0], str(found[1])) == (name, "nota@example.org")


@table("written")
def test_not_a_mailbox(written: str) -> None:
    r"""
    Nota
    Nota <>
    "Nota\r\nBcc: x@example.org <nota@example.org>"
    <<nota@example.org>>
    """
    assert parse_mailbox(written) is None
