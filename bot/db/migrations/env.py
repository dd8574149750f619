"""Run by Alembic: the migrations, on the connection that it was given and in that connection's transaction."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], target_metadata=given["metadata"], transactional_ddl=True)
context.run_migrations()
