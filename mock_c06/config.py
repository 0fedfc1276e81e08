"""How one stand-in is set up; the defaults suit a laptop and the samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mock_c06.census import DEFAULT_SIZE
from mock_c06.latency import USUAL, Latency
from mock_c06.permissions import Permissions
from mock_c06.population import DEFAULT_SEED
from mock_c06.sequences import SEQUENCES
from mock_c06.troubles import Troubles


@dataclass(frozen=True, slots=True)
class LgspCredentials:
    """What a partner proves itself with to the LGSP; the defaults are invented."""

    access_key: str = "AK-TEST"
    secret_key: str = field(default="SK-TEST", repr=False)
    app_name: str = "mcdt-test"
    partner_code: str = "000.00.00.H00"
    partner_code_cus: str = "000.00.00.H00"


@dataclass(frozen=True, slots=True)
class VdxpCredentials:
    """What a partner signs with on the national exchange platform; the defaults are invented.

    `signed_address` is what the hash covers, beside the address asked and its path, which always will
    do. X-Road-Client and ApiKey are wanted only where they are set.
    """

    user: str = "TEST_USER"
    secret_key: str = field(default="test-secret", repr=False)
    signed_address: str = ""
    road_client: str = ""
    api_key: str = field(default="", repr=False)


COMPACT, HYPHENATED = "yyyymmdd", "yyyy-mm-dd"
# What each way of asking takes for a day in strict mode: the dialects its clients have been seen to send.
DIALECTS: Mapping[str, frozenset[str]] = {
    "lgsp-soap": frozenset({COMPACT, HYPHENATED}),
    "lgsp-json": frozenset({HYPHENATED}),
    "thanh-hoa": frozenset({COMPACT}),
    "vdxp-soap": frozenset({COMPACT}),
}


@dataclass(frozen=True, slots=True)
class MockConfig:
    """Everything that can be chosen about the stand-in."""

    # All profiles are served, each under its name; this one at the root too.
    profile: str = "lgsp-soap"
    seed: str = DEFAULT_SEED
    is_strict: bool = True
    # Which element orders strict mode knows: keys of mock_c06.sequences.SEQUENCES.
    sequences: tuple[str, ...] = tuple(SEQUENCES)
    # In strict mode; what is not named here stays as in DIALECTS.
    dialects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    credentials: LgspCredentials = LgspCredentials()
    # The value of the header Auth that gets a token of the JSON profile.
    json_auth: str = field(default="AUTH-TEST", repr=False)
    vdxp: VdxpCredentials = VdxpCredentials()
    # How far Timestamp may be from this side's clock; nobody knows what the real one allows.
    skew_seconds: float = 300.0
    # keyName -> keyPass of the officers that AuthHash may carry; None accepts any well-formed one.
    officer_keys: Mapping[str, str] | None = field(default=None, repr=False)
    token_seconds: float = 3600.0
    # How long the slow personas take.
    slow_seconds: float = 15.0
    # How long the uneven persona takes.
    uneven: Latency = USUAL
    troubles: Troubles = field(default_factory=Troubles)
    permissions: Permissions = field(default_factory=Permissions)
    # How many people /mock/citizens names; every other number is somebody, too.
    population: int = DEFAULT_SIZE
    access_log: Path | None = None
    logs_persons: bool = False

    def dialects_of(self, form: str) -> frozenset[str]:
        """Return the notations of a day that this way of asking takes."""
        if not self.is_strict:
            return frozenset({COMPACT, HYPHENATED})
        return self.dialects.get(form, DIALECTS[form])
