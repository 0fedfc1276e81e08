"""Everything that can go wrong, sorted by what the caller can do about it; nothing here says HTTP."""

from enum import StrEnum
from uuid import UUID


class ProblemCode(StrEnum):
    """Stable codes that clients may branch on; their texts stand in app.web.problem_texts."""

    # The request itself
    MALFORMED_REQUEST = "malformed_request"
    UNKNOWN_FIELD = "unknown_field"
    INVALID_VALUE = "invalid_value"
    INVALID_ID_NUMBER = "invalid_id_number"
    INVALID_FULL_NAME = "invalid_full_name"
    INVALID_BIRTH_DATE = "invalid_birth_date"
    BIRTH_YEAR_CONTRADICTS_NUMBER = "birth_year_contradicts_number"
    INVALID_PROCEDURE_CODE = "invalid_procedure_code"
    INVALID_DOSSIER_CODE = "invalid_dossier_code"
    INVALID_CARD_QR = "invalid_card_qr"
    RETRY_OF_UNKNOWN = "retry_of_unknown"
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    ALREADY_ANSWERED = "already_answered"
    REQUEST_TOO_LARGE = "request_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    ROUTE_UNKNOWN = "route_unknown"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    LOOKUP_UNKNOWN = "lookup_unknown"
    LOOKUP_HAS_DOSSIER = "lookup_has_dossier"
    LOOKUP_NOT_ENDED = "lookup_not_ended"
    PAPER_NOT_OPEN = "paper_not_open"
    FOLLOW_UP_RECORDED = "follow_up_recorded"
    RECEIPTS_NOT_SET_UP = "receipts_not_set_up"
    TOO_MANY_RECEIPT_CHECKS = "too_many_receipt_checks"

    # Who is asking
    TOKEN_MISSING = "token_missing"  # noqa: S105 - a problem's name, not a secret
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - as above
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - as above
    CLIENT_ADDRESS_NOT_ALLOWED = "client_address_not_allowed"
    CLIENT_SUSPENDED = "client_suspended"
    CLIENT_EXPIRED = "client_expired"
    CLIENT_CERTIFICATE_NEEDED = "client_certificate_needed"
    CLIENT_UNIT_NOT_SERVED = "client_unit_not_served"
    OFFICER_NEEDED = "officer_needed"
    OWN_SIGN_IN_NEEDED = "own_sign_in_needed"
    OFFICER_SUSPENDED = "officer_suspended"
    UNIT_INACTIVE = "unit_inactive"
    NOTICE_NOT_ACCEPTED = "notice_not_accepted"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGE_NEEDED = "password_change_needed"  # noqa: S105 - as above
    SECOND_FACTOR_NEEDED = "second_factor_needed"
    CURRENT_PASSWORD_WRONG = "current_password_wrong"  # noqa: S105 - as above
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - as above
    ACTIVATION_REFUSED = "activation_refused"
    OTP_WRONG = "otp_wrong"
    SECOND_FACTOR_PRESENT = "second_factor_present"
    SESSION_UNKNOWN = "session_unknown"
    TOO_MANY_SIGN_INS = "too_many_sign_ins"
    SIGN_INS_THROTTLED = "sign_ins_throttled"

    # Software that calls in the old way
    SOFTWARE_CREDENTIAL_REFUSED = "software_credential_refused"
    LOOKUP_KEY_NEEDED = "lookup_key_needed"
    LOOKUP_KEY_REFUSED = "lookup_key_refused"
    LOOKUP_KEY_EXPIRED = "lookup_key_expired"
    LOOKUP_KEY_UNKNOWN = "lookup_key_unknown"
    TOO_MANY_LOOKUP_KEYS = "too_many_lookup_keys"
    PROCEDURE_NEEDED = "procedure_needed"
    PROCEDURE_AMBIGUOUS = "procedure_ambiguous"
    DOSSIER_NEEDED = "dossier_needed"
    OPERATION_NOT_SERVED = "operation_not_served"
    RECORD_DIFFERS = "record_differs"

    # Administering accounts
    OFFICER_UNKNOWN = "officer_unknown"
    OWN_ACCOUNT = "own_account"
    OUTSIDE_OWN_UNITS = "outside_own_units"
    ROLE_OUT_OF_REACH = "role_out_of_reach"
    SECOND_PERSON_NEEDED = "second_person_needed"
    PERSON_CODE_NEEDED = "person_code_needed"
    PERSON_HAS_ANOTHER_ACCOUNT = "person_has_another_account"
    NOTHING_TO_CHANGE = "nothing_to_change"
    IF_MATCH_NEEDED = "if_match_needed"
    VERSION_OUTDATED = "version_outdated"
    APPROVAL_UNKNOWN = "approval_unknown"
    APPROVAL_CLOSED = "approval_closed"
    APPROVAL_OUTDATED = "approval_outdated"
    RESET_UNKNOWN = "reset_unknown"
    ACCOUNT_NOTICE_UNKNOWN = "account_notice_unknown"
    LIST_UNREADABLE = "list_unreadable"
    LIST_REFUSED = "list_refused"
    LIST_BUSY = "list_busy"
    OFFICER_REFUSED = "officer_refused"
    OFFICER_EXISTS = "officer_exists"

    # The life of an account
    UNIT_UNKNOWN = "unit_unknown"
    POSTED_ALREADY = "posted_already"
    NOT_POSTED = "not_posted"
    SAME_UNIT = "same_unit"
    BEFORE_LAST_RECORD = "before_last_record"
    BEYOND_POSTING = "beyond_posting"
    PERIOD_EMPTY = "period_empty"
    PERIOD_NEEDED = "period_needed"
    PERIOD_TOO_LONG = "period_too_long"
    NAMED_UNKNOWN = "named_unknown"
    UNIT_NOT_IN_FORCE = "unit_not_in_force"
    LAST_ADMINISTRATOR = "last_administrator"
    HANDOVER_EMPTY = "handover_empty"
    HANDOVER_OFFICER_SUSPENDED = "handover_officer_suspended"
    HANDOVER_UNKNOWN = "handover_unknown"
    HANDOVER_RECEIVED_ALREADY = "handover_received_already"
    OFFICER_NOT_IN_UNIT = "officer_not_in_unit"
    PAPERS_BUSY = "papers_busy"
    UNIT_NOTICE_UNKNOWN = "unit_notice_unknown"
    DECLARED_ALREADY = "declared_already"
    REVIEW_UNKNOWN = "review_unknown"
    REVIEW_OPEN_ALREADY = "review_open_already"
    REVIEW_OVER = "review_over"
    REVIEW_DUE_TOO_SOON = "review_due_too_soon"
    REVIEW_NOT_ASKED = "review_not_asked"
    REVIEW_REMOVED_ALREADY = "review_removed_already"

    # Administering units and client software
    UNIT_CHANGE_REFUSED = "unit_change_refused"
    UNIT_FILE_REFUSED = "unit_file_refused"
    UNIT_FILE_UNREADABLE = "unit_file_unreadable"
    ADMINISTRATORS_WOULD_MOVE = "administrators_would_move"
    WARD_UNKNOWN = "ward_unknown"
    CLIENT_UNKNOWN = "client_unknown"
    CLIENT_TAKEN = "client_taken"
    OWN_CLIENT = "own_client"
    OPERATOR_NEEDED = "operator_needed"
    CREDENTIAL_UNKNOWN = "credential_unknown"
    CREDENTIAL_REFUSED = "credential_refused"
    TOO_MANY_SECRETS = "too_many_secrets"

    # Administering procedures and grants
    CATALOGUE_ENTRY_UNKNOWN = "catalogue_entry_unknown"
    PROCEDURE_TAKEN = "procedure_taken"
    PROCEDURE_CHANGE_REFUSED = "procedure_change_refused"
    GRANT_CHANGE_REFUSED = "grant_change_refused"

    # What they may do
    ROLE_NOT_PERMITTED = "role_not_permitted"
    PROCEDURE_UNKNOWN = "procedure_unknown"
    PROCEDURE_NOT_IN_FORCE = "procedure_not_in_force"
    QUESTION_TYPE_NOT_PERMITTED = "question_type_not_permitted"
    PROCEDURE_NOT_GRANTED = "procedure_not_granted"
    CLIENT_PROCEDURE_NOT_PERMITTED = "client_procedure_not_permitted"
    PROCEDURE_NOT_MAPPED = "procedure_not_mapped"
    OFFICER_NOT_MAPPED = "officer_not_mapped"
    DOSSIER_OF_ANOTHER_AGENCY = "dossier_of_another_agency"
    DOSSIER_NOT_OPEN = "dossier_not_open"
    FIELD_NOT_PERMITTED = "field_not_permitted"
    TOO_MANY_LOOKUPS = "too_many_lookups"
    TOO_MANY_VERIFICATIONS = "too_many_verifications"
    OFFICER_LIMIT_REACHED = "officer_limit_reached"
    UNIT_LIMIT_REACHED = "unit_limit_reached"
    CLIENT_LIMIT_REACHED = "client_limit_reached"
    CITIZEN_LIMIT_REACHED = "citizen_limit_reached"
    NATIONAL_SIDE_CROWDED = "national_side_crowded"
    ROADS_CHECKED_JUST_NOW = "roads_checked_just_now"
    GATEWAY_OVERLOADED = "gateway_overloaded"

    # Reporting faulty national records
    LOOKUP_WITHOUT_ANSWER = "lookup_without_answer"
    DATA_FAULT_UNKNOWN = "data_fault_unknown"
    DATA_FAULT_REPORTED = "data_fault_reported"
    DATA_FAULT_STATUS_NOT_NEXT = "data_fault_status_not_next"

    # The national side
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UPSTREAM_CONFUSED = "upstream_confused"
    UPSTREAM_PROCEDURE_NOT_LICENSED = "upstream_procedure_not_licensed"
    UPSTREAM_OFFICER_NOT_PERMITTED = "upstream_officer_not_permitted"

    # This gateway
    AUDIT_UNAVAILABLE = "audit_unavailable"
    EVIDENCE_NOT_ANCHORED = "evidence_not_anchored"
    AUDITING_NOT_SERVED = "auditing_not_served"
    SUBJECT_REQUEST_UNKNOWN = "subject_request_unknown"
    SUBJECT_REQUEST_TOO_OLD = "subject_request_too_old"
    SUBJECT_REQUEST_ENDED = "subject_request_ended"
    SUBJECT_REQUEST_UNREADABLE = "subject_request_unreadable"
    SUBJECT_REPORT_NOT_MADE = "subject_report_not_made"
    SUBJECT_STEP_REFUSED = "subject_step_refused"
    SUBJECT_REPORT_NEEDS_ANOTHER = "subject_report_needs_another"
    TOO_MANY_SUBJECT_REPORTS = "too_many_subject_reports"
    OWN_RECORDS = "own_records"
    AUDIT_QUOTA_REACHED = "audit_quota_reached"
    AUDITED_LOOKUP_UNKNOWN = "audited_lookup_unknown"
    UNMASKING_UNKNOWN = "unmasking_unknown"
    UNMASKING_CLOSED = "unmasking_closed"
    UNMASKING_NOT_READABLE = "unmasking_not_readable"
    PERSON_NOT_READABLE = "person_not_readable"
    PROOF_NOT_READY = "proof_not_ready"
    TILE_UNKNOWN = "tile_unknown"
    SIGN_IN_BUSY = "sign_in_busy"
    INTERNAL_ERROR = "internal_error"


