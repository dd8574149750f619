"""What the tables are made of: the metadata that all of them belong to, and columns that several have."""

import re
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Text, TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the key is an INTEGER."""


MOST = 1000
"""Characters kept of what somebody else wrote."""

_UNKEPT = re.compile("[\0\ud800-\udfff]")


class ForeignText(TypeDecorator[str]):
    """Text that somebody else wrote: a chat's title, a platform's reason. Of any string what is needed is kept.

    PostgreSQL keeps no NUL (postgresql.org/docs/current/datatype-character.html), and neither database half of a surrogate
    pair, which JSON can bring (RFC 8259, section 8.2). Both become U+FFFD.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        """What is kept of it."""
        return None if value is None else _UNKEPT.sub("\ufffd", value[:MOST])


def reader_column(**options: Any) -> Column[int]:
    return Column("reader_id", Id, ForeignKey("readers.id", ondelete="CASCADE"), nullable=False, **options)
