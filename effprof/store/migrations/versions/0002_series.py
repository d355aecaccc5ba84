"""Series with a reading per night and repeat, and the events that were found in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _create_series()
    _create_events()


def _create_series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("cell", sa.String, nullable=False),
        sa.Column("metric", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.UniqueConstraint(
            *("device", "host", "cell", "metric", "method"), name="one_series_per_key"
        ),
    )
    op.create_table(
        "night",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.UniqueConstraint("run_id", name="one_night_per_run"),
    )
    op.create_table(
        "reading",
        sa.Column(
            "night_id",
            sa.Integer,
            sa.ForeignKey("night.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column(
            "series_id",
            sa.Integer,
            sa.ForeignKey("series.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("repeat", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )


def _create_events() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("cell", sa.String, nullable=False),
        sa.Column("metric", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("first_bad", sa.String, nullable=False),
        sa.Column("last_good", sa.String),
        sa.Column("old", sa.Double),
        sa.Column("new", sa.Double),
        sa.Column("change", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("nights_before", sa.Integer, nullable=False),
        sa.Column("nights_after", sa.Integer, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("recovered", sa.String),
    )
    op.create_table(
        "event_change",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "event_id", sa.String, sa.ForeignKey("event.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("changed_at", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
    )