class GatewayError(Exception):
    """Base of every error of ours: a stable code, and values only where they are not personal."""

    retry_after_seconds: int | None = None

    def __init__(
        self, code: ProblemCode, *, fields: tuple[str, ...] = (), lookup_id: UUID | None = None
    ) -> None:
        """Name the problem; *fields* are JSON pointers into the request, never its values."""
        super().__init__(code.value)
        self.code = code
        self.fields = fields
        self.lookup_id = lookup_id

    def members(self, language: str) -> dict[str, object]:  # noqa: ARG002 - for those who have words to add
        """Return what a problem says beyond its code, in *language* (`vi` or `en`)."""
        return {}


class InvalidRequestError(GatewayError):
    """The caller must change what it sends."""


class ConflictError(GatewayError):
    """The caller already asked this; asking again under the same key changes nothing."""

    def __init__(
        self, code: ProblemCode, *, lookup_id: UUID | None = None, outcome: str | None = None
    ) -> None:
        """Carry the earlier lookup's id and outcome; neither names the citizen."""
        super().__init__(code, lookup_id=lookup_id)
        self.outcome = outcome


class NotFoundError(GatewayError):
    """There is no such thing here; says nothing about any citizen."""


class NotAuthenticatedError(GatewayError):
    """The caller must sign in."""


