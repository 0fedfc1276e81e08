"""The face's story: whose software, which officer, what is asked; then the same lookup as everybody's."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.accounts.authentication import Caller
from app.accounts.compatible_credentials import CompatiblePolicy
from app.accounts.request import Request
from app.clock import local_day
from app.compat.indexes import ProceduresByCode
from app.compat.json_call import read_json_call
from app.compat.officers import OfficerDesk
from app.compat.old_call import OldCall
from app.compat.questions import AgreedHeaders, command_of, request_bytes
from app.compat.soap_call import read_soap
from app.compat.software import SoftwareDesk
from app.database.live import LiveView
from app.errors import GatewayError, InvalidRequestError, ProblemCode
from app.lookup.command import Disclosure, LookupCommand
from app.lookup.guesses import GuessLimit
from app.lookup.routes import LookupDesk
from app.procedures.store import Catalogue

_LONGEST_REQUEST_ID: Final = 200
_REPEATED_WITHIN_SECONDS: Final = 600
"""How long the same question under the same id is a repetition, of software whose ids come again anyway."""


@dataclass(frozen=True, slots=True)
class OldRequest:
    """A call as it arrived: headers by their names in small letters, the path without its query."""

    headers: Mapping[str, str]
    path: str
    content: bytes
    charset: str | None
    is_json: bool
    request: Request


@dataclass(frozen=True, slots=True)
class Answered:
    """What was asked, and what came of it."""

    call: OldCall
    disclosure: Disclosure


class FaceDesk:
    """Looks up for officers whose software calls in the old way."""

    def __init__(
        self,
        software: SoftwareDesk,
        officers: OfficerDesk,
        lookups: LookupDesk,
        guesses: GuessLimit,
        catalogue: LiveView[Catalogue],
    ) -> None:
        """Look up through *lookups*; yes-or-no questions are limited by *guesses*."""
        self.software = software
        self._officers = officers
        self._lookups = lookups
        self._guesses = guesses
        self._catalogue = catalogue
        self._procedures = ProceduresByCode()

    @property
    def max_body_bytes(self) -> int:
        """How long a body may be."""
        return self._lookups.max_body_bytes

    async def answer(self, old: OldRequest) -> Answered:
        """Return the answer, once question and answer are on record; raises what a lookup raises.

        What a known officer's software writes wrongly is on record, too.
        """
        software = await self.software.known(old.headers, old.path, old.request)
        call, wrong = _read(old)
        officer_code = call.text("MaCanBo") if call is not None else ""
        if call is None and wrong is not None and "authhash" not in old.headers:
            raise wrong  # nobody to be found in it
        caller = await self._officers.known(software, old.headers, officer_code, old.request)
        async with self._lookups.rejections(caller):
            if call is None:
                raise wrong or InvalidRequestError(ProblemCode.MALFORMED_REQUEST)
            command = self._command(call, old.headers, software.credential.policy)
            disclosure = await self._look_up(caller, call, command, software.credential.policy)
        return Answered(call, disclosure)

    def _command(self, call: OldCall, headers: Mapping[str, str], policy: CompatiblePolicy) -> LookupCommand:
        today = local_day(self._lookups.clock.now())
        agreed = AgreedHeaders(
            dossier_code=headers.get("x-dossier-code"),
            no_dossier_reason=headers.get("x-no-dossier-reason"),
            procedure_code=headers.get("x-procedure-code"),
            reception_channel=headers.get("x-reception-channel"),
            retry_of=headers.get("x-retry-of"),
        )
        procedures = self._procedures.called(self._catalogue.current, call.text("MaDVC"))
        return command_of(call, agreed, policy, procedures, today, self._lookups.dossier_shapes)

    async def _look_up(
        self, caller: Caller, call: OldCall, command: LookupCommand, policy: CompatiblePolicy
    ) -> Disclosure:
        """Look up once per MaYeuCau; without one every call is its own."""
        key = call.text("MaYeuCau")
        if len(key) > _LONGEST_REQUEST_ID:
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/MaYeuCau",))
        if not key:
            return await self._ask(caller, command)
        question = request_bytes(command)
        named = hashlib.sha256(b"MaYeuCau\0" + key.encode())
        if policy.repeats_request_ids:
            span = int(self._lookups.clock.now().timestamp()) // _REPEATED_WITHIN_SECONDS
            named.update(b"\0%d\0" % span + question)
        claim = self._lookups.repeats.claim(caller, named.hexdigest(), question)
        claimed = command._replace(claim=claim)
        if claimed.claim is None:
            return await self._ask(caller, claimed)
        return await self._lookups.repeats.once(claimed.claim, lambda: self._ask(caller, claimed))

    async def _ask(self, caller: Caller, command: LookupCommand) -> Disclosure:
        if not command.asks_yes_no:
            return await self._lookups.service.look_up(caller, command)
        async with self._guesses.counted(caller.officer.officer_id, command.question.id_number):
            return await self._lookups.service.look_up(caller, command)


def _read(old: OldRequest) -> tuple[OldCall | None, GatewayError | None]:
    """Return the call, or what is wrong with it: who sent it must be known before that is answered."""
    try:
        if old.is_json:
            return read_json_call(old.content, old.path, old.charset), None
        return read_soap(old.content, old.charset), None
    except InvalidRequestError as error:
        return None, error
