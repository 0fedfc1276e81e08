"""Lists of officers as administrators send them, and what became of them."""

import json
from typing import Any

from app.accounts.registering_lists import Importer, OfficerList, Report, applying, read_list, twice
from app.audit.changes import ChangeLog
from app.clock import SystemClock
from app.sheets.writing import Heading, write_csv, write_xlsx
from tests.accounts.life import NOW, Office
from tests.fakes import FakeAuditLog

TITLES = ("Tên tài khoản đăng nhập", "Họ và tên", "Đơn vị", "Chức vụ", "Mã định danh đơn vị",
          "Mã cán bộ trên CSDLQG", "Số hiệu công chức", "Số văn bản", "Ngày hiệu lực")  # fmt: skip
RECEPTION, PROCESSING = "công chức TN-TKQ", "công chức xử lý hồ sơ"
Row = tuple[str, ...]


def a_row(login_name: str = "moi.mot", **changes: str) -> Row:
    """Return a right row of the first unit; *changes* name what the test is about."""
    right = {
        "login_name": login_name,
        "full_name": "Trần Văn Mới",
        "unit": "UBND xã Thử 0",
        "position": RECEPTION,
        "code": "",
        "upstream": "",
        "person": "",
        "document": "",
        "day": "",
    }
    return tuple((right | changes).values())


def a_csv(*rows: Row) -> bytes:
    return b"".join(write_csv([Heading(title) for title in TITLES], rows))


def an_xlsx(*rows: Row) -> bytes:
    return write_xlsx([Heading(title) for title in TITLES], rows)


def a_list(*rows: Row, **terms: Any) -> OfficerList:
    return OfficerList(read_list(a_csv(*rows), "list.csv"), **terms)


async def send(office: Office, asked: OfficerList, importer: Importer, log: FakeAuditLog) -> Report:
    """Carry a list out as the gateway does, with the serving role's rights."""
    changes = ChangeLog(office.engine, log, SystemClock())
    return await twice(changes.make, applying(asked, importer, NOW))


def codes(report: Report) -> list[list[str]]:
    """Return what is wrong, row by row."""
    return [[fault.code.value for fault in row.faults] for row in report.plan.rows]


def said(log: FakeAuditLog, name: str) -> list[dict[str, Any]]:
    """Return `before` or `after` of each record."""
    return [json.loads(str(draft.facts[name])) for draft in log.drafts if name in draft.facts]
