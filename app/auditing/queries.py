"""The queries of a search: which records match, newest first, in months' partitions and along indexes.

What narrows by a column reads an index (column, recorded_at desc, record_id desc); a period alone is read in
windows that begin small (app.auditing.reader), so that no query sorts more than it shows of a few days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    ScalarSelect,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.selectable import NamedFromClause

from app.audit.partitions import first_id
from app.audit.record import Outcome, RecordKind
from app.audit.retention_table import AUDIT_OUTCOME
from app.audit.sealing import MonthSecret
from app.audit.table import AUDIT_RECORD, AUDIT_SEARCH_TAG
from app.auditing.criteria import RUNNING, About, Search
from app.auditing.kinds import KINDS_ABOUT

_ID_SLACK: Final = timedelta(days=1)
_RECORD: Final = AUDIT_RECORD.c
_RECORDS: Final = select(_RECORD.record_id, _RECORD.recorded_at, _RECORD.writer_id, _RECORD.leaf)
_ENDED: Final = AUDIT_RECORD.alias("ended")
_FOLLOW_UP: Final = AUDIT_RECORD.alias("follow_up")
_DOSSIER: Final = AUDIT_RECORD.alias("of_dossier")
_ASKED: Final = KINDS_ABOUT[About.LOOKUPS]
_PAPER_ASKED: Final = b'"paper_asked":1'
_MAY_ASK: Final = b'"paper_may_ask":%d'


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a search's period, up to, not including, its end; what came of it counts before *as_of*."""

    starts_at: datetime
    ends_at: datetime
    as_of: datetime | None = None


def page_query(search: Search, secrets: Sequence[MonthSecret], window: Window, most: int) -> Select[Any]:
    """Return the query for at most *most* records of *window*, newest first."""
    return _matching(search, secrets, window).limit(most)


def record_query(record_id: UUID, about: About) -> Select[Any]:
    """Return the query for one record by its id, in the columns of a page."""
    return _RECORDS.where(_RECORD.record_id == record_id, _is_kind(_RECORD.kind, *KINDS_ABOUT[about]))


def outcome_ids_query(lookup_ids: Sequence[UUID]) -> Select[Any]:
    """Return the query for the ids of the records that tell how these lookups ended."""
    table = AUDIT_OUTCOME.c
    return select(table.record_id).where(table.lookup_id == _any(lookup_ids))


def outcomes_query(lookup_ids: Sequence[UUID], outcome_ids: Sequence[UUID]) -> Select[Any]:
    """Return the query for those records, by ids: these name the months to look in."""
    return select(_RECORD.lookup_id, _RECORD.kind, _RECORD.leaf).where(
        _RECORD.record_id == _any(outcome_ids),
        _RECORD.lookup_id == _any(lookup_ids),
        _is_kind(_RECORD.kind, RecordKind.LOOKUP_OUTCOME),
    )


def later_query(lookup_ids: Sequence[UUID], oldest: datetime, as_of: datetime | None) -> Select[Any]:
    """Return the query for what was said of these lookups since, and before *as_of*, the oldest first.

    A change that failed may have left a record, too.
    """
    return (
        select(_RECORD.lookup_id, _RECORD.kind, _RECORD.leaf)
        .where(
            _RECORD.lookup_id == _any(lookup_ids),
            _is_kind(_RECORD.kind, RecordKind.DOSSIER_LINKED, RecordKind.LOOKUP_FOLLOW_UP),
            _RECORD.record_id >= first_id(oldest, -2 * _ID_SLACK),
            *_before(_RECORD.recorded_at, as_of),
        )
        .order_by(_RECORD.recorded_at, _RECORD.record_id)
    )


def _any(ids: Sequence[UUID]) -> ColumnElement[Any]:
    return any_(literal(list(ids), ARRAY(Uuid)))


def _matching(search: Search, secrets: Sequence[MonthSecret], window: Window) -> Select[Any]:
    query = _RECORDS.where(_is_kind(_RECORD.kind, *KINDS_ABOUT[search.about]))
    at, record_id = _RECORD.recorded_at, _RECORD.record_id
    if search.number is not None:
        tag = AUDIT_SEARCH_TAG.c
        tags = [secret.search_tag(search.number) for secret in secrets]
        query = query.join(AUDIT_SEARCH_TAG, tag.record_id == record_id).where(tag.tag.in_(tags))
        at, record_id = tag.recorded_at, tag.record_id
    query = query.where(
        at >= window.starts_at,
        at < window.ends_at,
        # An id is as old as its record: these say in which months' partitions to look.
        record_id >= first_id(window.starts_at, -_ID_SLACK),
        record_id < first_id(window.ends_at, _ID_SLACK),
        *_narrowing(search, window),
    )
    if search.after is not None:
        query = query.where(tuple_(at, record_id) < (search.after.recorded_at, search.after.record_id))
    return query.order_by(at.desc(), record_id.desc())


def _narrowing(search: Search, window: Window) -> list[ColumnElement[bool]]:
    conditions = list[ColumnElement[bool]]()
    if search.officer_id is not None:
        conditions.append(_RECORD.officer_id == search.officer_id)
    if search.unit_ids:
        conditions.append(_RECORD.unit_id.in_(sorted(search.unit_ids)))
    if search.client_id is not None:
        conditions.append(_RECORD.client_id == search.client_id)
    if search.procedure_code is not None:
        conditions.append(_RECORD.procedure_code == search.procedure_code)
    if search.dossier_code is not None:
        conditions.append(_RECORD.record_id.in_(_of_dossier(search.dossier_code, window)))
    if search.outcome is not None:
        conditions.append(_ended_so(search, search.outcome, window))
    if search.paper_may_ask is not None:
        conditions.append(
            _ended_value(says(_ENDED.c.leaf, _MAY_ASK % search.paper_may_ask), window).is_(True)
        )
    if search.paper_asked is not None:
        conditions.append(_paper_was_asked(window) if search.paper_asked else ~_paper_was_asked(window))
    return conditions + _hiding(search)


