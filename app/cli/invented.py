"""An invented province to try the gateway in: units, officers, procedures and one client software."""

import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.client_store import add_client
from app.accounts.passwords import hash_password
from app.accounts.second_factor_desk import give_second_factor
from app.accounts.store import add_officer
from app.accounts.values import PRIVILEGED, Role
from app.audit.sealing import RootKey
from app.clock import SystemClock
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.store import add_grants, add_procedure
from app.procedures.values import Procedure, QuestionType
from app.units.store import add_unit
from app.units.values import UnitKind, UnitLevel

AUTHORITY: Final = "H19"
COMMUNE_CODE: Final = "H19.34.12"
COMMUNE_LEGACY_CODE: Final = "000.12.34.H19"
CENTRE_CODE: Final = "H19.90"
DEPARTMENT_CODE: Final = "H19.10"
CLIENT_ID: Final = "mot-cua-thu-nghiem"
RECEPTION: Final = "tiepnhan.mau"
PROCESSING: Final = "xuly.mau"
CENTRE_RECEPTION: Final = "tiepnhan.trungtam"
UNMAPPED: Final = "chuacoma.mau"
ADMINISTRATOR: Final = "quantri.mau"
SECOND_ADMINISTRATOR: Final = "quantri.hai"
UNIT_ADMINISTRATOR: Final = "quantri.xa"
AUDITOR: Final = "kiemtra.mau"
RESIDENCE_PROCEDURE: Final = "1.004194"
HOUSEHOLD_PROCEDURE: Final = "1.000894"
UNMAPPED_PROCEDURE: Final = "2.000815"
UNGRANTED_PROCEDURE: Final = "1.115835"
PROCESSING_PROCEDURE: Final = "1.011442"
ENDED_PROCEDURE: Final = "1.000656"
_BASIS: Final = "Nghị định 104/2022/NĐ-CP, Điều 14"
_SINCE: Final = date(2023, 1, 1)


@dataclass(frozen=True, slots=True)
class InventedProvince:
    """What one needs to sign in: the client's secret, each officer's password, and TOTP secrets of some."""

    client_secret: str = field(repr=False)
    passwords: dict[str, str] = field(repr=False)
    otp_secrets: dict[str, str] = field(repr=False)


async def invent_province(connection: AsyncConnection, root: RootKey) -> InventedProvince:
    """Fill an empty database with the invented province and return its credentials, made anew.

    *root* wraps the second factors of those whose role needs one.
    """
    commune, centre, department = await _add_units(connection)
    passwords, otp_secrets, now = {}, {}, SystemClock().now()
    for number, (login_name, full_name, role, unit_id, upstream_code) in enumerate(
        (
            (RECEPTION, "Nguyễn Thị Tiếp Nhận", Role.RECEPTION, commune, "cb-mau-01"),
            (PROCESSING, "Trần Văn Xử Lý", Role.PROCESSING, commune, "cb-mau-02"),
            (UNMAPPED, "Lê Thị Chưa Mã", Role.RECEPTION, commune, None),
            (CENTRE_RECEPTION, "Phạm Văn Trung Tâm", Role.RECEPTION, centre, "cb-mau-03"),
            (ADMINISTRATOR, "Võ Thị Quản Trị", Role.DEPARTMENT_ADMINISTRATOR, department, None),
            (SECOND_ADMINISTRATOR, "Hồ Văn Quản Trị", Role.DEPARTMENT_ADMINISTRATOR, department, None),
            (UNIT_ADMINISTRATOR, "Bùi Thị Quản Xã", Role.UNIT_ADMINISTRATOR, commune, None),
            (AUDITOR, "Đặng Văn Kiểm Tra", Role.AUDITOR, department, None),
        ),
        start=1,
    ):
        passwords[login_name] = f"Mau-{secrets.token_urlsafe(9)}1"
        officer_id = await add_officer(
            connection,
            login_name=login_name,
            full_name=full_name,
            role=role,
            unit_id=unit_id,
            upstream_officer_code=upstream_code,
            password_hash=hash_password(passwords[login_name]),
            posted_from=_SINCE,
            now=now,
            person_code=f"NV-MAU-{number:02d}",
        )
        if role in PRIVILEGED:
            otp_secrets[login_name] = await give_second_factor(connection, root, officer_id, now)
    for procedure in _procedures():
        await add_procedure(connection, procedure)
    granted = (
        RESIDENCE_PROCEDURE,
        HOUSEHOLD_PROCEDURE,
        UNMAPPED_PROCEDURE,
        PROCESSING_PROCEDURE,
        ENDED_PROCEDURE,
    )
    await add_grants(connection, commune, granted, _SINCE)
    await add_grants(connection, centre, (RESIDENCE_PROCEDURE,), _SINCE)
    secret = await add_client(
        connection,
        client_id=CLIENT_ID,
        name="Phần mềm một cửa thử nghiệm",
        networks=("127.0.0.0/8", "::1/128"),
        now=now,
    )
    return InventedProvince(secret, passwords, otp_secrets)


