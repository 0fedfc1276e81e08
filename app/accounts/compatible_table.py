"""Tables of the compatible face: what old software proves itself with, and officers' lookup-only keys."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from app.database.metadata import METADATA

COMPATIBLE_CREDENTIAL = Table(
    "compatible_credential",
    METADATA,
    Column("credential_id", Uuid, primary_key=True),
    Column("client_id", Text, ForeignKey("client.client_id"), nullable=False),
    Column("profile", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary),
    Column("wrapped_secret", LargeBinary),
    Column("signed_addresses", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("procedure_code", Text),
    Column("no_dossier_reason", Text),
    Column("repeats_request_ids", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("profile in ('lgsp', 'vdxp')", name="profile"),
    CheckConstraint("name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$'", name="name"),
    CheckConstraint(
        "(profile = 'lgsp' or digest is null) and (profile = 'vdxp' or wrapped_secret is null)"
        " and (ended_at is not null or (digest is null) <> (wrapped_secret is null))",
        name="secret",
    ),
    CheckConstraint("digest is null or octet_length(digest) = 32", name="digest"),
    CheckConstraint(
        "no_dossier_reason in ('guidance_before_receipt', 'one_stop_software_down', 'completing_papers')",
        name="no_dossier_reason",
    ),
    Index("uq_compatible_credential_name", "name", unique=True, postgresql_where=text("ended_at is null")),
)
"""`lgsp`: an AccessKey, and its SecretKey's SHA-256. `vdxp`: a user and the secret, under the root key.

`procedure_code` and `no_dossier_reason` stand in where the old call names none; without them it is refused.
The secret goes long after the end (app.accounts.sweeping).
"""

LOOKUP_KEY = Table(
    "lookup_key",
    METADATA,
    Column("key_id", Uuid, primary_key=True),
    Column("officer_id", Uuid, ForeignKey("officer.officer_id"), nullable=False),
    Column("unit_id", Uuid, ForeignKey("unit.unit_id"), nullable=False),
    Column("client_id", Text, ForeignKey("client.client_id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("octet_length(digest) = 32", name="digest"),
    CheckConstraint("expires_at > created_at", name="expires_at"),
    CheckConstraint("digest is not null or ended_at is not null", name="secret"),
    Index("uq_lookup_key_name", "name", unique=True),
    Index("ix_lookup_key_officer_id", "officer_id"),
)
"""Keys that officers made for one client software each, at the unit they worked in that day."""
