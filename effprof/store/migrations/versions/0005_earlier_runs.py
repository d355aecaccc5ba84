"""What earlier runs of the same machine had found when a run ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "earlier_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String, sa.ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("earlier_id", sa.String, nullable=False),
        sa.Column("started_at", sa.String, nullable=False),
        sa.Column("document", sa.String, nullable=False),
        sa.UniqueConstraint("run_id", "earlier_id", name="an_earlier_run_is_known_once"),
    )
