"""Changes that no test can notice, because nothing behaves differently; each with the reason.

A key is the module's path, then what the run prints after the line number.
"""

from typing import Final

_CACHE: Final = "how much is remembered is memory, no rule: what is not remembered is verified anew"
_SHORTER_WAY: Final = "a remembered token takes a shorter way to what is found out in full below"
_SMALL_LETTERS: Final = (
    "what is judged has small letters only: these capitals match nothing, and part no two neighbours"
)
_ONE_LETTER: Final = (
    "only one letter over and over matches just there; three and more match elsewhere, too, two are too short"
)
_DEFAULT: Final = (
    "that is what the library does by itself; it is said here, so that no new version decides it"
)

EQUIVALENT: Final[dict[str, str]] = {
    "app/units/store.py: UnitRegister.find: "
    "self.units.get(unit_id) if unit_id is not None else None => self.units.get(unit_id)": (
        "no unit has the id None, so that the mapping gives None, too; the test is there for the type checker"
    ),
    "app/accounts/tokens.py: _MAX_REMEMBERED: 20000 => 20001": _CACHE,
    "app/accounts/tokens.py: _MAX_REMEMBERED: 20000 => 19999": _CACHE,
    "app/accounts/tokens.py: TokenMint._signed: "
    "(JOSEError, ValueError, TypeError, OverflowError) => (JOSEError, TypeError, OverflowError)": (
        "jose makes an error of its own of every ValueError here; it is named for the one that jose forgets"
    ),
    "app/accounts/tokens.py: TokenMint.read: "
    "if verified is not None and verified.counts_from <= now < ve … ntil: return verified.claims => "
    "if False: return verified.claims": _SHORTER_WAY,
    "app/accounts/tokens.py: TokenMint.read: "
    "verified.counts_from <= now < verified.counts_until => "
    "verified.counts_from < now < verified.counts_until": _SHORTER_WAY,
    "app/accounts/tokens.py: TokenMint._verified: "
    "key.signs_from - CLOCK_SLACK => key.signs_from + CLOCK_SLACK": _SHORTER_WAY,
    "app/accounts/assertions.py: _instant: "
    "(OverflowError, ValueError, OSError) => (OverflowError, ValueError)": (
        "the documentation of fromtimestamp names OSError; no whole number raises it where this runs"
    ),
    "app/accounts/assertions.py: AssertionRefusedError.__init__: super().__init__(fault.value) => pass": (
        "an exception keeps by itself what it is made with, and a fault's text is its value"
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
    "app/accounts/password_policy.py: _ROWS: "
    "'abcdefghijklmnopqrstuvwxyz' => 'XXabcdefghijklmnopqrstuvwxyz'": _SMALL_LETTERS,
    "app/accounts/password_policy.py: _ROWS: 'qwertyuiop' => 'XXqwertyuiop'": _SMALL_LETTERS,
    "app/accounts/password_policy.py: _ROWS: 'asdfghjkl' => 'XXasdfghjkl'": _SMALL_LETTERS,
    "app/accounts/password_policy.py: _ROWS: 'zxcvbnm' => 'XXzxcvbnm'": _SMALL_LETTERS,
    "app/accounts/password_policy.py: _ROWS: "
    "'qazwsxedcrfvtgbyhnujmikolp' => 'XXqazwsxedcrfvtgbyhnujmikolp'": _SMALL_LETTERS,
    "app/accounts/password_policy.py: _RUNS: ' ' => 'XX '": _SMALL_LETTERS,
    "app/accounts/password_policy.py: _READ_AS_LETTERS: 'il' => 'XXil'": (
        "it adds a reading with a capital X for 1: no word or row has one, and it repeats only where i does"
    ),
    "app/accounts/password_policy.py: _is_too_common: 0 => -1 (2)": (
        "from -1 the last character is read alone: too short for a word, a row or a repetition"
    ),
    "app/accounts/password_policy.py: _repeats: 1 => 2": _ONE_LETTER,
    "app/accounts/password_policy.py: _repeats: 1 => 2 (2)": _ONE_LETTER,
    "app/accounts/second_factor.py: matching_step: "
    "pyotp.HOTP(secret, digits=CODE_DIGITS) => pyotp.HOTP(secret)": _DEFAULT,
    "app/accounts/second_factor.py: provisioning_uri: "
    "pyotp.TOTP(secret, digits=CODE_DIGITS, interval=STEP_SECONDS) => "
    "pyotp.TOTP(secret, interval=STEP_SECONDS)": _DEFAULT,
    "app/accounts/second_factor.py: provisioning_uri: "
    "pyotp.TOTP(secret, digits=CODE_DIGITS, interval=STEP_SECONDS) => "
    "pyotp.TOTP(secret, digits=CODE_DIGITS)": _DEFAULT,
    "app/accounts/second_factor.py: qr_svg: "
    "segno.make_qr(uri, error='m').svg_inline(scale=4, border=4, dark='#000', light='#fff') => "
    "segno.make_qr(uri, error='m').svg_inline(scale=4, dark='#000', light='#fff')": _DEFAULT,
    "app/accounts/second_factor.py: qr_svg: "
    "segno.make_qr(uri, error='m').svg_inline(scale=4, border=4, dark='#000', light='#fff') => "
    "segno.make_qr(uri, error='m').svg_inline(scale=4, border=4, light='#fff')": _DEFAULT,
}
