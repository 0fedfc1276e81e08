"""Client software as administrators list it: narrowed, by id, and as a table to export."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.accounts.client_facts import instant, joined, state_word
from app.accounts.clients import Client, ClientKind
from app.accounts.exports import ExportedTable
from app.sheets.writing import Heading
from app.units.names import fold
from app.units.store import UnitRegister

_KINDS: Final = {ClientKind.SERVICE: "Phần mềm nghiệp vụ", ClientKind.TECHNICAL: "Phần mềm kỹ thuật"}
_STATES: Final = {"active": "Đang hoạt động", "suspended": "Tạm khóa"}
_HEADINGS: Final = (
    Heading("Mã phần mềm", 24),
    Heading("Tên phần mềm", 40),
    Heading("Loại", 22),
    Heading("Trạng thái", 18),
    Heading("Cách đăng nhập", 24),
    Heading("Địa chỉ mạng", 40),
    Heading("Đơn vị", 40),
    Heading("Thủ tục", 40),
    Heading("Hết hạn (UTC)", 26),
    Heading("Số chứng thực", 14),
)


@dataclass(frozen=True, slots=True)
class ClientFilter:
    """What a list is narrowed to; None narrows nothing. `text` is sought in ids and names."""

    kind: ClientKind | None = None
    status: str | None = None
    unit_id: UUID | None = None
    text: str | None = None

    def chosen(self, clients: Mapping[str, Client]) -> list[Client]:
        """Return the clients it lets pass, in the order of their ids."""
        return [clients[client_id] for client_id in sorted(clients) if self._passes(clients[client_id])]

    def _passes(self, client: Client) -> bool:
        sought = fold(self.text or "")
        return (
            self.kind in {None, client.kind}
            and self.status in {None, state_word(is_active=client.is_active)}
            and self.unit_id in {None, client.unit_id}
            and (sought in client.client_id or sought in fold(client.name))
        )


def client_table(clients: Iterable[Client], units: UnitRegister) -> ExportedTable:
    """Return clients as a table; of credentials only how many nobody has ended."""
    return ExportedTable("phan-mem", "Phần mềm", _HEADINGS, [_row(client, units) for client in clients])


def _row(client: Client, units: UnitRegister) -> tuple[str, ...]:
    unit = units.find(client.unit_id)
    return (
        client.client_id,
        client.name,
        _KINDS[client.kind],
        _STATES[state_word(is_active=client.is_active)],
        joined(grant.value for grant in client.grants),
        joined(map(str, client.networks)),
        unit.name if unit is not None else "" if client.unit_id is None else str(client.unit_id),
        "tất cả" if client.procedures is None else joined(client.procedures),
        instant(client.expires_at) if client.expires_at is not None else "",
        str(len(client.credentials)),
    )
