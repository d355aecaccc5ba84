"""Names that people give to runs, and the process that measures one."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "tag",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_table(
        "process",
        sa.Column(
            "run_id",
            sa.String,
            sa.ForeignKey("run.id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
    )
