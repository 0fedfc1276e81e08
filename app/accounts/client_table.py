"""Tables of client software, its credentials, and the assertions that were used."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from app.database.metadata import METADATA

CLIENT = Table(
    "client",
    METADATA,
    Column("client_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("'service'")),
    Column("status", Text, nullable=False),
    Column("grants", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("networks", ARRAY(Text), nullable=False),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id")),
    Column("procedures", ARRAY(Text)),
    Column("expires_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("client_id ~ '^[a-z0-9][a-z0-9-]{1,62}$'", name="client_id"),
    CheckConstraint("status in ('active', 'suspended')", name="status"),
    CheckConstraint("cardinality(networks) > 0", name="networks"),
    CheckConstraint(
        "kind = 'service' and grants <@ array['password', 'jwt_bearer']::text[]"
        " or kind = 'technical' and grants <@ array['client_credentials']::text[]",
        name="grants",
    ),
    CheckConstraint(
        "procedures is null or kind = 'service' and cardinality(procedures) > 0", name="procedures"
    ),
)
"""Software that carries officers' requests never speaks for itself, and the other way round (R20)."""

CLIENT_CREDENTIAL = Table(
    "client_credential",
    METADATA,
    Column("credential_id", Uuid, primary_key=True),
    Column("client_id", Text, ForeignKey("client.client_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", LargeBinary),
    Column("kid", Text),
    Column("public_jwk", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("kind in ('secret', 'key', 'certificate')", name="kind"),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
    CheckConstraint("digest is not null or kind = 'secret' and ended_at is not null", name="secret"),
    CheckConstraint(
        "(kind = 'key') = (kid is not null) and (kind = 'key') = (public_jwk is not null)", name="key"
    ),
    Index(
        "uq_client_credential_digest",
        "client_id",
        "kind",
        "digest",
        unique=True,
        postgresql_where=text("ended_at is null"),
    ),
    Index(
        "uq_client_credential_kid",
        "client_id",
        "kid",
        unique=True,
        postgresql_where=text("ended_at is null and kid is not null"),
    ),
)
"""A secret's SHA-256, a public key, or a certificate's SHA-256 thumbprint (RFC 8705).

`ended_at` is that somebody ended it, `expires_at` that it runs out by itself; long after either a secret's
digest goes (app.accounts.sweeping), and what ran out counts as ended then.
"""

USED_ASSERTION = Table(
    "used_assertion",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
    Index("ix_used_assertion_expires_at", "expires_at"),
)
"""Digests of client and `jti`; each counts once in all processes, for as long as it would be valid."""
