"""What a gateway makes of its settings before anything starts: secrets, dossier shapes, witnesses."""

from dataclasses import dataclass, replace

from pydantic import SecretStr

from app.audit.sealing import RootKey
from app.audit.tree.policy import PolicyError, TrustPolicy, read_policy
from app.errors import ConfigurationError
from app.lookup.dossier_shape import DossierShape, ShapeError, dossier_shapes
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a serving process must be given; `auditing_*` only where audits are read."""

    database_url: str
    root: RootKey
    auditing_url: str | None
    auditing_root: RootKey | None


def read_secrets(settings: Settings) -> Secrets:
    """Return the secrets of *settings*; ConfigurationError names the variable that is missing or wrong."""
    if not settings.authority_code:
        raise ConfigurationError("DANCU_AUTHORITY_CODE is not set: the province's code, such as H19")
    database_url, root = _needed(settings.database_url, "DANCU_DATABASE_URL"), serving_root_of(settings)
    if root is None:
        raise ConfigurationError("DANCU_ROOT_KEY (or DANCU_ROOT_KEY_FILE) is not set")
    return Secrets(
        database_url=database_url,
        root=root,
        auditing_url=settings.audit_database_url.get_secret_value() if settings.audit_database_url else None,
        auditing_root=auditing_root_of(settings),
    )


def serving_root_of(settings: Settings) -> RootKey | None:
    """Return the serving root key, which opens with the other one, too, where one is set; None without."""
    return _root_of(settings.root_key, settings.other_root_key, "ROOT_KEY")


def auditing_root_of(settings: Settings) -> RootKey | None:
    """Return the auditing root key likewise."""
    return _root_of(settings.audit_root_key, settings.other_audit_root_key, "AUDIT_ROOT_KEY")


def _root_of(secret: SecretStr | None, other: SecretStr | None, name: str) -> RootKey | None:
    if secret is None:
        return None
    root = root_key(secret.get_secret_value(), f"DANCU_{name}")
    if other is None:
        return root
    further = root_key(other.get_secret_value(), f"DANCU_OTHER_{name}")
    return replace(root, others=(further.secret,))


def read_dossier_shapes(settings: Settings) -> tuple[DossierShape, ...]:
    """Return how this province writes dossier codes; ConfigurationError says what is wrong with it."""
    try:
        return dossier_shapes(settings.dossier_shape)
    except ShapeError as error:
        raise ConfigurationError(f"DANCU_DOSSIER_SHAPE: {error}") from None


def read_witness_policy(settings: Settings) -> TrustPolicy | None:
    """Return who witnesses the log, if anybody; ConfigurationError says what is wrong with the policy."""
    path = settings.witness_policy_file
    if path is None:
        return None
    try:
        return read_policy(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"DANCU_WITNESS_POLICY_FILE: {error.strerror}: {path}") from None
    except PolicyError as error:
        raise ConfigurationError(f"DANCU_WITNESS_POLICY_FILE: {error}") from None


def root_key(text: str, variable: str) -> RootKey:
    """Read a root key; ConfigurationError names *variable*, never its content."""
    try:
        return RootKey.from_text(text)
    except ValueError:
        raise ConfigurationError(f"{variable} must be 32 random bytes in base64") from None


def _needed(secret: SecretStr | None, variable: str) -> str:
    if secret is None:
        raise ConfigurationError(f"{variable} (or {variable}_FILE) is not set")
    return secret.get_secret_value()
