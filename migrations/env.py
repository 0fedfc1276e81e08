"""What alembic runs around each migration; the connection is handed in by app.database.migrate."""

from alembic import context

import app.accounts.administration_table
import app.accounts.client_table
import app.accounts.life_table
import app.accounts.table
import app.audit.table
import app.audit.tree.table
import app.database.table
import app.lookup.receipt_table
import app.lookup.table
import app.procedures.table
import app.units.table  # noqa: F401 - the tables register themselves
from app.database.metadata import METADATA

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("run migrations with: dancu migrate")

context.configure(connection=connection, target_metadata=METADATA, compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
