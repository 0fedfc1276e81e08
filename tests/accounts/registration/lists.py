"""An invented province, its officers, and lists of them."""

from datetime import date
from uuid import UUID

from app.accounts.registration.form import Column
from app.accounts.registration.planning import plan_list
from app.accounts.registration.unit_names import KnownUnit, UnitNames
from app.accounts.registration.values import KnownOfficer, ListRow, Plan, Terms
from app.accounts.values import Role

TODAY = date(2026, 11, 22)
PROVINCE, HA, HA_NANG, BINH, CLOSED, OUTSIDE, TWIN_A, TWIN_B, SCIENCE = (UUID(int=n) for n in range(1, 10))
UNITS = (
    KnownUnit(PROVINCE, "Ủy ban nhân dân tỉnh Mẫu", frozenset({"H99"})),
    KnownUnit(HA, "Ủy ban nhân dân xã Tân Hà", frozenset({"H99.1"}), PROVINCE),
    KnownUnit(HA_NANG, "Ủy ban nhân dân xã Tân Hạ", frozenset({"H99.2"}), PROVINCE),
    KnownUnit(BINH, "Ủy ban nhân dân phường Hòa Bình", frozenset({"H99.3", "000.00.03.H99"}), PROVINCE),
    KnownUnit(
        CLOSED, "Ủy ban nhân dân xã Cũ", frozenset({"H99.4"}), PROVINCE, is_open=False, successors=("xã Mới",)
    ),
    KnownUnit(OUTSIDE, "Ủy ban nhân dân xã Ngoài", frozenset({"H98.1"})),
    KnownUnit(TWIN_A, "Phòng Tư pháp", frozenset({"H99.5"}), HA),
    KnownUnit(TWIN_B, "Phòng Tư pháp", frozenset({"H99.6"}), BINH),
    KnownUnit(SCIENCE, "Sở Khoa học và Công nghệ", frozenset({"H99.7"}), PROVINCE),
)
NAMES = UnitNames(UNITS)
SCOPE = frozenset(unit.unit_id for unit in UNITS) - {OUTSIDE}
TERMS = Terms(SCOPE, TODAY)


def a_row(number: int = 2, /, **texts: str) -> ListRow:
    """Return a right row with *texts* by column name; an empty text empties the cell."""
    right = {
        "number": str(number),
        "login_name": "thu.tv",
        "full_name": "Trần Văn Thử",
        "unit": "UBND xã Tân Hà",
        "position": "công chức TN-TKQ",
    }
    return ListRow(number, {Column(name): text for name, text in (right | texts).items() if text})


def an_officer(**facts: object) -> KnownOfficer:
    right: dict[str, object] = {
        "officer_id": UUID(int=100),
        "login_name": "thu.tv",
        "full_name": "Trần Văn Thử",
        "role": Role.RECEPTION,
        "unit_id": HA,
    }
    return KnownOfficer(**(right | facts))  # type: ignore[arg-type]


def planned(*rows: ListRow, officers: tuple[KnownOfficer, ...] = (), terms: Terms = TERMS) -> Plan:
    return plan_list(rows, officers, NAMES, terms)


def carried_out(plan: Plan, officers: tuple[KnownOfficer, ...]) -> tuple[KnownOfficer, ...]:
    """Return the officers as they are once the plan has been applied."""
    known = {officer.login_name: officer for officer in officers}
    for row in plan.rows:
        wish, before = row.wish, known.get(row.login_name)
        if wish is None:
            continue
        if before is None:
            known[wish.login_name] = KnownOfficer(
                UUID(int=1000 + row.number),
                wish.login_name,
                wish.full_name,
                wish.role,
                wish.unit_id,
                wish.upstream_officer_code,
                wish.person_code,
            )
            continue
        changed = {change.field: change.after for change in row.changes}
        unit, role = changed.get("unit_id"), changed.get("role")
        known[wish.login_name] = KnownOfficer(
            before.officer_id,
            before.login_name,
            changed.get("full_name") or before.full_name,
            Role(role) if role is not None else before.role,
            UUID(unit) if unit is not None else before.unit_id,
            changed.get("upstream_officer_code") or before.upstream_officer_code,
            changed.get("person_code") or before.person_code,
            before.is_active,
        )
    return tuple(known.values())
