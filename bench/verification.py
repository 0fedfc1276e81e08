"""What the contestant "verification" asks: yes or no on two addresses, of another citizen each time."""

import json
from typing import Any, Final

import httpx

from app.audit.record import Outcome
from app.lookup.verification_routes import VERIFICATION_PATH
from bench import desk
from bench.failure import BenchError

PATH: Final = VERIFICATION_PATH
EVERY_ANSWER_HOLDS: Final = '"claims":[{"kind":"permanent_residence","verdict":"true"'
_ANOTHER_EACH_TIME: Final = "099190######"
_ADDRESS: Final = "Số 5 đường Thử, xã Mẫu, huyện Mẫu, tỉnh Mẫu"
_CLAIMS: Final = (
    {"kind": "permanent_residence", "address": {"line": _ADDRESS, "commune_code": "99111"}},
    {"kind": "current_residence", "address": {"line": _ADDRESS, "commune_code": "99222"}},
)


def question() -> bytes:
    """Return the body of a verification whose claims are true.

    An officer may verify claims about one citizen a few times a day only, and asks about many.
    """
    asked = desk.question_about(_ANOTHER_EACH_TIME) | {"claims": _CLAIMS}
    return json.dumps(asked, ensure_ascii=False).encode()


def check(answer: httpx.Response) -> None:
    """Raise BenchError unless the answer says yes to every claim and nothing of the citizen."""
    body: dict[str, Any] = answer.json() if answer.is_success else {}
    verdicts = [claim["verdict"] for claim in body.get("claims", ())]
    is_right = body.get("outcome") == Outcome.FOUND and verdicts == ["true"] * len(_CLAIMS)
    if not is_right or "citizen" in body or "TRẦN VĂN THỬ" in answer.text.upper():
        raise BenchError(f"a verification was answered with HTTP {answer.status_code} and not with yes alone")
