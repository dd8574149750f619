"""Styled text as Discord's Markdown."""

import pytest

from bot.dossier.markdown import Span
from bot.platforms.discord.render import escaped, link, markdown, small


class TestEscaping:
    """What stands in a text is shown letter by letter, whatever Discord would make of it."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2 * 3 * 4", r"2 \* 3 \* 4"),
            ("masa_berlaku", r"masa\_berlaku"),
            ("||hidden|| ~~gone~~ `code`", r"\|\|hidden\|\| \~\~gone\~\~ \`code\`"),
            ("<@123> <#4> <:x:5> @everyone", r"\<\@123\> \<#4\> \<:x:5\> \@everyone"),
            ("[a](b)", r"\[a\](b)"),
            (r"C:\dir", r"C:\\dir"),
            ("# heading", r"\# heading"),
            ("- item\n+ item", "\\- item\n\\+ item"),
            ("-# small", r"\-# small"),
            ("> quoted", r"\> quoted"),
            ("19. June", r"19\. June"),
            ("in the middle - of # it", "in the middle - of # it"),
        ],
    )
    def test_signs_lose_their_meaning(self, text: str, expected: str) -> None:
        """A backslash before a sign makes it that sign."""
        assert escaped(text) == expected

    def test_addresses_stay_whole(self) -> None:
        """A backslash would become part of the address."""
        assert escaped("see https://a.example/b_c*d now_") == r"see https://a.example/b_c*d now\_"

    def test_what_nobody_sees_is_left_out(self) -> None:
        """A mark that turns the direction of writing could turn the rest of the message around."""
        assert escaped("a\u202eb\x00c\ud800") == "abc"


class TestStyles:
    """Bold, italic and links in Discord's signs."""

    def test_each_style_has_its_signs(self) -> None:
        """And both together have both."""
        spans = (Span("bold", bold=True), Span(" "), Span("italic", italic=True), Span(" "), Span("both", True, True))
        assert markdown(spans) == "**bold** *italic* ***both***"

    def test_space_stands_outside_the_signs(self) -> None:
        """Discord shows the signs themselves where space follows them."""
        assert markdown((Span("in "), Span(" bold ", bold=True), Span("out"))) == "in  **bold** out"

    def test_runs_of_one_style_are_one(self) -> None:
        """``**a****b**`` would not be read as bold."""
        assert markdown((Span("a", bold=True), Span("b", bold=True))) == "**ab**"

    def test_signs_of_neighbours_are_kept_apart(self) -> None:
        """By a space of no width."""
        assert markdown((Span("a", bold=True), Span("b", italic=True))) == "**a**\u200b*b*"

    def test_a_link_is_words_with_an_address(self) -> None:
        """Brackets in the address would end it."""
        assert markdown((Span("INTI", url="https://a.example/x_(y)"),)) == "[INTI](https://a.example/x_%28y%29)"

    def test_an_address_as_its_own_words_stands_alone(self) -> None:
        """Discord does not hide an address behind another."""
        assert link("https://a.example", "https://a.example/b") == "https://a.example/b"

    def test_small_type_holds_for_every_line(self) -> None:
        """It ends with the line."""
        assert small("a\n\nb") == "-# a\n-# b"
