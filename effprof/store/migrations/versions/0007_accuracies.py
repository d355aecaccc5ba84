"""Accuracies of weights that one can load, by the file that tells them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "accuracy_file",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("git_object", sa.String, nullable=False),
        sa.Column("data_set", sa.String, nullable=False),
        sa.Column("read_at", sa.String, nullable=False),
        sa.UniqueConstraint("git_object", "data_set", name="an_accuracy_file_is_read_once"),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "file_id",
            sa.Integer,
            sa.ForeignKey("accuracy_file.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("weights", sa.String, nullable=False),
        sa.Column("resolution", sa.Integer, nullable=False),
        sa.Column("top1", sa.Double, nullable=False),
        sa.Column("top5", sa.Double, nullable=False),
        sa.Column("parameters", sa.BigInteger, nullable=False),
        sa.Column("crop", sa.Double, nullable=False),
        sa.Column("interpolation", sa.String, nullable=False),
        sa.UniqueConstraint(
            *("file_id", "weights", "resolution", "crop"), name="weights_are_evaluated_once"
        ),
    )
