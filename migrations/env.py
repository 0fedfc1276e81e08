"""What alembic runs around each migration; the connection is handed in by app.database.migrate."""

from alembic import context
from sqlalchemy import text

import app.accounts.administration_table
import app.accounts.client_table
import app.accounts.compatible_table
import app.accounts.life_table
import app.accounts.table
import app.audit.retention_table
import app.audit.table
import app.audit.tree.table
import app.auditing.subject_table
import app.auditing.table
import app.database.table
import app.lookup.receipt_table
import app.lookup.table
import app.procedures.table
import app.reports.table
import app.units.table  # noqa: F401 - the tables register themselves
from app.database.metadata import METADATA

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run migrations with: dancu migrate")

# Months of a table are made as time goes on; what they are like, the table itself says.
months = set(connection.scalars(text("select relname from pg_class where relispartition")))
context.configure(
    connection=connection,
    target_metadata=METADATA,
    compare_server_default=True,
    include_name=lambda name, kind, _: kind != "table" or name not in months,
)
with context.begin_transaction():
    context.run_migrations()
