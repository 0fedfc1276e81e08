"""PostgreSQL: engines, roles, migrations, the embedded server and views kept fresh in memory."""
