"""What alembic runs for every command: the migrations, on the connection that the caller holds open."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
