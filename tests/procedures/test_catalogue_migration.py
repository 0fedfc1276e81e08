"""Migration 0022 on a database that is in use: no day is granted or shown otherwise than before."""

from datetime import date

import asyncpg

from app.database import migrate
from app.database.address import sqlalchemy_address
from tests.cluster import PostgresCluster

BEFORE = """
insert into unit values ('01981c5e-0000-7000-8000-000000000001');
insert into procedure (procedure_code, name, legal_basis, roles, valid_from, valid_to)
    values ('1.004194', 'Tạm trú', 'Luật Cư trú', '{reception}', '2023-01-01', '2030-01-01'),
           ('1.000894', 'Kết hôn', 'Luật Hộ tịch', '{reception}', '2024-01-01', null);
insert into procedure_field values ('1.004194', 'full_name', 'Điều 14'), ('1.004194', 'sex', 'Điều 15');
insert into permission_grant (unit_id, procedure_code, valid_from, valid_to)
    select '01981c5e-0000-7000-8000-000000000001', code, since::date, until::date from (values
        ('1.004194', '2023-01-01', '2027-01-01'), ('1.004194', '2026-01-01', null),
        ('1.000894', '2024-01-01', '2024-06-01'), ('1.000894', '2025-01-01', null)
    ) given (code, since, until);
"""


async def test_entries_fields_and_granted_days_are_those_of_before(postgres_cluster: PostgresCluster) -> None:
    name = await postgres_cluster.create_database()
    url = sqlalchemy_address(postgres_cluster.url(name))
    await migrate.upgrade(url, "0021")
    connection = await asyncpg.connect(postgres_cluster.url(name))
    await connection.execute(BEFORE)

    await migrate.upgrade(url, "0022")
    grants = "select procedure_code, valid_from, valid_to from permission_grant order by 1, 2"
    assert [tuple(row) for row in await connection.fetch(grants)] == [
        ("1.000894", date(2024, 1, 1), date(2024, 6, 1)),
        ("1.000894", date(2025, 1, 1), None),
        ("1.004194", date(2023, 1, 1), None),
    ]
    said = "select holds_from, holds_to, valid_to, fields from procedure_version where name = 'Tạm trú'"
    (row,) = await connection.fetch(said)
    assert tuple(row)[:3] == (date(2023, 1, 1), None, date(2030, 1, 1))
    assert row["fields"] == '{"sex": "Điều 15", "full_name": "Điều 14"}'

    ended = "update procedure_version set holds_to = '2026-01-01' where name = $1"
    await connection.execute(ended, "Tạm trú")
    await connection.execute(
        "insert into procedure_version (procedure_code, holds_from, name, legal_basis, roles,"
        " question_types, fields, valid_from) select procedure_code, '2026-01-01', 'Tên mới', legal_basis,"
        " roles, question_types, $1::jsonb, valid_from from procedure_version where name = 'Tạm trú'",
        '{"sex": "Điều 9"}',
    )
    await migrate.downgrade(url, "0021")
    assert (
        await connection.fetchval("select name from procedure where procedure_code = '1.004194'") == "Tên mới"
    )
    fields = await connection.fetch("select field, legal_basis from procedure_field")
    assert [tuple(row) for row in fields] == [("sex", "Điều 9")]
    await connection.close()
    await postgres_cluster.drop_database(name)
