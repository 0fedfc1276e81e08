"""Settings as commands read them: a wrong variable is named, its value never shown."""

from typing import Final

from pydantic import SecretStr, ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.database.address import sqlalchemy_address
from app.errors import ConfigurationError
from app.settings import SecondUpstreamSettings, Settings, UpstreamSettings

_ADDRESSES: Final = (
    "database_url",
    "migration_database_url",
    "audit_database_url",
    "sequencing_database_url",
    "maintenance_database_url",
    "reporting_database_url",
)
_IN_AN_ADDRESS: Final = frozenset({"host", "port", "target_session_attrs"})


def read_settings() -> tuple[Settings, UpstreamSettings]:
    """Return the settings of this environment; ConfigurationError names what is wrong."""
    try:
        settings, upstream, second = Settings(), UpstreamSettings(), SecondUpstreamSettings()
    except ValidationError as error:
        raise ConfigurationError(f"settings: {_named_faults(error)}") from None
    except OSError as error:
        raise ConfigurationError(
            f"a secret's file cannot be read: {error.strerror}: {error.filename}"
        ) from None
    for name in _ADDRESSES:
        _check_address(f"DANCU_{name.upper()}", getattr(settings, name))
    return settings.model_copy(update={"upstreams": roads_in_order(upstream, second)}), upstream


def roads_in_order(first: UpstreamSettings, second: UpstreamSettings) -> tuple[UpstreamSettings, ...]:
    """Return the roads that are set up, each under a name of its own.

    Raises ConfigurationError where the second is set up but for its address.
    """
    if not second.base_url:
        if second.model_fields_set - {"base_url", "road"}:
            raise ConfigurationError("DANCU_UPSTREAM2_BASE_URL is not set, though others of its kind are")
        return (first,)
    if second.road == first.road:
        second = second.model_copy(update={"road": f"{second.road[:38]}-2"})
    return first, second


def administration_url(settings: Settings) -> str:
    """Return the address for changing the schema and the registers: the owner's, not the gateway's."""
    url: SecretStr | None = settings.migration_database_url or settings.database_url
    if url is None:
        raise ConfigurationError("DANCU_MIGRATION_DATABASE_URL (or DANCU_DATABASE_URL) is not set")
    return url.get_secret_value()


def _check_address(variable: str, address: SecretStr | None) -> None:
    """Refuse what the libraries would stumble over later, each in words that may repeat the password."""
    if address is None:
        return
    wanted = f"{variable} is not written as postgresql://user:password@host:port/database"
    try:
        url = make_url(sqlalchemy_address(address.get_secret_value()))
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"{wanted} (with %40 for @ and %2F for / in a password)") from None
    if url.drivername != "postgresql+asyncpg":
        raise ConfigurationError(wanted)
    if not url.query.keys() <= _IN_AN_ADDRESS:
        raise ConfigurationError(
            f"{variable}: only host and port may follow its question mark; for TLS set PGSSLMODE"
        )


def _named_faults(error: ValidationError) -> str:
    models = (Settings, UpstreamSettings, SecondUpstreamSettings)
    prefix = {model.__name__: model.model_config["env_prefix"] for model in models}
    named = []
    for fault in error.errors(include_input=False, include_url=False):
        variable = (prefix[error.title] + "_".join(map(str, fault["loc"]))).upper()
        named.append(
            f"{variable}: {fault['msg']}" if fault["loc"] else fault["msg"].removeprefix("Value error, ")
        )
    return ", ".join(named)
