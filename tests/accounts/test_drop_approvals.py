"""Who may decide that months of the evidence end: department administrators, for the operator who asked."""

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.approvals import Approval, add_approval, find_approval
from app.cli import invented
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from tests.accounts.administering import an_administrator
from tests.gateway import Gateway

MONTHS = "2020-01 2020-02"


async def a_request(gateway: Gateway) -> str:
    """Let the operator ask."""
    approval = Approval.of_months(MONTHS, "hết thời hạn lưu trữ", SystemClock().now(), "operator")
    engine = create_async_engine(sqlalchemy_address(gateway.world.database.owner_url))
    async with engine.begin() as connection:
        await add_approval(connection, approval)
        assert await find_approval(connection, approval.approval_id) == approval
    await engine.dispose()
    return str(approval.approval_id)


@pytest.mark.parametrize("approve", [True, False])
async def test_a_department_administrator_decides_what_the_operator_asked(
    gateway: Gateway, *, approve: bool
) -> None:
    approval = await a_request(gateway)
    department = await an_administrator(gateway)
    (shown,) = await department.open()
    assert (shown["approval_id"], shown["months"], shown["may_decide"]) == (approval, MONTHS, True)
    assert (shown["officer_id"], shown["login_name"], shown["operator"]) == (None, None, "operator")
    assert (await department.decide(approval, approve=approve)).status_code == 204
    (record,) = await gateway.records("approval.given" if approve else "approval.refused")
    assert (record["approval_id"], record["months"], record["change"]) == (approval, MONTHS, "drop_months")
    assert record["requested_by"] == "operator:operator"
    assert await department.open() == []
    assert (await department.decide(approval)).status_code == 409


async def test_nobody_else_decides_it_and_nobody_asks_for_it_here(gateway: Gateway) -> None:
    approval = await a_request(gateway)
    unit = await an_administrator(gateway, invented.UNIT_ADMINISTRATOR)
    assert await unit.open() == []
    answer = await unit.decide(approval)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_permitted")
    asked = await unit.ask("drop_months", approval)
    assert (asked.status_code, asked.json()["code"]) == (422, "invalid_value")
