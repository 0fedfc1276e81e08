"""The command `mock-c06`: run the stand-in, or show the citizen a number maps to."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette

from mock_c06.app import PROFILES, create_app
from mock_c06.census import DEFAULT_SIZE
from mock_c06.citizen import Citizen
from mock_c06.config import COMPACT, DIALECTS, HYPHENATED, LgspCredentials, MockConfig, VdxpCredentials
from mock_c06.permissions import Permissions
from mock_c06.population import DEFAULT_SEED, citizen_for
from mock_c06.register import name_key
from mock_c06.sequences import SEQUENCES
from mock_c06.serving import Server
from mock_c06.tls import ChangingContext, TlsFiles
from mock_c06.troubles import Troubles

DEFAULT_PORT = 8037


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and do what it says."""
    options = read_options(arguments)
    try:
        if options.show:
            sys.stdout.write(describe(citizen_for(options.show, options.seed)))
            return
        app = create_app(config_from(options))
    except (ValueError, TypeError, OSError) as error:
        # Only our own texts are repeated: others could quote what was typed.
        sys.exit(f"mock-c06: {error if options.show else 'an option or its file cannot be read'}")
    serve(app, options)


def serve(app: Starlette, options: argparse.Namespace) -> None:
    """Serve until interrupted."""
    host, tls = options.host, None
    sys.stdout.write(f"mock-c06 ({options.profile}, invented people only) at http://{host}:{options.port}\n")
    if options.tls_port is not None:
        try:
            files = TlsFiles(options.tls_folder, host)
        except (OSError, ValueError):
            sys.exit("mock-c06: --tls-folder cannot be written, or its authority.key is none")
        tls = options.tls_port, ChangingContext.of(files, app.state.trouble.manner)
        told = f"https://{host}:{options.tls_port}, trust {options.tls_folder / 'authority.pem'}"
        sys.stdout.write(f"mock-c06 under TLS at {told}\n")
    sys.stdout.flush()
    Server(app, host, options.port, tls).run()


def config_from(options: argparse.Namespace) -> MockConfig:
    """Return the configuration the options ask for."""
    return MockConfig(
        profile=options.profile,
        seed=options.seed,
        is_strict=options.strict,
        sequences=tuple(options.sequence or SEQUENCES),
        credentials=LgspCredentials(**(_json_file(options.credentials) or {})),
        officer_keys=_json_file(options.officer_keys),
        dialects={form: frozenset({options.dates}) for form in DIALECTS} if options.dates else {},
        json_auth=options.json_auth,
        vdxp=VdxpCredentials(**(_json_file(options.vdxp) or {})),
        token_seconds=options.token_seconds,
        slow_seconds=options.slow_seconds,
        troubles=Troubles.model_validate_json(options.troubles),
        permissions=_permissions(options.permissions),
        population=options.population,
        access_log=options.access_log,
        logs_persons=options.access_log_persons,
    )


def describe(citizen: Citizen) -> str:
    """Return, for a tester, what to ask about this citizen and whom the answer names."""
    lines = {
        "SoDinhDanh": citizen.citizen_id,
        "SoCMND": citizen.old_id_number or "(none)",
        "HoVaTen": citizen.full_name,
        "HoVaTen as sent": name_key(citizen.full_name),
        "NgayThangNamSinh": str(citizen.birth_date),
        "GioiTinh": citizen.sex.value,
        "ThuongTru": citizen.permanent_residence.address_line,
        "ChuHo": citizen.household_head.full_name if citizen.household_head else "(none)",
    }
    return "".join(f"{label + ':':18}{value}\n" for label, value in lines.items())


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a command line; None stands for the process's own."""
    parser = argparse.ArgumentParser(prog="mock-c06", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=DEFAULT_PORT)
    add("--profile", choices=sorted(PROFILES), default="lgsp-soap", help="which is at the root too")
    add("--seed", default=DEFAULT_SEED, help="another seed gives other people")
    add("--troubles", default="{}", help='JSON: {"latency_ms", "error_rate", "down", "hang", …}')
    add("--strict", action="store_true", default=True, help="check the order of elements (default)")
    add("--lenient", dest="strict", action="store_false", help="accept any order, ignore unknown elements")
    add("--sequence", action="append", choices=sorted(SEQUENCES), help="an order strict mode knows (all)")
    add("--dates", choices=(COMPACT, HYPHENATED), help="the only notation of days strict mode knows")
    add("--access-log", type=Path, help="JSON lines of what was asked, without personal numbers")
    add("--access-log-persons", action="store_true", help="put the number asked into the access log")
    add("--credentials", type=Path, help="JSON file: access_key, secret_key, app_name, partner_code, …")
    add("--officer-keys", type=Path, help="JSON file: keyName -> keyPass of the officers (any)")
    add("--json-auth", default=MockConfig().json_auth, help="the header Auth of the JSON profile")
    add("--vdxp", type=Path, help="JSON file: user, secret_key, signed_address, road_client, api_key")
    add("--token-seconds", type=float, default=3600.0)
    add("--permissions", type=Path, help="JSON file: who may ask what, and how often a day")
    add("--population", type=int, default=DEFAULT_SIZE, help="how many people /mock/citizens names")
    add("--tls-port", type=int, help="serve under TLS, too, on this port")
    add("--tls-folder", type=Path, default=Path("mock-c06-tls"), help="where its certificates stand")
    add("--slow-seconds", type=float, default=15.0, help="how long the slow personas take")
    add("--show", metavar="NUMBER", help="print the citizen a number maps to, and stop")
    return parser.parse_args(arguments)


def _permissions(path: Path | None) -> Permissions:
    return Permissions() if path is None else Permissions.model_validate_json(path.read_bytes())


def _json_file(path: Path | None) -> dict[str, str] | None:
    """Return the JSON object of strings in a file; nothing without a file."""
    if path is None:
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise TypeError("the file must hold a JSON object of strings")
    return content


if __name__ == "__main__":
    main()
