"""Run by Alembic: the migrations, on the connection that it was attributes and in that connection's transaction."""

from alembic import context

attributes = context.config.attributes
context.configure(connection=attributes["connection"], target_metadata=attributes["metadata"], transactional_ddl=True)
context.run_migrations()
