"""The one catalogue of tables, with constraint names that migrations can rely on."""

from typing import Final

from sqlalchemy import MetaData

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

SERVING_ROLE: Final = "dancu_serving"
AUDITING_ROLE: Final = "dancu_auditing"
SEQUENCING_ROLE: Final = "dancu_sequencing"
REPORTING_ROLE: Final = "dancu_reporting"
DIRECTORY_CHANNEL: Final = "dancu_directory"
