"""What neutral sentinels took at the start, in the middle and at the end of a run."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "calibration",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("work", sa.String, nullable=False),
        sa.Column("moment", sa.String, nullable=False),
        sa.Column("taken_at", sa.String, nullable=False),
        sa.Column("seconds", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("run_id", "work", "taken_at", name="one_calibration_per_moment"),
    )
