"""What all processes have counted, in PostgreSQL: told and asked in one statement."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ARRAY, DateTime, Delete, LargeBinary, bindparam, delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from app.accounts.sweeping import Purge
from app.lookup.limits import Seen, Told
from app.lookup.table import LOOKUP_CITIZEN, LOOKUP_USAGE

_KEPT: Final = timedelta(hours=1)  # longer than any two processes' clocks are apart

_DIGESTS: Final = ARRAY(LargeBinary)
_TIMES: Final = ARRAY(DateTime(timezone=True))

# Sorted, so that two processes that tell of the same subjects cannot deadlock. The last part counts what
# the statement's snapshot shows and what it adds itself.
_EXCHANGE: Final = text(
    """
    with counted as (
        insert into lookup_usage (subject_digest, count, ends_at)
        select digest, added, ends_at
        from unnest(cast(:subjects as bytea[]), cast(:added as bigint[]), cast(:ends as timestamptz[]))
            as told (digest, added, ends_at)
        order by digest
        on conflict (subject_digest) do update set count = lookup_usage.count + excluded.count
        returning subject_digest, count
    ), noted as (
        insert into lookup_citizen (officer_digest, citizen_digest, ends_at)
        select officer, citizen, ends_at
        from unnest(cast(:officers as bytea[]), cast(:citizens as bytea[]), cast(:days as timestamptz[]))
            as told (officer, citizen, ends_at)
        order by officer, citizen
        on conflict do nothing
        returning officer_digest
    )
    select subject_digest as digest, count from counted
    union all
    select officer_digest, count(*) from (
        select officer_digest from lookup_citizen where officer_digest = any (cast(:officers as bytea[]))
        union all
        select officer_digest from noted
    ) as known group by officer_digest
    """
).bindparams(
    bindparam("subjects", type_=_DIGESTS),
    bindparam("ends", type_=_TIMES),
    bindparam("officers", type_=_DIGESTS),
    bindparam("citizens", type_=_DIGESTS),
    bindparam("days", type_=_TIMES),
)


class LimitStore:
    """Keeps counts under digests keyed by a secret: the tables name nobody.

    Raises OSError or SQLAlchemyError where the database is out of reach.
    """

    def __init__(self, engine: AsyncEngine, secret: bytes) -> None:
        """Write and read through *engine*; every process must be given the same *secret*."""
        self._engine = engine
        self._secret = secret

    async def exchange(self, told: Told) -> dict[str, int]:
        """Add what is *told* to everybody's counts and return their sums, by name."""
        names = [tally.name for tally, _ in told.counts] + [seen.name for seen, _ in told.citizens]
        name_of = {self._digest(name): name for name in names}
        pairs = [(seen, digest) for seen, digests in told.citizens for digest in digests]
        values = {
            "subjects": [self._digest(tally.name) for tally, _ in told.counts],
            "added": [added for _, added in told.counts],
            "ends": [tally.ends_at for tally, _ in told.counts],
            "officers": [self._digest(seen.name) for seen, _ in pairs],
            "citizens": [digest for _, digest in pairs],
            "days": [seen.ends_at for seen, _ in pairs],
        }
        async with self._engine.begin() as connection:
            rows = await connection.execute(_EXCHANGE, values)
            return {name_of[row["digest"]]: row["count"] for row in rows.mappings()}

    async def citizens_of(self, seen: Seen) -> frozenset[bytes]:
        """Return the digests of all citizens the officer asked about that day, through any process."""
        known = LOOKUP_CITIZEN.c
        query = select(known.citizen_digest).where(known.officer_digest == self._digest(seen.name))
        async with self._engine.connect() as connection:
            return frozenset((await connection.execute(query)).scalars())

    def _digest(self, name: str) -> bytes:
        return hmac.digest(self._secret, name.encode(), hashlib.sha256)


def limit_purges() -> tuple[Purge, ...]:
    """Return what takes away counts of hours and days that are over."""
    return Purge("lookup_usage", _old_usage), Purge("lookup_citizen", _old_citizens)


def _old_usage(now: datetime, most: int) -> Delete:
    usage = LOOKUP_USAGE.c
    old = select(usage.subject_digest).where(usage.ends_at < now - _KEPT).limit(most)
    return delete(LOOKUP_USAGE).where(usage.subject_digest.in_(old))


def _old_citizens(now: datetime, most: int) -> Delete:
    known = LOOKUP_CITIZEN.c
    pair = (known.officer_digest, known.citizen_digest)
    old = select(*pair).where(known.ends_at < now - _KEPT).limit(most)
    return delete(LOOKUP_CITIZEN).where(tuple_(*pair).in_(old))
