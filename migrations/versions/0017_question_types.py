"""Say of each procedure to which field of work it belongs and which questions it allows."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("procedure", sa.Column("field_of_work", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "procedure",
        sa.Column("question_types", sa.ARRAY(sa.Text()), server_default="{lookup}", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_procedure_question_types"),
        "procedure",
        "question_types <@ array['lookup', 'verification', 'household']::text[]"
        " and cardinality(question_types) > 0",
    )


def downgrade() -> None:
    op.drop_column("procedure", "question_types")
    op.drop_column("procedure", "field_of_work")
