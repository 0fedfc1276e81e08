"""The report as data: every look with its proofs, for the citizen's own programs and for inspectors."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, Field

from app.audit.leaf import leaf_hash
from app.auditing.subject_evidence import AuditLook, Proven
from app.auditing.subject_looks import Look, masked
from app.auditing.subject_paper import MEANING, Told, audit_text
from app.auditing.subject_texts import CHANNELS, CLAIMS, METHODS, ROLES, field_title, result_text
from app.auditing.subject_values import AuditPolicy, SubjectRules
from app.clock import VIETNAM, rfc3339

FORMAT: Final = "dancu-subject-report/1"


class Named(BaseModel):
    """A code and what it is called in Vietnamese."""

    code: str
    name: str


class UnitAnswer(BaseModel):
    """The unit that looked: by its name of that day, and what has its place today."""

    code: str | None
    name_on_that_day: str | None
    names_today: list[str]


class ProcedureAnswer(BaseModel):
    """The procedure, by its name of that day."""

    code: str
    name_on_that_day: str | None
    legal_basis: str | None


class RecordAnswer(BaseModel):
    """A record of the log; `proof` is the text of a C2SP tlog-proof file, null while no checkpoint covers it.

    `leaf` has the record's exact bytes in base64 where the department's policy names officers.
    """

    record_id: str
    kind: str
    leaf_hash: str
    proof: str | None
    leaf: str | None


class LookAnswer(BaseModel):
    """One look; `data_released` says whether anything of the citizen's left the gateway."""

    lookup_id: str
    time: str
    time_in_vietnam: str
    number: str
    unit: UnitAnswer
    officer_role: Named | None
    officer_name: str | None
    procedure: ProcedureAnswer | None
    dossier_code: str | None
    linked_dossier_code: str | None
    no_dossier_reason: str | None
    purpose: str | None
    verification_method: Named | None
    reception_channel: Named | None
    fields_asked: list[Named] | None
    fields_disclosed: list[Named]
    claims_asked: list[Named]
    claims_answered: int
    outcome: str | None
    problem_code: str | None
    result: str
    data_released: bool
    is_readable: bool
    records: list[RecordAnswer]


class AuditLookAnswer(BaseModel):
    """That auditing looked; the time and the case only where the department's policy tells them."""

    day: str
    said: str
    time: str | None
    case_number: str | None


class SubjectReport(BaseModel):
    """The report; `complete_from` is the instant from which nothing is missing, null where there is none."""

    format: str
    authority_code: str
    request_number: str
    requester: str
    received_on: str
    made_at: str
    numbers: list[str]
    complete_from: str | None
    officers: str
    audits_policy: str
    looks: list[LookAnswer]
    audits: list[AuditLookAnswer]
    meaning: list[str]


class SubjectReportAnswer(BaseModel):
    """The report, its digest (SHA-256 of it as JSON with sorted keys and no blanks, UTF-8), and the paper."""

    report: SubjectReport
    report_sha256: str
    pdf: str = Field(description="the signed paper, base64")
    pdf_sha256: str


def subject_report(told: Told, authority_code: str, rules: SubjectRules) -> SubjectReport:
    """Return the report as data."""
    return SubjectReport(
        format=FORMAT,
        authority_code=authority_code,
        request_number=told.request.number,
        requester=told.request.requester.value,
        received_on=told.request.received_on.isoformat(),
        made_at=rfc3339(told.made_at),
        numbers=[masked(number) for number in told.numbers],
        complete_from=rfc3339(told.complete_from) if told.complete_from else None,
        officers=rules.officers,
        audits_policy=rules.audits,
        looks=[_look(look, shows_leaf=rules.officers == "name") for look in told.looks],
        audits=[_audit(one, rules.audits) for one in told.audits],
        meaning=list(MEANING),
    )


def _look(look: Look, *, shows_leaf: bool) -> LookAnswer:
    code = look.procedure_code
    return LookAnswer(
        lookup_id=str(look.lookup_id),
        time=rfc3339(look.at),
        time_in_vietnam=f"{look.at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}",
        number=look.number,
        unit=UnitAnswer(
            code=look.unit.code,
            name_on_that_day=look.unit.name_then,
            names_today=list(look.unit.names_today),
        ),
        officer_role=_named(look.role, ROLES),
        officer_name=look.officer_name,
        procedure=ProcedureAnswer(
            code=code, name_on_that_day=look.procedure_name, legal_basis=look.legal_basis
        )
        if code
        else None,
        dossier_code=look.dossier_code,
        linked_dossier_code=look.linked_dossier_code,
        no_dossier_reason=look.no_dossier_reason,
        purpose=look.purpose,
        verification_method=_named(look.verification_method, METHODS),
        reception_channel=_named(look.reception_channel, CHANNELS),
        fields_asked=_fields(look.fields_asked) if look.fields_asked is not None else None,
        fields_disclosed=_fields(look.fields_disclosed),
        claims_asked=[Named(code=claim, name=CLAIMS.get(claim, claim)) for claim in look.claims_asked],
        claims_answered=look.claims_answered,
        outcome=look.outcome,
        problem_code=look.problem_code,
        result=result_text(look),
        data_released=look.is_released,
        is_readable=look.is_readable,
        records=[_record(one, shows_leaf=shows_leaf) for one in look.records],
    )


def _record(one: Proven, *, shows_leaf: bool) -> RecordAnswer:
    return RecordAnswer(
        record_id=str(one.record_id),
        kind=one.kind,
        leaf_hash=leaf_hash(one.leaf).hex(),
        proof=one.proof,
        leaf=b64encode(one.leaf).decode() if shows_leaf else None,
    )


def _audit(one: AuditLook, policy: AuditPolicy) -> AuditLookAnswer:
    tells_all = policy == "case"
    return AuditLookAnswer(
        day=f"{one.at.astimezone(VIETNAM):%d/%m/%Y}",
        said=audit_text(one, policy),
        time=rfc3339(one.at) if tells_all else None,
        case_number=(one.case_number or one.report_number) if tells_all else None,
    )


def _fields(names: tuple[str, ...]) -> list[Named]:
    return [Named(code=name, name=field_title(name)) for name in names]


def _named(code: str | None, names: Mapping[str, str]) -> Named | None:
    return Named(code=code, name=names.get(code, code)) if code is not None else None
