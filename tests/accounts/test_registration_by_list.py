"""Lists of officers on real PostgreSQL, with the serving role's rights: all rows, or none."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from app.accounts.registering_lists import Importer, ListBusyError, applying, check_terms, checking
from app.accounts.registration.values import Action
from app.accounts.registration_desk import RegistrationDesk
from app.accounts.values import Role
from app.audit.changes import ChangeLog
from app.clock import SystemClock
from app.errors import AuditUnavailableError, InvalidRequestError
from app.sheets.values import Limits
from tests.accounts.life import DAY, NOW, TODAY, Office, an_office
from tests.accounts.sent_lists import PROCESSING, a_csv, a_list, a_row, codes, said, send
from tests.fakes import FakeAuditLog
from tests.world import Database

EVERYWHERE = Importer(facts={"operator": "nguoi.van.hanh"})


@pytest.fixture
async def office(database: Database) -> AsyncIterator[Office]:
    async with an_office(database) as opened:
        yield opened


@pytest.fixture
def log() -> FakeAuditLog:
    return FakeAuditLog()


async def test_a_list_registers_its_officers_each_on_record(office: Office, log: FakeAuditLog) -> None:
    report = await send(
        office,
        a_list(a_row("mot", upstream="C1", person="P1"), a_row("hai", unit="xã Thử 1", position=PROCESSING)),
        EVERYWHERE,
        log,
    )
    assert report.plan.counts[Action.ADD] == 2
    by_login = (await office.accounts()).officers_by_login
    one, two = by_login["mot"], by_login["hai"]
    assert (one.full_name, one.unit_id, one.role) == ("Trần Văn Mới", office.units[0], Role.RECEPTION)
    assert (one.upstream_officer_code, one.person_code, one.password_hash) == ("C1", "P1", None)
    assert (two.unit_id, two.role) == (office.units[1], Role.PROCESSING)
    first, second = log.drafts
    assert [draft.kind.value for draft in log.drafts] == ["officer.added"] * 2
    assert second.facts["part_of"] == str(first.record_id)
    assert {draft.facts["operator"] for draft in log.drafts} == {"nguoi.van.hanh"}
    assert [after["position"] for after in said(log, "after")] == ["công chức TN-TKQ", PROCESSING]


async def test_the_same_list_again_changes_nothing(office: Office, log: FakeAuditLog) -> None:
    asked = a_list(a_row("mot", upstream="C1", person="P1", day=f"{TODAY - 3 * DAY:%d/%m/%Y}"), a_row("hai"))
    await send(office, asked, EVERYWHERE, log)
    before = await office.fetch("select * from officer order by officer_id")
    log.drafts.clear()
    report = await send(office, asked, EVERYWHERE, log)
    assert report.plan.changes_nothing
    assert log.drafts == []
    assert await office.fetch("select * from officer order by officer_id") == before


async def test_a_changed_list_updates_and_transfers(office: Office, log: FakeAuditLog) -> None:
    officer_id = await office.register(
        "mot", on=TODAY - 9 * DAY, person_code=None, position="công chức TN-TKQ"
    )
    row = a_row(
        "mot",
        full_name="Cán Bộ Mẫu",
        unit="xã Thử 1",
        position=PROCESSING,
        upstream="C7",
        person="P7",
        document="9/TB",
    )
    report = await send(office, a_list(a_row("mot", full_name="Cán Bộ Mẫu"), a_row("hai")), EVERYWHERE, log)
    assert codes(report) == [[], []]
    log.drafts.clear()
    report = await send(office, a_list(row), EVERYWHERE, log)
    assert report.plan.counts[Action.TRANSFER] == 1
    officer = await office.officer(officer_id)
    assert (officer.unit_id, officer.role) == (office.units[1], Role.PROCESSING)
    assert (officer.upstream_officer_code, officer.person_code) == ("C7", "P7")
    assert (await office.officer(officer_id, TODAY - DAY)).unit_id == office.units[0]
    changed, posted = log.drafts
    assert (changed.kind.value, posted.kind.value) == ("officer.changed", "officer.posted")
    assert posted.facts["document_number"] == "9/TB"
    after = {"person_code": "P7", "position": PROCESSING, "role": "processing", "upstream_officer_code": "C7"}
    assert said(log, "after")[0] == after
    (notice,) = await office.fetch("select code from account_notice where officer_id = :id", id=officer_id)
    assert notice["code"] == "role_changed"


async def test_one_wrong_row_and_nothing_lands(office: Office, log: FakeAuditLog) -> None:
    report = await send(office, a_list(a_row("mot"), a_row("hai", unit="xã Không Có")), EVERYWHERE, log)
    assert codes(report) == [[], ["unit_unknown"]]
    assert log.drafts == []
    assert "mot" not in (await office.accounts()).officers_by_login


async def test_a_list_moves_nobody_to_a_unit_beyond_its_planned_end(
    office: Office, log: FakeAuditLog
) -> None:
    officer_id = await office.register("mot", on=TODAY - 9 * DAY)
    end, unit = TODAY + DAY, office.units[1]
    await office.execute("update unit_version set valid_to = :end where unit_id = :unit", end=end, unit=unit)
    row = a_row("mot", full_name="Cán Bộ Mẫu", unit="xã Thử 1", document="9/TB")
    report = await send(office, a_list(row), EVERYWHERE, log)
    assert codes(report) == [["unit_ends"]]
    assert (await office.officer(officer_id)).unit_id == office.units[0]


async def test_without_evidence_nothing_changes(office: Office, log: FakeAuditLog) -> None:
    log.fail = True
    with pytest.raises(AuditUnavailableError):
        await send(office, a_list(a_row("mot")), EVERYWHERE, log)
    assert "mot" not in (await office.accounts()).officers_by_login


async def test_an_account_outside_ones_units_is_a_conflict_and_stays(
    office: Office, log: FakeAuditLog
) -> None:
    officer_id = await office.register("mot", unit_id=office.units[1], upstream_officer_code="C1")
    importer = Importer(office.units[0])
    rows = a_row("mot"), a_row("hai", upstream="C1"), a_row("ba", unit="xã Thử 1")
    report = await send(office, a_list(*rows, document_number="9/TB"), importer, log)
    assert codes(report) == [["login_elsewhere"], ["upstream_code_taken"], ["unit_outside"]]
    assert (await office.officer(officer_id)).unit_id == office.units[1]
    assert log.drafts == []


async def test_units_below_ones_own_are_in_reach(office: Office, log: FakeAuditLog) -> None:
    await office.execute(
        "update unit_version set parent_id = :above where unit_id = :id",
        above=office.units[0],
        id=office.units[1],
    )
    report = await send(office, a_list(a_row("mot", unit="xã Thử 1")), Importer(office.units[0]), log)
    assert report.plan.counts[Action.ADD] == 1


async def test_a_list_never_raises_or_changes_administrators(office: Office, log: FakeAuditLog) -> None:
    officer_id = await office.register("quan.tri", Role.UNIT_ADMINISTRATOR)
    rows = a_row("quan.tri", full_name="Cán Bộ Mẫu", upstream="C5"), a_row("mot", position="quản trị đơn vị")
    report = await send(office, a_list(*rows), EVERYWHERE, log)
    assert codes(report) == [["privileged_account", "role_kept"], ["role_raised"]]
    assert (await office.officer(officer_id)).role is Role.UNIT_ADMINISTRATOR


async def test_nobody_lists_themselves(office: Office, log: FakeAuditLog) -> None:
    await office.register("mot", person_code="P1", position="công chức TN-TKQ")
    importer = Importer(person_code="P1")
    rows = a_row("mot", full_name="Cán Bộ Mẫu", position=PROCESSING), a_row("hai", person="P1")
    assert codes(await send(office, a_list(*rows), importer, log)) == [
        ["own_account"],
        ["person_code_taken"],
    ]


async def test_a_registered_person_code_is_kept(office: Office, log: FakeAuditLog) -> None:
    await office.register("mot", person_code="P1")
    report = await send(office, a_list(a_row("mot", full_name="Cán Bộ Mẫu", person="P2")), EVERYWHERE, log)
    assert codes(report) == [["person_code_kept"]]


async def test_a_unit_administrator_may_have_a_business_account_beside(
    office: Office, log: FakeAuditLog
) -> None:
    await office.register("quan.tri", Role.UNIT_ADMINISTRATOR, person_code="P1")
    report = await send(office, a_list(a_row("mot", person="P1")), EVERYWHERE, log)
    assert report.plan.counts[Action.ADD] == 1


async def test_a_position_that_is_missing_is_filled_once(office: Office, log: FakeAuditLog) -> None:
    await office.register("mot")
    asked = a_list(a_row("mot", full_name="Cán Bộ Mẫu"))
    assert (await send(office, asked, EVERYWHERE, log)).plan.counts[Action.UPDATE] == 1
    assert (await send(office, asked, EVERYWHERE, log)).plan.changes_nothing


async def test_a_transfer_that_the_recorded_postings_forbid_is_named_before_it_is_tried(
    office: Office, log: FakeAuditLog
) -> None:
    await office.register("mot", on=TODAY - 2 * DAY, position="công chức TN-TKQ")
    row = a_row(
        "mot", full_name="Cán Bộ Mẫu", unit="xã Thử 1", document="9/TB", day=f"{TODAY - 5 * DAY:%d/%m/%Y}"
    )
    async with office.engine.connect() as connection:
        dry = await checking(a_list(row), EVERYWHERE, TODAY)(connection)
    assert codes(dry) == [["date_before_posting"]]
    assert codes(await send(office, a_list(row), EVERYWHERE, log)) == [["date_before_posting"]]


async def test_document_and_day_stand_for_rows_that_name_none(office: Office, log: FakeAuditLog) -> None:
    asked = a_list(a_row("mot"), document_number="7/TB", effective_on=TODAY - 4 * DAY)
    await send(office, asked, EVERYWHERE, log)
    (posting,) = await office.fetch(
        "select valid_from, document_number from officer_posting join officer using (officer_id)"
        " where login_name = 'mot'"
    )
    assert dict(posting) == {"valid_from": TODAY - 4 * DAY, "document_number": "7/TB"}


@pytest.mark.parametrize(("number", "day"), [("x" * 101, TODAY), ("a\nb", TODAY), ("", TODAY + DAY)])
def test_terms_that_no_row_could_bear_are_refused(number: str, day: object) -> None:
    with pytest.raises(InvalidRequestError):
        check_terms(number, day, TODAY)  # type: ignore[arg-type]


async def test_of_two_lists_at_once_one_lands_and_the_other_is_told_to_wait(office: Office) -> None:
    asked = a_list(*(a_row(f"can.bo.{number}") for number in range(50)))
    logs = FakeAuditLog(), FakeAuditLog()
    answers = await asyncio.gather(
        *(send(office, asked, EVERYWHERE, log) for log in logs), return_exceptions=True
    )
    landed = [one for one in answers if not isinstance(one, BaseException) and one.plan.counts[Action.ADD]]
    others = [one for one in answers if isinstance(one, BaseException)]
    assert len(landed) == 1
    assert all(isinstance(one, ListBusyError) for one in others)
    assert sorted(len(log.drafts) for log in logs) == [0, 50]


async def test_while_a_list_is_carried_out_another_waits_for_no_one(
    office: Office, log: FakeAuditLog
) -> None:
    async with office.engine.connect() as first:
        await applying(a_list(a_row("mot")), EVERYWHERE, NOW)(first)
        with pytest.raises(ListBusyError):
            await send(office, a_list(a_row("hai")), EVERYWHERE, log)
        await first.rollback()
    assert (await send(office, a_list(a_row("hai")), EVERYWHERE, log)).plan.counts[Action.ADD] == 1


async def test_a_process_handles_two_lists_at_once_and_no_third(office: Office, log: FakeAuditLog) -> None:
    clock = SystemClock()
    desk = RegistrationDesk(office.engine, ChangeLog(office.engine, log, clock), clock, Limits())
    with desk.slot(), desk.slot(), pytest.raises(ListBusyError):
        await desk.read(a_csv(a_row("mot")), "list.csv", None, "", None)
    assert (await desk.read(a_csv(a_row("mot")), "list.csv", None, "7/TB", None)).document_number == "7/TB"


async def test_somebody_registered_meanwhile_is_a_fault_of_their_row(
    office: Office, log: FakeAuditLog
) -> None:
    """Another way in takes the login name between the plan and its end."""
    asked = a_list(a_row("mot"), a_row("hai"))
    async with office.owner.connect() as other:
        await other.execute(
            text(
                "insert into officer (officer_id, login_name, full_name, role, status)"
                " values (gen_random_uuid(), 'mot', 'Người Khác', 'reception', 'active')"
            )
        )
        sending = asyncio.ensure_future(send(office, asked, EVERYWHERE, log))
        waiting = "select count(*) from pg_locks where not granted"
        async with asyncio.timeout(5):
            while not (await other.execute(text(waiting))).scalar_one():  # noqa: ASYNC110 - the server calls nobody
                await asyncio.sleep(0.01)
        await other.commit()
        report = await sending
    assert codes(report) == [["login_of_former_officer"], []]
    assert log.drafts == []
    assert "hai" not in (await office.accounts()).officers_by_login


async def test_a_transaction_raises_the_directorys_version_once(office: Office, log: FakeAuditLog) -> None:
    async def version() -> int:
        (row,) = await office.fetch("select version from directory_version")
        return int(row["version"])

    before = await version()
    await send(office, a_list(*(a_row(f"can.bo.{number}") for number in range(5))), EVERYWHERE, log)
    assert await version() == before + 1
    await send(office, a_list(a_row("can.bo.nua")), EVERYWHERE, log)
    assert await version() == before + 2
