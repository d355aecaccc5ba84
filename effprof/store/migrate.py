"""Bring a store to the schema of this code, or say why that cannot be done."""

from sqlalchemy import Connection, String, column, inspect, select, table

from effprof.core.errors import BadInput, StorageError
from effprof.store.engine import Database
from effprof.store.schema import HEAD, VERSION_TABLE
from effprof.store.series import derive_all

#: Schema that brought readings, which stores from before it are given.
READINGS_SINCE = "0002"

_version = table(VERSION_TABLE, column("version_num", String))


def bring_up_to_date(database: Database) -> None:
    """Create or upgrade the schema; a store that is current costs one query.

    Raises `BadInput` where the store was written by a newer effprof, `StorageError` where the
    database belongs to something else. Both leave it untouched.
    """
    with database.reading() as connection:
        if _revision(connection, database.location) == HEAD:
            return
    database.prepare_file()
    with database.writing() as connection:
        # Another process may have been faster: look again, now that nobody else can write.
        before = _revision(connection, database.location)
        if before != HEAD:
            upgrade_to(connection, HEAD)
        if before is not None and before < READINGS_SINCE:
            # Here and not in the migration: a migration must not depend on what the code reads,
            # and this needs the newest schema.
            derive_all(connection)


def upgrade_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to `revision`, inside the caller's transaction."""
    # Alembic takes longer to import than a current store takes to open.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "effprof.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _revision(connection: Connection, location: str) -> str | None:
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        if tables:
            raise StorageError(
                f"store {location}: this database holds other tables ({', '.join(tables[:3])});"
                " give effprof a database of its own"
            )
        return None
    revision = connection.execute(select(_version.c.version_num)).scalar()
    if revision is not None and revision > HEAD:
        raise BadInput(
            f"store {location}: written by a newer effprof (schema {revision}, this one knows"
            f" {HEAD}); upgrade effprof or name another store with --store"
        )
    return revision
