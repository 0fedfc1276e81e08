"""Turns an old call's texts into the question and reasons of a lookup; nothing comes out wider."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.accounts.compatible_credentials import CompatiblePolicy
from app.compat.old_call import OldCall, Operation
from app.errors import InvalidRequestError, ProblemCode
from app.lookup.command import LookupCommand, ReceptionChannel, VerificationMethod
from app.lookup.dossier import DossierCode, NoDossierReason, parse_dossier_code
from app.lookup.dossier_shape import DossierShape
from app.lookup.parsing import Pointers, parse_id_number, parse_procedure_code, parse_question
from app.lookup.values import OldIdNumber, Question
from app.procedures.codes import PROCEDURE_CODE
from app.procedures.values import Procedure

_CONSTANTS: Final = frozenset({"", "vpcp"})
"""What software sends as MaDVC that knows of no procedures."""
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SLASHED: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_POINTERS: Final = Pointers("/SoDinhDanh", "/HoVaTen", "/NgayThangNamSinh")
_TWELVE: Final = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class AgreedHeaders:
    """What an old call may say beside its body, in headers agreed with its makers (docs/compat.md)."""

    dossier_code: str | None = None
    no_dossier_reason: str | None = None
    procedure_code: str | None = None
    reception_channel: str | None = None
    retry_of: str | None = None


def command_of(
    call: OldCall,
    headers: AgreedHeaders,
    policy: CompatiblePolicy,
    procedures: Sequence[Procedure],
    today: date,
    shapes: Sequence[DossierShape],
) -> LookupCommand:
    """Return the lookup that the call asks for, without its claim.

    Raises InvalidRequestError: OPERATION_NOT_SERVED, PROCEDURE_NEEDED, PROCEDURE_AMBIGUOUS, DOSSIER_NEEDED,
    and what a lookup's own parsing raises.
    """
    if call.operation is None:
        raise InvalidRequestError(ProblemCode.OPERATION_NOT_SERVED)
    question, second_number = question_of(call, today)
    dossier, reason = _dossier(headers, policy, today, shapes)
    asks_yes_no = call.operation is Operation.CONFIRM
    return LookupCommand(
        question=question,
        procedure_code=procedure_of(call.text("MaDVC"), headers.procedure_code, policy, procedures, today),
        dossier=dossier,
        verification_method=VerificationMethod.ONLINE_LOOKUP,
        reception_channel=_channel(headers.reception_channel),
        fields=frozenset() if asks_yes_no else None,
        retry_of=_retry_of(headers.retry_of),
        no_dossier_reason=reason,
        asks_yes_no=asks_yes_no,
        second_number=second_number,
    )


def question_of(call: OldCall, today: date) -> tuple[Question, OldIdNumber | None]:
    """Return whom the call asks about, and the second number where it names two; InvalidRequestError."""
    first, second = call.text("SoDinhDanh"), call.text("SoCMND")
    number, other = (first, second) if first else (second, "")
    question = parse_question(
        number, call.text("HoVaTen"), _birth_date(call, number, other), today, _POINTERS
    )
    if not other:
        return question, None
    second_number = parse_id_number(other, "/SoCMND")
    if not isinstance(second_number, OldIdNumber):
        raise InvalidRequestError(ProblemCode.INVALID_ID_NUMBER, fields=("/SoCMND",))
    return question, second_number


def procedure_of(
    written: str,
    named: str | None,
    policy: CompatiblePolicy,
    procedures: Sequence[Procedure],
    today: date,
) -> str:
    """Return which procedure a MaDVC stands for, or the header *named*, or the software's policy.

    Raises InvalidRequestError: PROCEDURE_NEEDED, PROCEDURE_AMBIGUOUS, INVALID_PROCEDURE_CODE.
    """
    header = parse_procedure_code(named, "/X-Procedure-Code") if named else None
    if written.lower() in _CONSTANTS:
        code = header or policy.procedure_code
        if code is None:
            raise InvalidRequestError(ProblemCode.PROCEDURE_NEEDED, fields=("/MaDVC",))
        return code
    meant = [one for one in procedures if written in (one.service_code, one.procedure_code)]
    codes = {one.procedure_code for one in meant if one.is_in_force(today)} or {
        one.procedure_code for one in meant
    }
    if not codes and PROCEDURE_CODE.fullmatch(written):
        codes = {written}  # unknown to the catalogue: refused, and on record, as at /v1
    if header is not None and codes:
        codes &= {header}
        if not codes:
            raise InvalidRequestError(ProblemCode.PROCEDURE_AMBIGUOUS, fields=("/MaDVC",))
    if len(codes) > 1:
        raise InvalidRequestError(ProblemCode.PROCEDURE_AMBIGUOUS, fields=("/MaDVC",))
    if not codes:
        raise InvalidRequestError(ProblemCode.INVALID_PROCEDURE_CODE, fields=("/MaDVC",))
    return codes.pop()


def request_bytes(command: LookupCommand) -> bytes:
    """Return what makes two calls the same question: whom, for what; however it was written."""
    question, second = command.question, command.second_number
    parts = (
        command.question_type.value,
        question.id_number.digits,
        second.digits if second else "",
        question.full_name.text,
        question.birth_date.iso,
        command.procedure_code,
        command.dossier_code or "",
        str(command.retry_of or ""),
    )
    return "\0".join(parts).encode()


def _birth_date(call: OldCall, number: str, other: str) -> str:
    """Return the date as a lookup reads it, out of any of the dialects that real software writes."""
    text, year = call.text("NgayThangNam"), call.text("Nam")
    if text:
        if compact := _COMPACT.fullmatch(text):
            text = "-".join(compact.groups())
        elif slashed := _SLASHED.fullmatch(text):
            text = f"{slashed[3]}-{slashed[2]:>02}-{slashed[1]:>02}"
        if year and year != text[:4]:
            raise InvalidRequestError(ProblemCode.INVALID_BIRTH_DATE, fields=(_POINTERS.birth_date,))
        return text
    if not year and call.is_033 and other and _TWELVE.fullmatch(number):
        # 033 asks by two numbers and a name. The year stands in the twelve digits (Decree 137/2015, 13).
        return str(1900 + 100 * (int(number[3]) // 2) + int(number[4:6]))
    return year


def _dossier(
    headers: AgreedHeaders, policy: CompatiblePolicy, today: date, shapes: Sequence[DossierShape]
) -> tuple[DossierCode | None, NoDossierReason | None]:
    if headers.dossier_code:
        return parse_dossier_code(headers.dossier_code, today, "/X-Dossier-Code", shapes), None
    reason = headers.no_dossier_reason or policy.no_dossier_reason
    if not reason:
        raise InvalidRequestError(ProblemCode.DOSSIER_NEEDED)
    try:
        return None, NoDossierReason(reason.strip())
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/X-No-Dossier-Reason",)) from None


def _channel(written: str | None) -> ReceptionChannel:
    try:
        return ReceptionChannel(written.strip()) if written else ReceptionChannel.COUNTER
    except ValueError:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/X-Reception-Channel",)) from None


def _retry_of(written: str | None) -> UUID | None:
    try:
        return UUID(written.strip()) if written else None
    except ValueError:
        raise InvalidRequestError(ProblemCode.RETRY_OF_UNKNOWN, fields=("/X-Retry-Of",)) from None