async def _add_units(connection: AsyncConnection) -> tuple[UUID, UUID, UUID]:
    commune = await add_unit(
        connection,
        name="Ủy ban nhân dân xã Mẫu",
        agency_code=COMMUNE_CODE,
        legacy_agency_code=COMMUNE_LEGACY_CODE,
        kind=UnitKind.COMMUNE,
        level=UnitLevel.COMMUNE,
        valid_from=_SINCE,
    )
    centre = await add_unit(
        connection,
        name="Trung tâm Phục vụ hành chính công tỉnh Mẫu",
        agency_code=CENTRE_CODE,
        kind=UnitKind.PUBLIC_SERVICE,
        level=UnitLevel.PROVINCE,
        valid_from=_SINCE,
        serves=("H19", DEPARTMENT_CODE),
    )
    department = await add_unit(
        connection,
        name="Sở Khoa học và Công nghệ tỉnh Mẫu",
        agency_code=DEPARTMENT_CODE,
        kind=UnitKind.DEPARTMENT,
        level=UnitLevel.PROVINCE,
        valid_from=_SINCE,
    )
    return commune, centre, department


def _procedures() -> list[Procedure]:
    usual = dict.fromkeys(sorted(DEFAULT_FIELDS), _BASIS)
    household = usual | dict.fromkeys((Field.HOUSEHOLD_HEAD, Field.RELATION_TO_HEAD), _BASIS)
    both = frozenset({Role.RECEPTION, Role.PROCESSING})
    return [
        _procedure(RESIDENCE_PROCEDURE, "Thủ tục thử nghiệm cần nơi cư trú", usual, both),
        _procedure(
            HOUSEHOLD_PROCEDURE,
            "Thủ tục thử nghiệm cần quan hệ với chủ hộ",
            household,
            both,
            questions=frozenset(QuestionType),
        ),
        _procedure(UNGRANTED_PROCEDURE, "Thủ tục thử nghiệm của đơn vị khác", usual, both),
        _procedure(
            UNMAPPED_PROCEDURE, "Thủ tục thử nghiệm chưa có mã dịch vụ công", usual, both, is_mapped=False
        ),
        _procedure(
            PROCESSING_PROCEDURE,
            "Thủ tục thử nghiệm chỉ dành cho xử lý hồ sơ",
            usual,
            frozenset({Role.PROCESSING}),
        ),
        _procedure(ENDED_PROCEDURE, "Thủ tục thử nghiệm đã bãi bỏ", usual, both, valid_to=date(2024, 1, 1)),
    ]


def _procedure(
    code: str,
    name: str,
    fields: dict[Field, str],
    roles: frozenset[Role],
    *,
    is_mapped: bool = True,
    valid_to: date | None = None,
    questions: frozenset[QuestionType] = frozenset({QuestionType.LOOKUP, QuestionType.VERIFICATION}),
) -> Procedure:
    return Procedure(
        procedure_code=code,
        name=name,
        legal_basis=_BASIS,
        service_code=f"{code}.01" if is_mapped else None,
        is_decree_104=code == RESIDENCE_PROCEDURE,
        roles=roles,
        fields=fields,
        valid_from=_SINCE,
        valid_to=valid_to,
        field_of_work="Thử nghiệm",
        question_types=questions,
    )
