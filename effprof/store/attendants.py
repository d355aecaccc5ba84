"""What is kept beside a run and is no part of it: its tags, and the process that measures it."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from effprof.device.process import ProcessMark, this_process
from effprof.store import schema


def attend(connection: Connection, run_id: str) -> None:
    """Write that this process measures a run, in the place of the one that did before."""
    mark = this_process()
    connection.execute(delete(schema.process).filter_by(run_id=run_id))
    connection.execute(
        insert(schema.process),
        {"run_id": run_id, "host": mark.host, "pid": mark.pid, "started": mark.started},
    )


def select_processes(connection: Connection) -> dict[str, ProcessMark]:
    """Read which process measures, or measured, each run, where that is known."""
    return {
        row.run_id: ProcessMark(row.host, row.pid, row.started)
        for row in connection.execute(select(schema.process))
    }


def set_tag(connection: Connection, name: str, run_id: str) -> None:
    """Give a tag to a run, and take it from the one that had it."""
    connection.execute(delete(schema.tag).filter_by(name=name))
    connection.execute(insert(schema.tag), {"name": name, "run_id": run_id})


def select_tags(connection: Connection) -> Mapping[str, str]:
    """Read the run of every tag."""
    rows = connection.execute(select(schema.tag).order_by(schema.tag.c.name))
    return {row.name: row.run_id for row in rows}
