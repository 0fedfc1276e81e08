"""Changes that no test can notice, because nothing behaves differently; each with the reason.

A key is the module's path, then what the run prints after the line number.
"""

from typing import Final

EQUIVALENT: Final[dict[str, str]] = {
    "app/units/store.py: UnitRegister.find: "
    "self.units.get(unit_id) if unit_id is not None else None => self.units.get(unit_id)": (
        "no unit has the id None, so that the mapping gives None, too; the test is there for the type checker"
    ),
    "app/accounts/client_keys.py: _from_jwk: "
    "(KeyError, TypeError, ValueError, binascii.Error) => (KeyError, TypeError, ValueError)": (
        "binascii.Error is a ValueError; it is named for the reader"
    ),
}
