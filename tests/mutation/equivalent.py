"""Changes that no test can notice, because nothing behaves differently; each with the reason.

A key is the module's path, then what the run prints after the line number.
"""

from typing import Final

_CACHE: Final = "how much is remembered is memory, no rule: what is not remembered is verified anew"

EQUIVALENT: Final[dict[str, str]] = {
    "app/units/store.py: UnitRegister.find: "
    "self.units.get(unit_id) if unit_id is not None else None => self.units.get(unit_id)": (
        "no unit has the id None, so that the mapping gives None, too; the test is there for the type checker"
    ),
    "app/accounts/tokens.py: _MAX_REMEMBERED: 20000 => 20001": _CACHE,
    "app/accounts/tokens.py: _MAX_REMEMBERED: 20000 => 19999": _CACHE,
    "app/accounts/assertions.py: _instant: "
    "(OverflowError, ValueError, OSError) => (OverflowError, ValueError)": (
        "the documentation of fromtimestamp names OSError; no whole number raises it where this runs"
    ),
    "app/accounts/assertions.py: _audience: 0 => -1": "the list has one member: the first is the last",
    "app/accounts/assertions.py: _decoded: b'' => b'XX'": (
        "a segment that does not decode is how no bytes are written, so that the comparison fails anyway"
    ),
    "app/accounts/authentication.py: bearer_token: '' => 'XX'": "neither is the scheme Bearer",
    "app/web/proxies.py: TrustedProxies._certificate: 0 => -1": (
        "there is one header: the first is the last"
    ),
    "app/web/proxies.py: CERTIFICATE_STATE: 'client_certificate' => 'XXclient_certificate'": (
        "whoever reads it there names it by this constant"
    ),
    "app/accounts/client_keys.py: _from_jwk: "
    "(KeyError, TypeError, ValueError, binascii.Error) => (KeyError, TypeError, ValueError)": (
        "binascii.Error is a ValueError; it is named for the reader"
    ),
}
