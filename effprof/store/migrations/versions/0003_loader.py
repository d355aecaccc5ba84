"""Where the images of a cell come from; until now they were all on the device from the start."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    loader = sa.Column("loader", sa.String, nullable=False, server_default="synthetic")
    op.add_column("cell", loader)
