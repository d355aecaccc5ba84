"""What Alembic runs: every migration, inside the transaction that the caller has opened."""

from alembic import context

from effprof.store.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    # True of SQLite too, since the transaction begins with an explicit BEGIN.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
