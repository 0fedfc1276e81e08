"""Officers for whom only role and person matter."""

from uuid import UUID, uuid4

from app.accounts.values import Officer, Role


def an_account(role: Role, person_code: str | None = None, *, unit_id: UUID | None = None) -> Officer:
    """Return an active account of its own person, unless *person_code* names one."""
    officer_id = uuid4()
    return Officer(
        officer_id=officer_id,
        login_name=f"canbo.{officer_id.hex[:8]}",
        full_name="Cán Bộ Mẫu",
        role=role,
        unit_id=unit_id,
        upstream_officer_code=None,
        is_active=True,
        person_code=person_code or officer_id.hex.upper(),
    )
