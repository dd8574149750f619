"""Readers and what they set, kept in memory so that an answer never waits for the database."""

from dataclasses import dataclass, field

from bot.delivery import Address


@dataclass(slots=True)
class Readers:
    """Languages that readers chose. Reading is from memory; writing goes through to the database."""

    _languages: dict[Address, str] = field(default_factory=dict)

    def language(self, address: Address) -> str | None:
        """The language chosen for the address, or for its whole chat; None where none was."""
        return self._languages.get(address) or self._languages.get(Address(address.platform, address.chat_id))

    async def set_language(self, address: Address, language: str) -> None:
        """Keeps the choice."""
        self._languages[address] = language
