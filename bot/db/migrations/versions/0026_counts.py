"""Unanswered questions are counts like others."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    with op.batch_alter_table("counts") as counts:
        counts.alter_column("subject", type_=sa.String(200), existing_type=sa.String(96), existing_nullable=False)
    op.execute(
        "INSERT INTO counts (day, kind, platform, language, subject, times)"
        " SELECT day, kind, '', language, wording, times FROM unanswered_questions"
    )
    op.drop_table("unanswered_questions")
    op.execute("UPDATE schema_compatibility SET readable_from = 26")
