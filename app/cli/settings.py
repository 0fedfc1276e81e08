"""Settings as commands read them: a wrong variable is named, its value never shown."""

from pydantic import SecretStr, ValidationError

from app.errors import ConfigurationError
from app.settings import Settings, UpstreamSettings


def read_settings() -> tuple[Settings, UpstreamSettings]:
    """Return the settings of this environment; ConfigurationError names what is wrong."""
    try:
        return Settings(), UpstreamSettings()
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        named = ", ".join(f"{_variable(fault['loc'])}: {fault['msg']}" for fault in faults)
        raise ConfigurationError(f"settings: {named}") from None
    except OSError as error:
        raise ConfigurationError(
            f"a secret's file cannot be read: {error.strerror}: {error.filename}"
        ) from None


def administration_url(settings: Settings) -> str:
    """Return the address for changing the schema and the registers: the owner's, not the gateway's."""
    url: SecretStr | None = settings.migration_database_url or settings.database_url
    if url is None:
        raise ConfigurationError("DANCU_MIGRATION_DATABASE_URL (or DANCU_DATABASE_URL) is not set")
    return url.get_secret_value()


def _variable(location: tuple[int | str, ...]) -> str:
    return "_".join(("DANCU", *map(str, location))).upper()
