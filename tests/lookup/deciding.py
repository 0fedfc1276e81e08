"""Officers, units, procedures, software and dossiers that decisions are tried on, on 22 November 2026."""

from dataclasses import replace
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from app.accounts.clients import Client, ClientKind, GrantType
from app.accounts.values import Officer, Role
from app.lookup.decision import Standing
from app.lookup.dossier import DossierCode, parse_dossier_code
from app.lookup.standings import standing_of
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.store import Catalogue, GrantBook
from app.procedures.values import Grant, Procedure, QuestionType
from app.units.values import Unit, UnitKind, UnitLevel

TODAY = date(2026, 11, 22)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
SINCE = date(2023, 1, 1)
UNIT_ID, OTHER_UNIT_ID, OFFICER_ID = UUID(int=1), UUID(int=2), UUID(int=3)
PROCEDURE, OTHER_PROCEDURE = "1.004194", "1.000894"
BASIS = "Điều 14"
FIELD_BASES = {field: f"Điều {number}" for number, field in enumerate(Field, start=20)}
HOUSEHOLD = frozenset({Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD})


def an_officer(**changes: Any) -> Officer:
    """Return a reception officer of a_unit with a code on the national side."""
    values: dict[str, Any] = {
        "officer_id": OFFICER_ID,
        "login_name": "tiepnhan.mau",
        "full_name": "Nguyễn Thị Tiếp Nhận",
        "role": Role.RECEPTION,
        "unit_id": UNIT_ID,
        "upstream_officer_code": "cb-mau-01",
        "is_active": True,
    }
    return Officer(**(values | changes))


def a_unit() -> Unit:
    """Return commune Mẫu: its new and old code, one it receives for, one of a commune merged into it."""
    codes = frozenset({"H19.34.12", "000.12.34.H19", "H19.90", "H19.34.07"})
    return Unit(UNIT_ID, "Xã Mẫu", "H19.34.12", UnitLevel.COMMUNE, UnitKind.COMMUNE, codes)


def a_client(**changes: Any) -> Client:
    """Return one-stop software for every procedure."""
    values: dict[str, Any] = {
        "client_id": "mot-cua",
        "name": "Một cửa",
        "is_active": True,
        "kind": ClientKind.SERVICE,
        "grants": frozenset({GrantType.PASSWORD}),
        "networks": (ip_network("127.0.0.0/8"),),
    }
    return Client(**(values | changes))


def a_procedure(**changes: Any) -> Procedure:
    """Return a procedure in force for both roles that sees the usual five, by lookup and verification."""
    values: dict[str, Any] = {
        "procedure_code": PROCEDURE,
        "name": "Thủ tục mẫu",
        "legal_basis": BASIS,
        "service_code": "1.004194.01",
        "is_decree_104": True,
        "roles": frozenset({Role.RECEPTION, Role.PROCESSING}),
        "fields": bases_of(DEFAULT_FIELDS),
        "valid_from": SINCE,
        "valid_to": None,
        "question_types": frozenset({QuestionType.LOOKUP, QuestionType.VERIFICATION}),
    }
    return Procedure(**(values | changes))


def bases_of(fields: frozenset[Field]) -> dict[Field, str]:
    """Return each field with the legal basis that is its own."""
    return {field: FIELD_BASES[field] for field in Field if field in fields}


def a_dossier(agency: str = "H19.34.12") -> DossierCode:
    return parse_dossier_code(f"{agency}-230301-0001", TODAY)


OURS, OF_OTHERS = a_dossier(), a_dossier("H20.34.12")


def a_grant(**changes: Any) -> Grant:
    """Return a_unit's grant of a_procedure."""
    return replace(Grant(UNIT_ID, PROCEDURE, SINCE, None), **changes)


def a_catalogue(procedure: Procedure | None, *grants: Grant) -> Catalogue:
    """Return a catalogue of one procedure, or of none."""
    procedures = {procedure.procedure_code: procedure} if procedure is not None else {}
    return Catalogue(procedures, GrantBook.of(grants))


def a_standing(*, procedure: Procedure | None = None, is_granted: bool = True, **officer: Any) -> Standing:
    """Return how an_officer stands to a_procedure; *officer* names what differs about them."""
    return Standing(an_officer(**officer), a_unit(), procedure or a_procedure(), is_granted, TODAY)


def judged_as(
    procedure: Procedure | None,
    *grants: Grant,
    officer: Officer | None = None,
    unit: Unit | None = None,
    client: Client | None = None,
) -> Standing:
    """Return the standing that is gathered from a catalogue of these; *unit* None is none."""
    catalogue = a_catalogue(procedure, *grants)
    return standing_of(catalogue, officer or an_officer(), unit, client or a_client(), PROCEDURE, TODAY)
