"""Settings from environment variables with the prefix DANCU_; secrets may stand in files (`…_FILE`)."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.web_addresses import checked_web_address

_AGENCY_CODE = re.compile(r"[A-Y][0-9]{2}|Z[0-9]{2}")


def _without_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _address_blocks(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        blocks = tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError(
            "addresses or blocks with commas are needed, such as 10.0.0.5, 10.1.0.0/24"
        ) from None
    if any(block.prefixlen == 0 for block in blocks):
        raise ValueError("a block of every address names nobody as a proxy")
    return blocks


_VOLUME = re.compile(r"(?!.*[0-9]{9})/[A-Za-z0-9._/-]{0,199}")


def _volumes(value: object) -> object:
    if not isinstance(value, str):
        return value
    paths = tuple(part.strip() for part in value.split(",") if part.strip())
    if not all(map(_VOLUME.fullmatch, paths)):
        raise ValueError("absolute paths of letters, digits and ._/- are needed, with commas between them")
    return paths


Volumes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_volumes)]
AddressBlocks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_address_blocks)]


def _comma_list(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip()) or None


CommaList = Annotated[tuple[str, ...] | None, NoDecode, BeforeValidator(_comma_list)]
WebAddress = Annotated[str, AfterValidator(checked_web_address)]
OptionalWebAddress = Annotated[
    str, AfterValidator(lambda text: checked_web_address(text) if text.strip() else "")
]
OptionalText = Annotated[str | None, BeforeValidator(_without_blank)]
OptionalFlag = Annotated[bool | None, BeforeValidator(_without_blank)]
BirthDateFormat = Annotated[Literal["yyyymmdd", "yyyy-mm-dd"] | None, BeforeValidator(_without_blank)]
TimestampUnit = Annotated[Literal["seconds", "milliseconds"] | None, BeforeValidator(_without_blank)]
OptionalPath = Annotated[Path | None, BeforeValidator(_without_blank)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_without_blank)]
SecretFile = Annotated[Path | None, BeforeValidator(_without_blank)]


def _read_secret(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        # "from None": the cause quotes the secret's bytes.
        raise ValueError(f"the file of {name} is not UTF-8 text") from None


class _SettingsWithSecretFiles(BaseSettings):
    """Settings where `x_file` names the file that holds the secret `x`."""

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, data: dict[str, object]) -> dict[str, object]:
        for key, path in list(data.items()):
            name = key.removesuffix("_file")
            if key != name and path and name in cls.model_fields and not data.get(name):
                data[name] = _read_secret(Path(str(path)), name)
        return data


class UpstreamSettings(_SettingsWithSecretFiles):
    """The road to the national side (`DANCU_UPSTREAM_…`)."""

    model_config = SettingsConfigDict(env_prefix="DANCU_UPSTREAM_", env_file=".env", extra="ignore")

    road: str = Field(
        default="",
        pattern=r"^([a-z][a-z0-9-]{0,39})?$",
        description="its name in records; the profile's kind",
    )
    profile: Literal[
        "lgsp-soap",
        "lgsp-soap-hau-giang",
        "lgsp-json",
        "lgsp-json-thanh-hoa",
        "vdxp-soap",
        "vdxp-soap-2021",
        "vdxp-soap-gtel",
    ] = "lgsp-soap"
    base_url: str = ""

    # In place of what the profile says (adapters/*/profiles.toml), where set.
    token_path: OptionalText = None
    find_path: OptionalText = None
    confirm_path: OptionalText = None
    household_path: OptionalText = None
    element_order: CommaList = None
    officer_code_in: CommaList = None
    names_without_accents: OptionalFlag = None
    birth_date_format: BirthDateFormat = None
    timestamp_unit: TimestampUnit = None
    signed_address: OptionalText = None
    success_codes: CommaList = None

    # What only some profiles send.
    agency_code: str = ""
    service_account: str = ""

    # lgsp-soap, and secret_key of vdxp-soap
    access_key: SecretStr = SecretStr("")
    access_key_file: SecretFile = None
    secret_key: SecretStr = SecretStr("")
    secret_key_file: SecretFile = None
    app_name: str = ""
    partner_code: str = ""
    partner_code_customer: str = ""
    key_name: SecretStr = SecretStr("")
    key_name_file: SecretFile = None
    key_password: SecretStr = SecretStr("")
    key_password_file: SecretFile = None

    # lgsp-json
    auth_header: SecretStr = SecretStr("")
    auth_header_file: SecretFile = None

    # vdxp-soap
    user: str = ""
    road_client: str = ""
    api_key: SecretStr = SecretStr("")
    api_key_file: SecretFile = None

    # The test person agreed with the national side, for `dancu check upstream`; never a real citizen.
    test_person_id_number: str = Field(default="", repr=False)
    test_person_full_name: str = Field(default="", repr=False)
    test_person_birth_date: str = Field(default="", repr=False)
    test_officer_code: str = ""
    test_service_code: str = ""

    ca_bundle: OptionalPath = None
    client_certificate: OptionalPath = None
    client_key: OptionalPath = None
    connect_seconds: float = Field(default=3.0, gt=0, le=60)
    pool_seconds: float = Field(default=1.0, gt=0, le=60)
    write_seconds: float = Field(default=5.0, gt=0, le=120)
    read_seconds: float = Field(default=30.0, gt=0, le=120)
    token_seconds: float = Field(default=5.0, gt=0, le=60)
    max_connections: int = Field(default=64, ge=1, le=10_000)
    max_waiting: int = Field(default=16, ge=0, le=10_000)
    max_answer_bytes: int = Field(default=1024 * 1024, ge=1024, le=1024 * 1024)
    breaker_failures: int = Field(default=5, ge=1, le=1000)
    breaker_silence_seconds: float = Field(default=1.5, ge=0.1, le=60)
    breaker_open_seconds: float = Field(default=2.0, gt=0, le=3600)
    breaker_longest_seconds: float = Field(default=60.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _name(self) -> Self:
        if not self.road:
            self.road = "-".join(self.profile.split("-")[:2])
        return self

    @property
    def prefix(self) -> str:
        """What the names of these variables begin with."""
        return str(self.model_config["env_prefix"])


class SecondUpstreamSettings(UpstreamSettings):
    """Another road, asked where the first is not (`DANCU_UPSTREAM2_…`); set up where it has a base URL."""

    model_config = SettingsConfigDict(env_prefix="DANCU_UPSTREAM2_")


class Settings(_SettingsWithSecretFiles):
    """Everything an operator may set; read once, in `app.main` and `app.cli`."""

    model_config = SettingsConfigDict(env_prefix="DANCU_", env_file=".env", extra="ignore")

    authority_code: str = Field(
        default="",
        description="level-1 electronic identification code of the province or ministry, such as H19",
    )
    public_url: WebAddress = Field(
        default="http://127.0.0.1:8080", description="where clients reach the gateway; token issuer"
    )
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    proxy_addresses: AddressBlocks = Field(
        default=(), description="proxies whose word on addresses and certificates is believed"
    )
    client_certificate_header: str = Field(default="X-SSL-Client-Cert", pattern=r"^[A-Za-z0-9-]+$")

    upstreams: Annotated[tuple[UpstreamSettings, ...], NoDecode] = Field(
        default=(),
        description="the roads in order of preference; made of DANCU_UPSTREAM_… and DANCU_UPSTREAM2_…",
    )
    planned_stops_file: OptionalPath = Field(
        default=None, description="TOML: when which roads are not asked, and what officers are told"
    )

    database_url: OptionalSecret = None
    database_url_file: SecretFile = None
    migration_database_url: OptionalSecret = None
    migration_database_url_file: SecretFile = None
    audit_database_url: OptionalSecret = None
    audit_database_url_file: SecretFile = None

    sequencing_database_url: OptionalSecret = None
    sequencing_database_url_file: SecretFile = None
    maintenance_database_url: OptionalSecret = None
    maintenance_database_url_file: SecretFile = None
    reporting_database_url: OptionalSecret = None
    reporting_database_url_file: SecretFile = None
    retention_months: int = Field(
        default=60, ge=12, le=1200, description="how long the evidence is kept before it may be dropped"
    )
    log_signer_url: str = Field(default="", description="where the worker reaches dancu signer")
    log_signer_ca_file: OptionalPath = None
    log_signer_certificate_file: OptionalPath = None
    log_signer_certificate_key_file: OptionalPath = None
    log_signer_folder: OptionalPath = Field(
        default=None, description="the log key and what it signed last; only where the signer runs"
    )
    signer_listen: str = Field(default="unix:/run/dancu/signer.sock", description="unix:… or https://…")
    signer_key: OptionalSecret = Field(
        default=None, description="32 random bytes, base64; wraps the log key, only where the signer runs"
    )
    signer_key_file: SecretFile = None
    signer_certificate_file: OptionalPath = None
    signer_certificate_key_file: OptionalPath = None
    signer_client_ca_file: OptionalPath = None
    checkpoint_every_seconds: float = Field(
        default=5.0, gt=0, le=60, description="so that a proof is there ten seconds after its record"
    )
    witness_policy_file: OptionalPath = Field(
        default=None, description="C2SP tlog-policy: the witnesses, and how many of them it takes"
    )
    anchor_warn_minutes: float = Field(default=15.0, gt=0, le=100_000)
    anchor_stop_minutes: float = Field(
        default=240.0, ge=0, le=100_000, description="lookups stop after so long without anchoring; 0: never"
    )

    headroom_paths: Volumes = Field(
        default=(), description="where the database writes, data and WAL; only on the machine it runs on"
    )

    root_key: OptionalSecret = Field(
        default=None, description="32 random bytes, base64; wraps what serving must recover"
    )
    root_key_file: SecretFile = None
    other_root_key: OptionalSecret = Field(
        default=None, description="a second root key that also opens what serving must recover: in a rotation"
    )
    other_root_key_file: SecretFile = None
    audit_root_key: OptionalSecret = Field(
        default=None, description="32 random bytes, base64; only where audits are read"
    )
    audit_root_key_file: SecretFile = None
    other_audit_root_key: OptionalSecret = Field(
        default=None, description="a second auditing root key that also opens month keys: in a rotation"
    )
    other_audit_root_key_file: SecretFile = None

    token_minutes: int = Field(default=10, ge=1, le=60)
    password_profile: Literal["dongnai-2023", "tcvn-14423-level-3"] = "dongnai-2023"  # noqa: S105 - a profile's name
    session_idle_minutes: int = Field(default=15, ge=1, le=60)
    administrator_idle_minutes: int = Field(default=5, ge=1, le=60)
    session_hours: int = Field(default=12, ge=1, le=24)
    password_hash_workers: int = Field(default=2, ge=1, le=16)
    password_hash_queue: int = Field(default=64, ge=1)
    sign_ins_per_second: float = Field(default=5.0, gt=0, le=10_000)
    lapse_days: int = Field(default=45, ge=1, le=366)
    lifecycle_every_seconds: float = Field(default=3600.0, ge=1, le=86_400)
    review_days: int = Field(default=30, ge=1, le=180)
    activation_code_days: int = Field(default=7, ge=1, le=30)
    activation_url: OptionalWebAddress = Field(
        default="", description="the page officers open with their slip; public_url where empty"
    )
    lookup_budget_seconds: float = Field(default=10.0, gt=0, le=120)
    audit_wait_seconds: float = Field(default=5.0, gt=0, le=60)
    audit_standbys: int = Field(
        default=0, ge=0, le=16, description="synchronous standbys every record must reach; 0: one server"
    )
    reconcile_margin_seconds: float = Field(default=20.0, ge=0)
    reconcile_every_seconds: float = Field(default=60.0, gt=0)
    directory_max_age_seconds: float = Field(default=10.0, gt=0)
    lookups_per_officer_per_minute: int = Field(default=60, ge=1)
    lookups_per_officer_per_hour: int = Field(default=300, ge=0)
    lookups_per_officer_per_day: int = Field(default=1_500, ge=0)
    citizens_per_officer_per_day: int = Field(default=400, ge=0)
    lookups_per_unit_per_hour: int = Field(default=4_000, ge=0)
    lookups_per_unit_per_day: int = Field(default=20_000, ge=0)
    lookups_per_client_per_hour: int = Field(default=200_000, ge=0)
    lookups_per_client_per_day: int = Field(default=1_000_000, ge=0)
    national_calls_at_once: int = Field(default=64, ge=0)
    national_wait_seconds: float = Field(default=3.0, gt=0, le=60)
    overload_milliseconds: float = Field(
        default=50.0, ge=0, le=10_000, description="a process so late turns lookups away; 0: never"
    )
    verifications_per_citizen_per_day: int = Field(
        default=5, ge=1, le=100, description="of one citizen by one officer, against guessing"
    )
    paper_needs_second_entry: bool = Field(
        default=True,
        description="not_found and mismatch open the paper path only after a second entry (retry_of)",
    )
    subject_report_answer_working_days: int = Field(
        default=2,
        ge=1,
        le=30,
        description="working days until a citizen is told that their request is in hand",
    )
    subject_report_days: int = Field(
        default=10, ge=1, le=60, description="days until they have the report (R88)"
    )
    subject_report_extension_days: int = Field(default=15, ge=1, le=60)
    subject_report_numbers: int = Field(default=3, ge=1, le=10)
    subject_reports_per_officer_per_day: int = Field(default=20, ge=1, le=1000)
    subject_report_second_person: bool = Field(
        default=True, description="who registered a request does not make its report"
    )
    subject_report_officers: Literal["hidden", "name"] = "hidden"
    subject_report_audits: Literal["day", "case"] = "day"
    days_off: str = Field(
        default="",
        max_length=4000,
        description="beyond public holidays; +day for a weekend day that is worked",
    )
    audit_searches_per_auditor_per_hour: int = Field(
        default=120, ge=1, le=10_000, description="each page is a search"
    )
    audit_exports_per_auditor_per_day: int = Field(default=20, ge=1, le=1_000)
    audit_unmaskings_per_auditor_per_day: int = Field(default=10, ge=1, le=1_000)
    audit_unmasking_readings: int = Field(
        default=3, ge=1, le=20, description="how often one approved unmasking may be read"
    )
    audit_unmasking_hours: int = Field(default=8, ge=1, le=72)
    audit_alert_searches: int = Field(
        default=20, ge=1, le=10_000, description="searches of one auditor by one officer that raise an alert"
    )
    audit_alert_days: int = Field(default=30, ge=1, le=366)
    max_body_bytes: int = Field(default=64 * 1024, ge=1024)
    compatible_face: bool = Field(
        default=False, description="also answer software that calls like LGSP or VDXP (docs/compat.md)"
    )
    lookup_key_days: int = Field(
        default=90, ge=1, le=366, description="how long an officer's lookup-only key lasts at most"
    )
    dossier_shape: str = Field(
        default="{agency}-{yymmdd}-{number:4-6}",
        max_length=400,
        description="how dossier codes are written, in named parts; several shapes with blanks between them",
    )

    @model_validator(mode="after")
    def _check_margin(self) -> Self:
        if self.authority_code and not _AGENCY_CODE.fullmatch(self.authority_code):
            raise ValueError("DANCU_AUTHORITY_CODE must be a level-1 code such as H19")
        if self.reconcile_margin_seconds < self.audit_wait_seconds:
            # Otherwise the reconciler could close an intent whose outcome is still being written.
            raise ValueError(
                "DANCU_RECONCILE_MARGIN_SECONDS must not be shorter than DANCU_AUDIT_WAIT_SECONDS"
            )
        return self