def _hiding(search: Search) -> list[ColumnElement[bool]]:
    """Return what keeps an auditor's own records away: what they did, and what was done about them."""
    conditions = list[ColumnElement[bool]]()
    if search.hidden_ids:
        conditions.append(or_(_RECORD.officer_id.is_(None), _RECORD.officer_id.not_in(search.hidden_ids)))
    if search.about is not About.LOOKUPS:
        conditions += [~says(_RECORD.leaf, f'"{hidden_id}"'.encode()) for hidden_id in search.hidden_ids]
    return conditions


def _of_dossier(dossier_code: str, window: Window) -> Select[Any]:
    """Return the lookups for a dossier, and those that were linked to it later, however late."""
    is_link = _is_kind(_DOSSIER.c.kind, RecordKind.DOSSIER_LINKED)
    return select(case((is_link, _DOSSIER.c.lookup_id), else_=_DOSSIER.c.record_id)).where(
        _DOSSIER.c.dossier_code == dossier_code,
        _is_kind(_DOSSIER.c.kind, *_ASKED, RecordKind.DOSSIER_LINKED),
        _DOSSIER.c.record_id >= first_id(window.starts_at, -_ID_SLACK),
        *_before(_DOSSIER.c.recorded_at, window.as_of),
    )


def _ended_so(search: Search, outcome: str, window: Window) -> ColumnElement[bool]:
    if outcome == RUNNING:
        return and_(_is_kind(_RECORD.kind, RecordKind.LOOKUP_INTENT), ~_has_ended(window))
    if outcome == Outcome.FOUND or search.is_selective:
        # Most lookups found somebody, and few are of one person: each that may match is looked at.
        ended_so = _ended_value(_ENDED.c.outcome, window) == outcome
    else:
        ended_so = _RECORD.record_id.in_(_ended_in(outcome, window))
    if outcome == Outcome.NOT_PERMITTED:
        return or_(_is_kind(_RECORD.kind, RecordKind.LOOKUP_REFUSED), ended_so)
    return ended_so


def _has_ended(window: Window) -> ColumnElement[bool]:
    has_outcome = exists().where(AUDIT_OUTCOME.c.lookup_id == _RECORD.record_id)
    if window.as_of is None:
        return has_outcome
    # Most ended long before: only for the others the outcome's own time is looked up, which a CASE keeps so.
    is_old = has_outcome.where(AUDIT_OUTCOME.c.record_id < first_id(window.as_of, -_ID_SLACK))
    return case((is_old, true()), else_=_ended_value(_ENDED.c.record_id, window).is_not(None))


def _ended_value(value: ColumnElement[Any], window: Window) -> ScalarSelect[Any]:
    """Return what the record of a lookup's outcome says."""
    joined = AUDIT_OUTCOME.join(_ENDED, _ENDED.c.record_id == AUDIT_OUTCOME.c.record_id)
    return (
        select(value)
        .select_from(joined)
        .where(
            AUDIT_OUTCOME.c.lookup_id == _RECORD.record_id,
            _is_kind(_ENDED.c.kind, RecordKind.LOOKUP_OUTCOME),
            *_is_after(_ENDED, window),
        )
        .correlate(AUDIT_RECORD)
        .scalar_subquery()
    )


def _ended_in(outcome: str, window: Window) -> Select[Any]:
    """Return the lookups that ended so; none ends before it begins, and only `unknown` much later."""
    query = select(_ENDED.c.lookup_id).where(
        _ENDED.c.outcome == outcome,
        _is_kind(_ENDED.c.kind, RecordKind.LOOKUP_OUTCOME),
        _ENDED.c.recorded_at >= window.starts_at - _ID_SLACK,
        *_is_after(_ENDED, window),
    )
    if outcome == Outcome.UNKNOWN:
        return query
    return query.where(
        _ENDED.c.recorded_at < window.ends_at + _ID_SLACK,
        _ENDED.c.record_id < first_id(window.ends_at, 2 * _ID_SLACK),
    )


def _paper_was_asked(window: Window) -> ColumnElement[bool]:
    return exists().where(
        _FOLLOW_UP.c.lookup_id == _RECORD.record_id,
        _is_kind(_FOLLOW_UP.c.kind, RecordKind.LOOKUP_FOLLOW_UP),
        says(_FOLLOW_UP.c.leaf, _PAPER_ASKED),
        *_is_after(_FOLLOW_UP, window),
    )


def _is_after(later: NamedFromClause[Any], window: Window) -> list[ColumnElement[bool]]:
    """Whether a record of what came of a lookup may be of *window*: the months before hold none."""
    is_after: ColumnElement[bool] = later.c.record_id >= first_id(window.starts_at, -2 * _ID_SLACK)
    return [is_after, *_before(later.c.recorded_at, window.as_of)]


def _before(recorded_at: ColumnElement[Any], as_of: datetime | None) -> list[ColumnElement[bool]]:
    return [recorded_at < as_of] if as_of is not None else []


def _is_kind(column: ColumnElement[Any], *kinds: RecordKind) -> ColumnElement[bool]:
    # Written into the statement: a partial index is used only where its condition is seen to hold.
    names = sorted(kind.value for kind in kinds)
    return column.in_(bindparam(None, names, expanding=True, literal_execute=True, unique=True))


def says(leaf: ColumnElement[Any], part: bytes) -> ColumnElement[bool]:
    """Whether a leaf's bytes have *part*, a name with its value, which no text in a leaf can look like."""
    return func.pg_catalog.position(leaf, part) > 0
