"""Runs, their fingerprints, cells, outcomes with samples, peaks and static costs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("finished_at", sa.String),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("command", sa.String, nullable=False),
        sa.Column("suite", sa.String, nullable=False),
        sa.Column("suite_hash", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("repeats", sa.Integer, nullable=False),
        sa.Column("options", sa.String, nullable=False),
    )
    op.create_table(
        "fingerprint",
        _run_id(primary_key=True),
        sa.Column("part", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "cell",
        _run_id(primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("resolution", sa.Integer, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("precision", sa.String, nullable=False),
        sa.Column("memory_format", sa.String, nullable=False),
        sa.Column("execution", sa.String, nullable=False),
        sa.Column("threads", sa.Integer, nullable=False),
        sa.UniqueConstraint("run_id", "key", name="cell_is_planned_once"),
    )
    _create_outcomes()
    _create_explanations()


def _run_id(primary_key: bool = False) -> sa.Column[str]:
    run_id = sa.ForeignKey("run.id", ondelete="CASCADE")
    return sa.Column("run_id", sa.String, run_id, primary_key=primary_key, nullable=False)


def _create_outcomes() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("cell", sa.Integer, nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("valid", sa.Boolean),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("document", sa.String, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "cell"], ["cell.run_id", "cell.position"], ondelete="CASCADE"
        ),
        sa.UniqueConstraint("run_id", "cell", "repeat", name="one_outcome_per_repeat"),
    )
    op.create_table(
        "sample",
        sa.Column(
            "outcome_id",
            sa.Integer,
            sa.ForeignKey("outcome.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("seconds", sa.LargeBinary, nullable=False),
    )


def _create_explanations() -> None:
    op.create_table(
        "peak",
        sa.Column("id", sa.Integer, primary_key=True),
        _run_id(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("precision", sa.String, nullable=False),
        sa.Column("size", sa.String, nullable=False),
        sa.Column("threads", sa.Integer, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.UniqueConstraint(
            "run_id", "kind", "precision", "size", "threads", name="one_value_per_peak"
        ),
    )
    op.create_table(
        "cost",
        sa.Column("id", sa.Integer, primary_key=True),
        _run_id(),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("resolution", sa.Integer, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("batch_size", sa.Integer, nullable=False),
        sa.Column("dtype", sa.String, nullable=False),
        sa.Column("parameters", sa.BigInteger, nullable=False),
        sa.Column("macs", sa.BigInteger, nullable=False),
        sa.Column("document", sa.String, nullable=False),
        sa.UniqueConstraint(
            *("run_id", "model", "resolution", "mode", "batch_size", "dtype"),
            name="one_cost_per_workload",
        ),
    )
