"""Where an officer changes their password."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.accounts.authentication import Caller
from app.accounts.credential_store import CredentialStore
from app.accounts.guarding import Charge, SignInGuards
from app.accounts.password_policy import PasswordFault, PasswordProfile, describe, find_faults
from app.accounts.passwords import MAX_PASSWORD_LENGTH, PasswordVault, SignInBusyError
from app.accounts.store import Accounts
from app.accounts.values import Officer
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind
from app.clock import Clock
from app.database.live import LiveView
from app.errors import InvalidRequestError, NotAllowedError, ProblemCode
from app.web.problem_texts import Language

_DIRECTORY_SECONDS: Final = 2.0


class PasswordRefusedError(InvalidRequestError):
    """The new password breaks rules of the profile; which ones is told, the password is not repeated."""

    def __init__(
        self, faults: tuple[PasswordFault, ...], profile: PasswordProfile, *, has_second_factor: bool
    ) -> None:
        """Carry what is wrong, in the order in which it is listed."""
        super().__init__(ProblemCode.PASSWORD_REFUSED, fields=("/new_password",))
        self.faults = faults
        self._profile = profile
        self._has_second_factor = has_second_factor

    def members(self, language: str) -> dict[str, object]:
        """Name each fault, and say what would mend it."""
        words: Language = "en" if language == "en" else "vi"
        return {
            "faults": [
                {
                    "code": fault.value,
                    "text": describe(
                        fault, self._profile, has_second_factor=self._has_second_factor, language=words
                    ),
                }
                for fault in self.faults
            ]
        }


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """The present password, to know that the officer is there, and the one to come."""

    current: str = field(repr=False)
    new: str = field(repr=False)


class PasswordDesk:
    """Changes passwords under one profile."""

    def __init__(
        self,
        profile: PasswordProfile,
        vault: PasswordVault,
        store: CredentialStore,
        guards: SignInGuards,
        log: AuditLog,
        clock: Clock,
        accounts: LiveView[Accounts],
    ) -> None:
        """Judge by *profile*, check and hash in *vault*; *accounts* are what sign-ins go by here."""
        self._accounts = accounts
        self._profile = profile
        self._vault = vault
        self._store = store
        self._guards = guards
        self._log = log
        self._clock = clock

    async def change(self, caller: Caller, change: PasswordChange) -> None:
        """Give the officer the new password; every session ends, this one included.

        Once this returns a sign-in at this process goes by the new password, and at others within a second.
        Raises NotAllowedError(CURRENT_PASSWORD_WRONG), which is on record and counts as a wrong sign-in,
        PasswordRefusedError, TooManySignInsError, SignInBusyError and AuditUnavailableError.
        """
        officer = caller.officer
        await self._check_present(caller, change.current)
        await self.refuse_unfit(officer, caller.unit.name, change.new)
        password_hash = await self._vault.hash(change.new)
        now = self._clock.now()
        await self._log.append(Draft(RecordKind.PASSWORD_CHANGED, now, caller.facts()))
        if not await self._store.set_password(officer, password_hash, now):
            raise NotAllowedError(ProblemCode.CURRENT_PASSWORD_WRONG)
        await self._accounts.wait_until(
            lambda accounts: _has_changed(accounts.officers.get(officer.officer_id), now),
            seconds=_DIRECTORY_SECONDS,  # it is changed, whatever keeps the directory from saying so
        )

    async def refuse_unfit(self, officer: Officer, unit_name: str, password: str) -> None:
        """Raise PasswordRefusedError where the officer may not take *password*; SignInBusyError too."""
        faults = find_faults(
            password,
            self._profile,
            has_second_factor=officer.has_second_factor,
            login_name=officer.login_name,
            full_name=officer.full_name,
            unit_name=unit_name,
        )
        if not faults and await self._was_used_before(officer, password):
            faults = (PasswordFault.USED_BEFORE,)
        if faults:
            raise PasswordRefusedError(faults, self._profile, has_second_factor=officer.has_second_factor)

    async def _check_present(self, caller: Caller, password: str) -> None:
        officer, client, address = caller.officer, caller.client.client_id, caller.request.address
        charge = await self._guards.charge(officer.login_name, client, address)
        try:
            is_right = len(password) <= MAX_PASSWORD_LENGTH and await self._vault.matches(
                officer.password_hash, password
            )
        except SignInBusyError:
            await self._guards.give_back(charge)
            raise
        if charge.is_account_locked or not is_right:
            await self._refuse(caller, charge)
            raise NotAllowedError(ProblemCode.CURRENT_PASSWORD_WRONG)
        await self._guards.refund(charge)

    async def _refuse(self, caller: Caller, charge: Charge) -> None:
        facts = caller.facts() | {"problem_code": ProblemCode.CURRENT_PASSWORD_WRONG.value}
        if charge.locks_account:
            await self._store.end_sessions(caller.officer.officer_id)
        await self._log.append(Draft(RecordKind.REQUEST_REJECTED, self._clock.now(), facts))
        if charge.locks_account:
            await self._log.append(Draft(RecordKind.ACCOUNT_LOCKED, self._clock.now(), caller.facts()))
        if charge.locks_address:
            place = {name: caller.facts()[name] for name in ("client_id", "address", "request_id")}
            await self._log.append(Draft(RecordKind.ADDRESS_LOCKED, self._clock.now(), place))

    async def _was_used_before(self, officer: Officer, password: str) -> bool:
        for kept in await self._store.recent_hashes(officer.officer_id, self._profile.history):
            if await self._vault.matches(kept, password):
                return True
        return False


def _has_changed(officer: Officer | None, at: datetime) -> bool:
    """Whether the password is that of *at* or a later one; True where there is no such officer any more."""
    return officer is None or (officer.password_changed_at is not None and officer.password_changed_at >= at)
