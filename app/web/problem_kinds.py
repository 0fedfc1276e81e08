"""What each of our codes is to a client: one table of statuses, of where the trouble lies, and of paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from app.errors import ProblemCode


class Origin(StrEnum):
    """Where the trouble lies."""

    CALLER = "caller"
    GATEWAY = "gateway"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """Status and origin of a problem, and whether it opens the paper path (None: says nothing of paper)."""

    status: HTTPStatus
    origin: Origin
    opens_paper: bool | None = None


_UNPROCESSABLE: Final = ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER, opens_paper=False)
_UNAUTHENTICATED: Final = ProblemKind(HTTPStatus.UNAUTHORIZED, Origin.CALLER, opens_paper=False)
_FORBIDDEN: Final = ProblemKind(HTTPStatus.FORBIDDEN, Origin.GATEWAY, opens_paper=False)
_REFUSED_UPSTREAM: Final = ProblemKind(HTTPStatus.FORBIDDEN, Origin.NATIONAL, opens_paper=False)
_ABSENT: Final = ProblemKind(HTTPStatus.NOT_FOUND, Origin.CALLER)
_CONFLICT: Final = ProblemKind(HTTPStatus.CONFLICT, Origin.CALLER)
_NOT_YOURS: Final = ProblemKind(HTTPStatus.FORBIDDEN, Origin.GATEWAY)
_LIMITED: Final = ProblemKind(HTTPStatus.TOO_MANY_REQUESTS, Origin.GATEWAY, opens_paper=False)

KINDS: Final[Mapping[ProblemCode, ProblemKind]] = {
    ProblemCode.MALFORMED_REQUEST: _UNPROCESSABLE,
    ProblemCode.UNKNOWN_FIELD: _UNPROCESSABLE,
    ProblemCode.INVALID_VALUE: _UNPROCESSABLE,
    ProblemCode.INVALID_ID_NUMBER: _UNPROCESSABLE,
    ProblemCode.INVALID_FULL_NAME: _UNPROCESSABLE,
    ProblemCode.INVALID_BIRTH_DATE: _UNPROCESSABLE,
    ProblemCode.BIRTH_YEAR_CONTRADICTS_NUMBER: _UNPROCESSABLE,
    ProblemCode.INVALID_PROCEDURE_CODE: _UNPROCESSABLE,
    ProblemCode.INVALID_DOSSIER_CODE: _UNPROCESSABLE,
    ProblemCode.INVALID_CARD_QR: _UNPROCESSABLE,
    ProblemCode.RETRY_OF_UNKNOWN: _UNPROCESSABLE,
    ProblemCode.INVALID_IDEMPOTENCY_KEY: _UNPROCESSABLE,
    ProblemCode.IDEMPOTENCY_KEY_REUSED: _UNPROCESSABLE,
    ProblemCode.ALREADY_ANSWERED: ProblemKind(HTTPStatus.CONFLICT, Origin.CALLER, opens_paper=False),
    ProblemCode.REQUEST_TOO_LARGE: ProblemKind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Origin.CALLER, opens_paper=False
    ),
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: ProblemKind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Origin.CALLER, opens_paper=False
    ),
    ProblemCode.ROUTE_UNKNOWN: ProblemKind(HTTPStatus.NOT_FOUND, Origin.CALLER),
    ProblemCode.METHOD_NOT_ALLOWED: ProblemKind(HTTPStatus.METHOD_NOT_ALLOWED, Origin.CALLER),
    ProblemCode.LOOKUP_UNKNOWN: ProblemKind(HTTPStatus.NOT_FOUND, Origin.CALLER),
    ProblemCode.LOOKUP_HAS_DOSSIER: _CONFLICT,
    ProblemCode.LOOKUP_NOT_ENDED: _CONFLICT,
    ProblemCode.PAPER_NOT_OPEN: ProblemKind(HTTPStatus.CONFLICT, Origin.CALLER, opens_paper=False),
    ProblemCode.FOLLOW_UP_RECORDED: _CONFLICT,
    ProblemCode.RECEIPTS_NOT_SET_UP: ProblemKind(HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY),
    ProblemCode.TOO_MANY_RECEIPT_CHECKS: ProblemKind(HTTPStatus.TOO_MANY_REQUESTS, Origin.GATEWAY),
    ProblemCode.TOKEN_MISSING: _UNAUTHENTICATED,
    ProblemCode.TOKEN_INVALID: _UNAUTHENTICATED,
    ProblemCode.TOKEN_EXPIRED: _UNAUTHENTICATED,
    ProblemCode.CLIENT_ADDRESS_NOT_ALLOWED: _FORBIDDEN,
    ProblemCode.CLIENT_SUSPENDED: _FORBIDDEN,
    ProblemCode.CLIENT_EXPIRED: _FORBIDDEN,
    ProblemCode.CLIENT_CERTIFICATE_NEEDED: _FORBIDDEN,
    ProblemCode.CLIENT_UNIT_NOT_SERVED: _FORBIDDEN,
    ProblemCode.OFFICER_NEEDED: _FORBIDDEN,
    ProblemCode.OWN_SIGN_IN_NEEDED: _FORBIDDEN,
    ProblemCode.OFFICER_SUSPENDED: _FORBIDDEN,
    ProblemCode.UNIT_INACTIVE: _FORBIDDEN,
    ProblemCode.NOTICE_NOT_ACCEPTED: _FORBIDDEN,
    ProblemCode.SESSION_ENDED: _UNAUTHENTICATED,
    ProblemCode.PASSWORD_CHANGE_NEEDED: _FORBIDDEN,
    ProblemCode.SECOND_FACTOR_NEEDED: _FORBIDDEN,
    ProblemCode.CURRENT_PASSWORD_WRONG: ProblemKind(HTTPStatus.FORBIDDEN, Origin.CALLER),
    ProblemCode.PASSWORD_REFUSED: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.ACTIVATION_REFUSED: ProblemKind(HTTPStatus.FORBIDDEN, Origin.CALLER),
    ProblemCode.OTP_WRONG: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.SECOND_FACTOR_PRESENT: ProblemKind(HTTPStatus.CONFLICT, Origin.CALLER),
    ProblemCode.SESSION_UNKNOWN: ProblemKind(HTTPStatus.NOT_FOUND, Origin.CALLER),
    ProblemCode.TOO_MANY_SIGN_INS: ProblemKind(HTTPStatus.TOO_MANY_REQUESTS, Origin.GATEWAY),
    ProblemCode.SOFTWARE_CREDENTIAL_REFUSED: _UNAUTHENTICATED,
    ProblemCode.LOOKUP_KEY_NEEDED: _UNAUTHENTICATED,
    ProblemCode.LOOKUP_KEY_REFUSED: _UNAUTHENTICATED,
    ProblemCode.LOOKUP_KEY_EXPIRED: _UNAUTHENTICATED,
    ProblemCode.LOOKUP_KEY_UNKNOWN: _ABSENT,
    ProblemCode.TOO_MANY_LOOKUP_KEYS: _CONFLICT,
    ProblemCode.PROCEDURE_NEEDED: _UNPROCESSABLE,
    ProblemCode.PROCEDURE_AMBIGUOUS: _UNPROCESSABLE,
    ProblemCode.DOSSIER_NEEDED: _UNPROCESSABLE,
    ProblemCode.OPERATION_NOT_SERVED: _UNPROCESSABLE,
    ProblemCode.RECORD_DIFFERS: _CONFLICT,
    ProblemCode.OFFICER_UNKNOWN: _ABSENT,
    ProblemCode.OWN_ACCOUNT: _NOT_YOURS,
    ProblemCode.OUTSIDE_OWN_UNITS: _NOT_YOURS,
    ProblemCode.ROLE_OUT_OF_REACH: _NOT_YOURS,
    ProblemCode.SECOND_PERSON_NEEDED: _NOT_YOURS,
    ProblemCode.PERSON_CODE_NEEDED: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.PERSON_HAS_ANOTHER_ACCOUNT: _CONFLICT,
    ProblemCode.NOTHING_TO_CHANGE: _CONFLICT,
    ProblemCode.IF_MATCH_NEEDED: ProblemKind(HTTPStatus.PRECONDITION_REQUIRED, Origin.CALLER),
    ProblemCode.VERSION_OUTDATED: ProblemKind(HTTPStatus.PRECONDITION_FAILED, Origin.CALLER),
    ProblemCode.APPROVAL_UNKNOWN: _ABSENT,
    ProblemCode.APPROVAL_CLOSED: _CONFLICT,
    ProblemCode.APPROVAL_OUTDATED: _CONFLICT,
    ProblemCode.RESET_UNKNOWN: _ABSENT,
    ProblemCode.ACCOUNT_NOTICE_UNKNOWN: _ABSENT,
    ProblemCode.LIST_UNREADABLE: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.LIST_REFUSED: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.LIST_BUSY: ProblemKind(HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY),
    ProblemCode.OFFICER_REFUSED: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.OFFICER_EXISTS: _CONFLICT,
    ProblemCode.UNIT_UNKNOWN: _ABSENT,
    ProblemCode.POSTED_ALREADY: _CONFLICT,
    ProblemCode.NOT_POSTED: _CONFLICT,
    ProblemCode.SAME_UNIT: _CONFLICT,
    ProblemCode.BEFORE_LAST_RECORD: _CONFLICT,
    ProblemCode.BEYOND_POSTING: _CONFLICT,
    ProblemCode.PERIOD_EMPTY: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.PERIOD_NEEDED: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.PERIOD_TOO_LONG: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.NAMED_UNKNOWN: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.UNIT_NOT_IN_FORCE: _CONFLICT,
    ProblemCode.LAST_ADMINISTRATOR: _CONFLICT,
    ProblemCode.HANDOVER_EMPTY: _CONFLICT,
    ProblemCode.HANDOVER_OFFICER_SUSPENDED: _CONFLICT,
    ProblemCode.HANDOVER_UNKNOWN: _ABSENT,
    ProblemCode.HANDOVER_RECEIVED_ALREADY: _CONFLICT,
    ProblemCode.OFFICER_NOT_IN_UNIT: _CONFLICT,
    ProblemCode.PAPERS_BUSY: ProblemKind(HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY),
    ProblemCode.UNIT_NOTICE_UNKNOWN: _ABSENT,
    ProblemCode.DECLARED_ALREADY: _CONFLICT,
    ProblemCode.REVIEW_UNKNOWN: _ABSENT,
    ProblemCode.REVIEW_OPEN_ALREADY: _CONFLICT,
    ProblemCode.REVIEW_OVER: _CONFLICT,
    ProblemCode.REVIEW_DUE_TOO_SOON: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.REVIEW_NOT_ASKED: _CONFLICT,
    ProblemCode.REVIEW_REMOVED_ALREADY: _CONFLICT,
    ProblemCode.UNIT_CHANGE_REFUSED: _CONFLICT,
    ProblemCode.CATALOGUE_ENTRY_UNKNOWN: _ABSENT,
    ProblemCode.PROCEDURE_TAKEN: _CONFLICT,
    ProblemCode.PROCEDURE_CHANGE_REFUSED: _CONFLICT,
    ProblemCode.GRANT_CHANGE_REFUSED: _CONFLICT,
    ProblemCode.UNIT_FILE_REFUSED: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.UNIT_FILE_UNREADABLE: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.ADMINISTRATORS_WOULD_MOVE: _CONFLICT,
    ProblemCode.WARD_UNKNOWN: _ABSENT,
    ProblemCode.CLIENT_UNKNOWN: _ABSENT,
    ProblemCode.CLIENT_TAKEN: _CONFLICT,
    ProblemCode.OWN_CLIENT: _NOT_YOURS,
    ProblemCode.OPERATOR_NEEDED: _NOT_YOURS,
    ProblemCode.CREDENTIAL_UNKNOWN: _ABSENT,
    ProblemCode.CREDENTIAL_REFUSED: ProblemKind(HTTPStatus.UNPROCESSABLE_ENTITY, Origin.CALLER),
    ProblemCode.TOO_MANY_SECRETS: _CONFLICT,
    ProblemCode.SIGN_INS_THROTTLED: ProblemKind(HTTPStatus.TOO_MANY_REQUESTS, Origin.GATEWAY),
    ProblemCode.ROLE_NOT_PERMITTED: _FORBIDDEN,
    ProblemCode.PROCEDURE_UNKNOWN: _FORBIDDEN,
    ProblemCode.PROCEDURE_NOT_IN_FORCE: _FORBIDDEN,
    ProblemCode.QUESTION_TYPE_NOT_PERMITTED: _FORBIDDEN,
    ProblemCode.PROCEDURE_NOT_GRANTED: _FORBIDDEN,
    ProblemCode.CLIENT_PROCEDURE_NOT_PERMITTED: _FORBIDDEN,
    ProblemCode.PROCEDURE_NOT_MAPPED: _FORBIDDEN,
    ProblemCode.OFFICER_NOT_MAPPED: _FORBIDDEN,
    ProblemCode.DOSSIER_OF_ANOTHER_AGENCY: _FORBIDDEN,
    ProblemCode.DOSSIER_NOT_OPEN: _FORBIDDEN,
    ProblemCode.FIELD_NOT_PERMITTED: _FORBIDDEN,
    ProblemCode.TOO_MANY_VERIFICATIONS: _LIMITED,
    ProblemCode.TOO_MANY_LOOKUPS: _LIMITED,
    ProblemCode.OFFICER_LIMIT_REACHED: _LIMITED,
    ProblemCode.UNIT_LIMIT_REACHED: _LIMITED,
    ProblemCode.CLIENT_LIMIT_REACHED: _LIMITED,
    ProblemCode.CITIZEN_LIMIT_REACHED: _LIMITED,
    ProblemCode.ROADS_CHECKED_JUST_NOW: ProblemKind(HTTPStatus.TOO_MANY_REQUESTS, Origin.GATEWAY),
    ProblemCode.NATIONAL_SIDE_CROWDED: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY, opens_paper=False
    ),
    ProblemCode.GATEWAY_OVERLOADED: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY, opens_paper=False
    ),
    ProblemCode.LOOKUP_WITHOUT_ANSWER: _CONFLICT,
    ProblemCode.DATA_FAULT_UNKNOWN: _ABSENT,
    ProblemCode.DATA_FAULT_REPORTED: _CONFLICT,
    ProblemCode.DATA_FAULT_STATUS_NOT_NEXT: _CONFLICT,
    ProblemCode.UPSTREAM_UNAVAILABLE: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, Origin.NATIONAL, opens_paper=True
    ),
    ProblemCode.UPSTREAM_CONFUSED: ProblemKind(HTTPStatus.BAD_GATEWAY, Origin.NATIONAL, opens_paper=True),
    ProblemCode.UPSTREAM_PROCEDURE_NOT_LICENSED: _REFUSED_UPSTREAM,
    ProblemCode.UPSTREAM_OFFICER_NOT_PERMITTED: _REFUSED_UPSTREAM,
    ProblemCode.AUDIT_UNAVAILABLE: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY, opens_paper=False
    ),
    ProblemCode.EVIDENCE_NOT_ANCHORED: ProblemKind(
        HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY, opens_paper=False
    ),
    ProblemCode.AUDITING_NOT_SERVED: ProblemKind(HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY),
    ProblemCode.SUBJECT_REQUEST_UNKNOWN: _ABSENT,
    ProblemCode.SUBJECT_REQUEST_TOO_OLD: _UNPROCESSABLE,
    ProblemCode.SUBJECT_REQUEST_ENDED: _CONFLICT,
    ProblemCode.SUBJECT_REQUEST_UNREADABLE: _CONFLICT,
    ProblemCode.SUBJECT_REPORT_NOT_MADE: _CONFLICT,
    ProblemCode.SUBJECT_STEP_REFUSED: _CONFLICT,
    ProblemCode.SUBJECT_REPORT_NEEDS_ANOTHER: _NOT_YOURS,
    ProblemCode.TOO_MANY_SUBJECT_REPORTS: ProblemKind(HTTPStatus.TOO_MANY_REQUESTS, Origin.GATEWAY),
    ProblemCode.OWN_RECORDS: _NOT_YOURS,
    ProblemCode.AUDIT_QUOTA_REACHED: ProblemKind(HTTPStatus.TOO_MANY_REQUESTS, Origin.GATEWAY),
    ProblemCode.AUDITED_LOOKUP_UNKNOWN: _ABSENT,
    ProblemCode.UNMASKING_UNKNOWN: _ABSENT,
    ProblemCode.UNMASKING_CLOSED: _CONFLICT,
    ProblemCode.UNMASKING_NOT_READABLE: _CONFLICT,
    ProblemCode.PERSON_NOT_READABLE: _CONFLICT,
    ProblemCode.PROOF_NOT_READY: _ABSENT,
    ProblemCode.TILE_UNKNOWN: _ABSENT,
    ProblemCode.SIGN_IN_BUSY: ProblemKind(HTTPStatus.SERVICE_UNAVAILABLE, Origin.GATEWAY),
    ProblemCode.INTERNAL_ERROR: ProblemKind(
        HTTPStatus.INTERNAL_SERVER_ERROR, Origin.GATEWAY, opens_paper=False
    ),
}
