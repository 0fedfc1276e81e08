"""Answers what was raised on the way to an answer, by us or by the frameworks, as problems."""

from http import HTTPStatus

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.errors import GatewayError, InvalidRequestError, ProblemCode
from app.web.context import respond


async def on_gateway_error(request: Request, error: Exception) -> Response:
    """Answer what we refuse ourselves."""
    if not isinstance(error, GatewayError):
        raise error
    return respond(request, error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what Starlette itself refuses: unknown routes and methods."""
    refused = error if isinstance(error, HTTPException) else HTTPException(HTTPStatus.NOT_FOUND)
    is_method = refused.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    code = ProblemCode.METHOD_NOT_ALLOWED if is_method else ProblemCode.ROUTE_UNKNOWN
    response = respond(request, GatewayError(code))
    response.headers.update(refused.headers or {})  # Allow (RFC 9110 section 15.5.6)
    return response


async def on_validation_error(request: Request, error: Exception) -> Response:
    """Answer what FastAPI itself refuses; its own answer would repeat what was sent."""
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    # A fault is where one of our own names stands: the query's, the path's.
    fields = tuple(sorted({f"/{fault['loc'][1]}" for fault in faults if len(fault["loc"]) > 1}))
    return respond(request, InvalidRequestError(ProblemCode.INVALID_VALUE, fields=fields))
