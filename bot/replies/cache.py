"""A cache whose entries are valid for one version of their source. PURE."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class VersionedCache(Generic[Value]):
    """Values by key, all made from the same version. Another version, or an entry more than ``max_entries``, empties the cache.

    A version is a hashable value that changes whenever a cached value may change, such as :attr:`bot.conversation.Conversation.version`.
    """

    max_entries: int
    _version: Hashable = None
    _values: dict[Hashable, Value] = field(default_factory=dict)

    def get(self, version: Hashable, key: Hashable) -> Value | None:
        """The value made from this version; None if there is none."""
        return self._values.get(key) if version == self._version else None

    def put(self, version: Hashable, key: Hashable, value: Value) -> Value:
        """Stores the value and returns it."""
        if version != self._version or len(self._values) >= self.max_entries:
            self._values = {}
            self._version = version
        self._values[key] = value
        return value
