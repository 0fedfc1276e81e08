"""Where an officer sets up a second factor, and where its codes are used up."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.authentication import Caller
from app.accounts.credential_store import CredentialStore, SecondFactor
from app.accounts.second_factor import (
    matching_step,
    new_recovery_codes,
    new_secret,
    provisioning_uri,
    qr_svg,
    recovery_code_digest,
)
from app.accounts.table import SECOND_FACTOR
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind
from app.audit.sealing import RootKey
from app.clock import Clock
from app.errors import ConflictError, InvalidRequestError, ProblemCode

_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, shown once."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_svg: str = field(repr=False)


class SecondFactorDesk:
    """Enrols and checks one-time codes; secrets rest wrapped under the root key."""

    def __init__(
        self, root: RootKey, issuer: str, store: CredentialStore, log: AuditLog, clock: Clock
    ) -> None:
        """Name the account after *issuer* in authenticator apps."""
        self._root = root
        self._recovery_key = root.derive("recovery codes")
        self._issuer = issuer
        self._store = store
        self._log = log
        self._clock = clock

    async def begin(self, caller: Caller) -> Enrolment:
        """Return a new secret, which counts once `confirm` has seen a code of it.

        Raises ConflictError(SECOND_FACTOR_PRESENT) where one is in use: only two administrators reset it.
        """
        officer = caller.officer
        secret = new_secret()
        wrapped = self._root.wrap(second_factor_name(officer.officer_id), secret.encode())
        if not await self._store.begin_second_factor(officer.officer_id, wrapped):
            raise ConflictError(ProblemCode.SECOND_FACTOR_PRESENT)
        uri = provisioning_uri(secret, officer.login_name, self._issuer)
        return Enrolment(secret, uri, qr_svg(uri))

    async def confirm(self, caller: Caller, code: str) -> list[str]:
        """Make the second factor count and return its recovery codes, shown once.

        Every session ends: none of them was begun with it. Raises InvalidRequestError(OTP_WRONG),
        ConflictError(SECOND_FACTOR_PRESENT) and AuditUnavailableError.
        """
        officer_id, now = caller.officer.officer_id, self._clock.now()
        kept = await self._store.second_factor(officer_id)
        if kept is None or kept.is_confirmed:
            raise ConflictError(ProblemCode.SECOND_FACTOR_PRESENT)
        step = matching_step(self._secret(officer_id, kept), code, now, kept.last_used_step)
        if step is None:
            raise InvalidRequestError(ProblemCode.OTP_WRONG, fields=("/code",))
        codes = new_recovery_codes()
        digests = [recovery_code_digest(each, self._recovery_key) for each in codes]
        await self._log.append(Draft(RecordKind.SECOND_FACTOR_ADDED, now, caller.facts()))
        if not await self._store.confirm_second_factor(officer_id, kept.wrapped_secret, step, now, digests):
            raise ConflictError(ProblemCode.SECOND_FACTOR_PRESENT)
        return codes

    async def is_right(self, officer_id: UUID | None, code: str, *, counts: bool = True) -> bool:
        """Whether *code* is a fresh one-time code, or an unused recovery code, of the officer; uses it up.

        Where it does not *count*, and for nobody, nothing is used up and the answer is False, after as many
        statements.
        """
        asked = officer_id or _NOBODY
        kept = await self._store.second_factor(asked)
        now = self._clock.now()
        step = None
        if kept is not None and kept.is_confirmed:
            step = matching_step(self._secret(asked, kept), code, now, kept.last_used_step)
        used_by = asked if counts else _NOBODY
        if step is not None:
            return await self._store.use_step(used_by, step)
        digest = recovery_code_digest(code, self._recovery_key)
        return await self._store.use_recovery_code(used_by, digest, now)

    def _secret(self, officer_id: UUID, kept: SecondFactor) -> str:
        return self._root.unwrap(second_factor_name(officer_id), kept.wrapped_secret).decode()


def second_factor_name(officer_id: UUID) -> str:
    """Return the name under which an officer's second factor is wrapped."""
    return f"second factor {officer_id}"


async def give_second_factor(
    connection: AsyncConnection, root: RootKey, officer_id: UUID, now: datetime
) -> str:
    """Give an officer a confirmed second factor and return its secret; for invented officers only."""
    secret = new_secret()
    await connection.execute(
        insert(SECOND_FACTOR).values(
            officer_id=officer_id,
            wrapped_secret=root.wrap(second_factor_name(officer_id), secret.encode()),
            confirmed_at=now,
        )
    )
    return secret
