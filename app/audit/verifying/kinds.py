"""The kinds of record that a verifier knows by name; all others are looked at alike."""

from typing import Final

WRITER_OPENED: Final = "writer.opened"
WRITER_KEY: Final = "writer.key"
WRITER_CLOSED: Final = "writer.closed"
LOOKUP_INTENT: Final = "lookup.intent"
LOOKUP_REFUSED: Final = "lookup.refused"
LOOKUP_OUTCOME: Final = "lookup.outcome"
DOSSIER_LINKED: Final = "lookup.dossier_linked"
LOOKUP_FOLLOW_UP: Final = "lookup.follow_up"
KEYS_MADE: Final = "keys.made"
KEYS_ROTATED: Final = "keys.rotated"
RETENTION_DROP: Final = "retention.drop"
MONTH_KEY_DESTROYED: Final = "month_key.destroyed"
WRITER_KEY_CHANGE: Final = "writer key"
"""What `change` says in a record that introduces a writer's key."""
TAGGED_KINDS: Final = frozenset({LOOKUP_INTENT, LOOKUP_REFUSED})
"""Kinds whose person can be searched for."""
