"""Puts the road over the national exchange platform together: SOAP under a signature, no token."""

from pathlib import Path

from adapters.calls import PlainCalls
from adapters.profile import Profile
from adapters.road import Road, Wiring
from adapters.soap.language import SoapLanguage
from adapters.source import NationalSource
from adapters.vdxp_soap.signature import Signature


def _build(wiring: Wiring) -> NationalSource:
    signature = Signature(wiring.settings, wiring.profile, wiring.clock)
    calls = PlainCalls(wiring.connection, signature.headers)
    return NationalSource(wiring.settings.road, wiring.profile, SoapLanguage(wiring.profile), calls)


def _required(_: Profile) -> tuple[str, ...]:
    # X-Road-Client and ApiKey are for platforms behind an X-Road server only.
    return ("user", "secret_key")


VDXP_SOAP = Road("vdxp-soap", Path(__file__).with_name("profiles.toml"), _required, _build)