class NotAllowedError(GatewayError):
    """Somebody with the right to do so must change a right, an account or a mapping."""


class TooManyError(GatewayError):
    """The caller must wait."""

    retry_after_seconds: int

    def __init__(self, code: ProblemCode, *, retry_after_seconds: int) -> None:
        """Say after how many whole seconds a new try makes sense."""
        super().__init__(code)
        self.retry_after_seconds = retry_after_seconds


class SourceError(GatewayError):
    """The national side did not give an answer; never to be confused with "nobody by that number"."""

    def __init__(self, code: ProblemCode, reason: str, *, was_sent: bool = True) -> None:
        """*reason* is one of the adapter's own constant words, never anything the other side sent.

        *was_sent* is false only where no byte of the question can have left: then it may be asked again.
        """
        super().__init__(code)
        self.reason = reason
        self.was_sent = was_sent


class SourceSilentError(SourceError):
    """The national side could not be reached or did not answer in time."""

    def __init__(self, reason: str, *, was_sent: bool = True) -> None:
        """Such as `connect_failed`, `timeout`, `http_503`."""
        super().__init__(ProblemCode.UPSTREAM_UNAVAILABLE, reason, was_sent=was_sent)


class SourceConfusedError(SourceError):
    """The national side sent something that cannot be understood, or contradicts itself."""

    def __init__(self, reason: str, *, was_sent: bool = True) -> None:
        """Such as `not_xml`, `soap_fault`, `several_citizens`."""
        super().__init__(ProblemCode.UPSTREAM_CONFUSED, reason, was_sent=was_sent)


class SourceRefusedError(SourceError):
    """The national side says that this procedure or officer may not ask."""


class AuditUnavailableError(GatewayError):
    """Evidence could not be made durable, so nothing is asked and nothing is shown."""

    def __init__(self, *, lookup_id: UUID | None = None) -> None:
        """Name the lookup, if it has an id: its record may or may not exist."""
        super().__init__(ProblemCode.AUDIT_UNAVAILABLE, lookup_id=lookup_id)


class DirectoryStaleError(AuditUnavailableError):
    """Who is who was last confirmed too long ago to act on: the database is out of reach."""


class NotAnchoredError(GatewayError):
    """Evidence has long stood under no checkpoint that counts, so nothing is asked until it does again."""

    def __init__(self) -> None:
        """Say so; nothing was recorded or asked."""
        super().__init__(ProblemCode.EVIDENCE_NOT_ANCHORED)


class ConfigurationError(Exception):
    """The operator must change a setting; raised at start-up only."""
