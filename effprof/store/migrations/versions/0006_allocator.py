"""What becomes of host memory that a step frees; until now every worker kept it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    allocator = sa.Column("allocator", sa.String, nullable=False, server_default="kept")
    op.add_column("cell", allocator)
