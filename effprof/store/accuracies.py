"""Files of accuracies to rows and back, inside a transaction that the caller owns."""

from collections.abc import Iterator
from dataclasses import asdict, fields

from sqlalchemy import Connection, insert, select

from effprof.core.accuracies import AccuracyFile, DataSetId, Evaluation
from effprof.store import schema

_FILE_COLUMNS = ("name", "git_object", "data_set", "read_at")
_COLUMNS = tuple(field.name for field in fields(Evaluation))


def insert_accuracies(connection: Connection, file: AccuracyFile) -> bool:
    """Insert a file with its rows; false where its content is there already for its data set."""
    table = schema.accuracy_file
    same = {"git_object": file.git_object, "data_set": file.data_set}
    if connection.scalar(select(table.c.id).filter_by(**same)) is not None:
        return False
    columns = {name: getattr(file, name) for name in _FILE_COLUMNS}
    (file_id,) = connection.execute(insert(table).returning(table.c.id), columns).one()
    rows = [asdict(each) | {"file_id": file_id} for each in file.evaluations]
    connection.execute(insert(schema.evaluation), rows)
    return True


def select_accuracies(connection: Connection, data_set: DataSetId) -> Iterator[AccuracyFile]:
    """Yield the files of a data set as they were read, the earliest first."""
    table, row = schema.accuracy_file, schema.evaluation
    files = select(table).filter_by(data_set=data_set).order_by(table.c.read_at, table.c.id)
    for file in connection.execute(files).all():
        found = connection.execute(select(row).filter_by(file_id=file.id).order_by(row.c.id))
        yield AccuracyFile(
            **{name: getattr(file, name) for name in _FILE_COLUMNS},
            evaluations=tuple(
                Evaluation(**{name: getattr(each, name) for name in _COLUMNS}) for each in found
            ),
        )
