"""Tables of the tree: which record is which leaf, the hashes above, how far each chain was taken."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from app.database.metadata import METADATA

AUDIT_LEAF = Table(
    "audit_leaf",
    METADATA,
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("record_id", Uuid, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    UniqueConstraint("record_id", name="uq_audit_leaf_record"),
    CheckConstraint("leaf_index >= 0", name="leaf_index"),
    CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash"),
)
"""The tree's leaves; no reference to the record, because the hash outlives it."""

AUDIT_SUBTREE = Table(
    "audit_subtree",
    METADATA,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("level between 1 and 7", name="level"),
    CheckConstraint("position >= 0", name="position"),
    CheckConstraint("octet_length(hash) = 32", name="hash"),
)
"""Roots of perfect trees of 256^level leaves: what tiles above the leaves hold."""

AUDIT_CHECKPOINT = Table(
    "audit_checkpoint",
    METADATA,
    Column("tree_size", BigInteger, primary_key=True, autoincrement=False),
    Column("root_hash", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
    Column("signed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("tree_size >= 0", name="tree_size"),
    CheckConstraint("octet_length(root_hash) = 32", name="root_hash"),
)
"""Every checkpoint that was published, as the signed note it is."""

AUDIT_COSIGNATURE = Table(
    "audit_cosignature",
    METADATA,
    Column("tree_size", BigInteger, primary_key=True, autoincrement=False),
    Column("witness_name", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("tree_size >= 0", name="tree_size"),
)
"""What witnesses said of published checkpoints: signature lines, each by its key's name and id."""

AUDIT_CHAIN = Table(
    "audit_chain",
    METADATA,
    Column("writer_id", Uuid, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
    Column("advanced_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("last_sequence > 0", name="last_sequence"),
)
"""Up to where each writer's chain was taken into the tree."""

AUDIT_GAP = Table(
    "audit_gap",
    METADATA,
    Column("writer_id", Uuid, primary_key=True),
    Column("first_sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("last_sequence", BigInteger, nullable=False),
    CheckConstraint("first_sequence between 1 and last_sequence", name="sequences"),
)
"""Sequences that were missing when later ones of their chain were taken; looked at again every time."""

AUDIT_SEQUENCING = Table(
    "audit_sequencing",
    METADATA,
    Column("only_row", SmallInteger, primary_key=True, autoincrement=False),
    Column("looked_at", DateTime(timezone=True)),
    Column("covered_at", DateTime(timezone=True)),
    Column("anchored_at", DateTime(timezone=True)),
    CheckConstraint("only_row = 1", name="only_row"),
)
"""When the sequencer last looked for records, and when all those there stood under a checkpoint.

`anchored_at` is the latter for checkpoints that as many witnesses cosigned as the policy asks for.
"""
