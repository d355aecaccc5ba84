"""What is kept beside a run and is no part of it: its tags, and the process that measures it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from effprof.core.machines import HOST
from effprof.device.process import ProcessMark, ended_by_boot, this_process
from effprof.store import schema

#: Seconds without an outcome in which a run has died whose process nobody wrote down, as releases
#: before 0.2 did not: a worker is killed after 15 minutes, unless --timeout says otherwise.
SILENCE_SECONDS = 86_400.0


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


def select_dead(connection: Connection, now: float) -> set[str]:
    """Read which runs have died: their process is gone, and they have not ended.

    `now` is in seconds since 1970. Of a run without a process the host and its last sign of life
    tell it: its beginning, or that of its last outcome.
    """
    run, outcome, marks = schema.run, schema.outcome, select_processes(connection)
    last = (
        select(func.max(outcome.c.started_at)).where(outcome.c.run_id == run.c.id).scalar_subquery()
    )
    host = (
        select(func.max(schema.fingerprint.c.value))
        .where(schema.fingerprint.c.run_id == run.c.id, schema.fingerprint.c.name == HOST)
        .scalar_subquery()
    )
    seen = func.coalesce(last, run.c.started_at)
    running = select(run.c.id, seen.label("seen"), host.label("host"))
    dead = set[str]()
    for row in connection.execute(running.where(run.c.status == "running")):
        at, mark = datetime.fromisoformat(row.seen).timestamp(), marks.get(row.id)
        silent = now - at > SILENCE_SECONDS or ended_by_boot(row.host, at)
        if silent if mark is None else mark.gone:
            dead.add(row.id)
    return dead


def set_tag(connection: Connection, name: str, run_id: str) -> None:
    """Give a tag to a run, and take it from the one that had it."""
    connection.execute(delete(schema.tag).filter_by(name=name))
    connection.execute(insert(schema.tag), {"name": name, "run_id": run_id})


def select_tags(connection: Connection) -> Mapping[str, str]:
    """Read the run of every tag."""
    rows = connection.execute(select(schema.tag).order_by(schema.tag.c.name))
    return {row.name: row.run_id for row in rows}
