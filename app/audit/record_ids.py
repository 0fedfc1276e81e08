"""Ids of records, in the type asyncpg itself gives ids in: their text and bytes cost a tenth of the usual."""

from typing import Final
from uuid import UUID

import uuid_utils
from asyncpg.pgproto import pgproto

_Id: Final = pgproto.UUID  # looked up once
_uuid7: Final = uuid_utils.uuid7


def new_record_id() -> UUID:
    """Return a new UUIDv7, later than those this process made before."""
    made: UUID = _Id(_uuid7().bytes)
    return made


def read_record_id(text: str) -> UUID:
    """Return the id that *text* writes; ValueError where it writes none."""
    read: UUID = _Id(text)
    return read
