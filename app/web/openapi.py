"""What OpenAPI 3.1 says beyond FastAPI's own: bodies read by hand, and an example of every problem."""

from collections import defaultdict
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from app.errors import ProblemCode
from app.web.problem_kinds import KINDS
from app.web.problems import MEDIA_TYPE, problem_body

_JSON: Final = "application/json"
_REFERENCE: Final = "#/components/schemas/"
_EXAMPLE_ID: Final = "01981c5e-0000-7000-8000-000000000000"
_SCHEME: Final = "officer"
_METRICS: Final = "/metrics"
OPEN_PATHS: Final = (
    "/v1/auth/",
    "/v1/receipts/",
    "/v1/audit/checkpoint",
    "/v1/audit/tile/",
    "/v1/audit/proofs/",
    "/v1/audit/consistency",
)
_ANY_OPERATION: Final = (ProblemCode.INTERNAL_ERROR,)
_ANY_OFFICER: Final = (
    ProblemCode.TOKEN_MISSING,
    ProblemCode.TOKEN_INVALID,
    ProblemCode.TOKEN_EXPIRED,
    ProblemCode.OFFICER_SUSPENDED,
    ProblemCode.CLIENT_SUSPENDED,
    ProblemCode.CLIENT_EXPIRED,
    ProblemCode.CLIENT_CERTIFICATE_NEEDED,
    ProblemCode.CLIENT_ADDRESS_NOT_ALLOWED,
    ProblemCode.UNIT_INACTIVE,
    ProblemCode.CLIENT_UNIT_NOT_SERVED,
    ProblemCode.OFFICER_NEEDED,
    ProblemCode.AUDIT_UNAVAILABLE,
)
_ANY_JSON: Final = (
    ProblemCode.MALFORMED_REQUEST,
    ProblemCode.UNKNOWN_FIELD,
    ProblemCode.INVALID_VALUE,
    ProblemCode.REQUEST_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
)

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457 problem details",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "origin", "next_step"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": [code.value for code in ProblemCode]},
        "detail": {"type": "string", "description": "Vietnamese, or English on Accept-Language: en"},
        "origin": {"type": "string", "enum": ["caller", "gateway", "national"]},
        "next_step": {"type": "string", "description": "what to do, or who can help"},
        "paper": {"type": "object", "description": "whether the desk may ask for paper, why, and which"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "pointers, never values"},
        "why": {
            "type": "string",
            "enum": ["hung", "unreachable", "out_of_order", "busy", "planned_stop"],
            "description": "of upstream_unavailable, where the road says",
        },
        "lookup_id": {"type": "string", "format": "uuid"},
        "outcome": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


def problems(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for these problems, each with its example."""
    examples: dict[int | str, dict[str, Any]] = defaultdict(dict)
    for code in codes:
        body = problem_body(code, "vi", request_id=_EXAMPLE_ID)
        examples[KINDS[code].status.value][code.value] = {"value": body}
    return {
        status: {
            "description": ", ".join(named),
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE + "Problem"}, "examples": named}},
        }
        for status, named in examples.items()
    }


def body_of(model: type[BaseModel], media_type: str = _JSON) -> dict[str, Any]:
    """Return `openapi_extra` for a route that reads its body itself."""
    schema = {"$ref": _REFERENCE + model.__name__}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def describe(app: FastAPI, *models: type[BaseModel]) -> None:
    """Make `app.openapi()` know *models* and the problem schema."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            components = schema.setdefault("components", {}).setdefault("schemas", {})
            components["Problem"] = PROBLEM_SCHEMA
            for model in models:
                own = model.model_json_schema(ref_template=_REFERENCE + "{model}")
                components.update(own.pop("$defs", {}))
                components[model.__name__] = own
            for path, operations in schema.get("paths", {}).items():
                for operation in operations.values():
                    _complete(path, operation)
            schema["components"]["securitySchemes"] = {
                _SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            }
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Add what every operation of its sort may answer, so that no route has to repeat it."""
    codes: tuple[ProblemCode, ...] = _ANY_OPERATION
    if path == _METRICS or (path.startswith("/v1/") and not path.startswith(OPEN_PATHS)):
        operation["security"] = [{_SCHEME: []}]
        codes += _ANY_OFFICER
    if _JSON in operation.get("requestBody", {}).get("content", {}):
        codes += _ANY_JSON
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", ())):
        codes += (ProblemCode.UNKNOWN_FIELD,)
    for status, response in problems(*codes).items():
        present = operation["responses"].setdefault(str(status), {"description": "", "content": {}})
        content = present.setdefault("content", {}).setdefault(MEDIA_TYPE, response["content"][MEDIA_TYPE])
        content["examples"] = content.get("examples", {}) | response["content"][MEDIA_TYPE]["examples"]
        present["description"] = ", ".join(content["examples"])
