"""What Alembic runs: the migrations, on the connection that it was handed and in that connection's transaction."""

from alembic import context

from bot.db.schema import schema_version

context.configure(
    connection=context.config.attributes["connection"], target_metadata=schema_version.metadata, transactional_ddl=True
)
context.run_migrations()
