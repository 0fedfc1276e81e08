"""The words an adapter may give as the reason of a SourceError; each names one cause and nothing else."""

from enum import StrEnum


class Reason(StrEnum):
    """Constant words for records, metrics and operators; nothing the other side sent stands in them."""

    # Nobody answered (SourceSilentError)
    CONNECT_FAILED = "connect_failed"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS_FAILED = "tls_failed"
    POOL_EXHAUSTED = "pool_exhausted"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    HTTP_429 = "http_429"
    HTTP_502 = "http_502"
    HTTP_503 = "http_503"
    HTTP_504 = "http_504"
    HTTP_5XX = "http_5xx"
    ROAD_BUSY = "road_busy"
    ROAD_OUT_OF_ORDER = "road_out_of_order"
    PLANNED_STOP = "planned_stop"

    # Somebody answered what we cannot use, or nobody can be asked this (SourceConfusedError)
    TOO_LARGE = "too_large"
    COMPRESSED = "compressed"
    REDIRECTED = "redirected"
    HTTP_4XX = "http_4xx"
    UNEXPECTED_STATUS = "unexpected_status"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a reason, not a secret
    TOKEN_REJECTED = "token_rejected"  # noqa: S105 - as above
    CREDENTIALS_REFUSED = "credentials_refused"
    TOKEN_UNREADABLE = "token_unreadable"  # noqa: S105 - as above
    WRONG_ENCODING = "wrong_encoding"
    DOCTYPE = "doctype"
    NOT_XML = "not_xml"
    NOT_JSON = "not_json"
    UNKNOWN_ANSWER = "unknown_answer"
    SOAP_FAULT = "soap_fault"
    SEVERAL_CITIZENS = "several_citizens"
    UNREADABLE_RECORD = "unreadable_record"
    NOT_OFFERED = "not_offered"

    # We may not ask (SourceRefusedError)
    FAULT_004 = "fault_004"
    FAULT_005 = "fault_005"
