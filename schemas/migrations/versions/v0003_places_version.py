"""Each delivery says which table of places stood when it was planned."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("places_version", sa.Text(), nullable=True))
