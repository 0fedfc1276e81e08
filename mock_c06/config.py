"""How one stand-in is set up; the defaults suit a laptop and the samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
class MockConfig:
    """Everything that can be chosen about the stand-in."""

    profile: str = "lgsp-soap"
    seed: str = DEFAULT_SEED
    is_strict: bool = True
    # Which element orders strict mode knows: keys of mock_c06.sequences.SEQUENCES.
    sequences: tuple[str, ...] = tuple(SEQUENCES)
    credentials: LgspCredentials = LgspCredentials()
    # keyName -> keyPass of the officers that AuthHash may carry; None accepts any well-formed one.
    officer_keys: Mapping[str, str] | None = field(default=None, repr=False)
    token_seconds: float = 3600.0
    # How long the slow personas take.
    slow_seconds: float = 15.0
    troubles: Troubles = field(default_factory=Troubles)
    access_log: Path | None = None
    logs_persons: bool = False
