"""Stores as earlier releases left them."""

from sqlalchemy import MetaData

from effprof.store.engine import Database, locate
from effprof.store.migrate import upgrade_to


def make_first_release(location: str, full: str) -> None:
    """Make a store of schema 0001 at `location`; fill it from a current one."""
    make_earlier(location, full, "0001")


def make_earlier(location: str, full: str, revision: str) -> None:
    """Make a store of a schema at `location` by its migrations; fill it from a current one."""
    target = Database(locate(location))
    target.prepare_file()
    with target.writing() as connection:
        upgrade_to(connection, revision)
        tables = MetaData()
        tables.reflect(connection)
        with Database(locate(full)).reading() as source:
            for table in tables.sorted_tables:
                # The database gives the ids again, the same in the same order.
                given = [c for c in table.c if c.name != "id" or table.name == "run"]
                order = table.c.get("id", given[0])
                if table.name == "effprof_version":
                    continue
                rows = source.execute(table.select().with_only_columns(*given).order_by(order))
                if copies := [dict(row) for row in rows.mappings()]:
                    connection.execute(table.insert(), copies)
