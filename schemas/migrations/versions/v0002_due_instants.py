"""Each dossier knows from when its legal time counts and by when it is due; those examined before know neither."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dossiers", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("dossiers", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
