"""One envelope for everything that goes wrong: `{"error": {"code", "message", "hint"}}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from querist.core.checks import short
from querist.core.errors import (
    BudgetSpent,
    Busy,
    Conflict,
    Forbidden,
    InvalidInput,
    MissingExtra,
    NotFound,
    NotSignedIn,
    OneClassOnly,
    PoolExhausted,
    QueristError,
    RowsRejected,
    TooMany,
)

ROWS_SHOWN = 200  # of rejected rows: enough to mend a file by, and no answer of many megabytes
PROBLEMS_SHOWN = 3

# The nearest class on the way up the tree counts.
STATUSES: dict[type[QueristError], int] = {
    OneClassOnly: 409,
    InvalidInput: 422,
    NotFound: 404,
    Conflict: 409,
    Busy: 503,
    NotSignedIn: 401,
    Forbidden: 403,
    TooMany: 429,
    BudgetSpent: 409,
    PoolExhausted: 409,
    MissingExtra: 503,
    QueristError: 503,
}
CODES = {
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "invalid_input",
    421: "wrong_host",
    422: "invalid_input",
    429: "too_many",
    500: "internal",
    503: "busy",
}
HINTS = {
    404: "Check the address.",
    405: "Check the method.",
}


RULES = {
    "missing": "must be given",
    "extra_forbidden": "must be a field that the description names",
    "json_invalid": "must be JSON that can be read",
}


class Refused(HTTPException):
    """A request that is refused at the door, with the words of the envelope."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        hint: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.code = code
        self.hint = hint
        self.more = dict(more or {})


def with_more(error: QueristError, more: Mapping[str, Any]) -> Refused:
    """An error of ours as a refusal whose body says more than the envelope."""
    message, hint = parted(str(error))
    return Refused(status_of(error), error.code, message, hint, more=more)


def envelope(code: str, message: str, hint: str = "", *, rows: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    """The body of an answer that says what went wrong."""
    body: dict[str, Any] = {"error": {"code": code, "message": message, "hint": hint}}
    if rows:
        body["error"]["rows"] = list(rows)
    return body | more


def status_of(error: QueristError) -> int:
    """The status that an error of ours is answered with.

    Examples
    --------
    >>> status_of(InvalidInput("x")), status_of(NotFound("x")), status_of(OneClassOnly())
    (422, 404, 409)
    """
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def parted(text: str) -> tuple[str, str]:
    """A message of ours in two: what is wrong, and what to do.

    Examples
    --------
    >>> parted("n: must be at least 1; got 0. Ask for more.")
    ('n: must be at least 1; got 0.', 'Ask for more.')
    """
    message, stop, hint = text.rpartition(". ")
    return (message + ".", hint) if stop else (text, "")


def answer_to(error: QueristError) -> JSONResponse:
    """What an error of ours is answered with."""
    message, hint = parted(str(error))
    rows = [str(row) for row in error.rows[:ROWS_SHOWN]] if isinstance(error, RowsRejected) else []
    headers = {"Retry-After": str(max(1, error.retry_after_s))} if isinstance(error, TooMany) else {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="querist"'
    return JSONResponse(envelope(error.code, message, hint, rows=rows), status_of(error), headers)


def handle_errors(app: FastAPI) -> None:
    """Have everything that goes wrong in an app answered with the envelope."""
    app.add_exception_handler(QueristError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)


async def _ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QueristError)
    return answer_to(error)


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    said = [_problem(each) for each in found[:PROBLEMS_SHOWN]]
    more = f"; and {len(found) - PROBLEMS_SHOWN} more" if len(found) > PROBLEMS_SHOWN else ""
    return JSONResponse(
        envelope("invalid_input", "; ".join(said) + more + ".", "Mend the request; /api/openapi.json describes it."),
        422,
    )


def _problem(found: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in found["loc"] if part != "body") or "body"
    said = str(found["msg"])
    rule = RULES.get(found["type"]) or said.replace("Input should be", "must be").replace("Value error, ", "")
    rule = rule if rule.startswith("must") else rule[:1].lower() + rule[1:]
    given = found.get("input")
    # What was sent may be somebody's answer, or a password: no more of it than tells which it is.
    shown = "" if given is None or isinstance(given, dict | list | bytes) or _secret(where) else f"; got {short(given)}"
    return f"{where}: {rule}{shown}"


def _secret(where: str) -> bool:
    return any(word in where for word in ("password", "token", "secret", "key", "csrf"))


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return refusal(error)


def refusal(error: HTTPException) -> JSONResponse:
    """What a refusal at the door is answered with."""
    status = error.status_code
    if status == 400:  # the framework's word for a body that is no JSON or no form
        message = "body: must be of the form that its kind says; this one cannot be read."
        return JSONResponse(envelope("invalid_input", message, "Send JSON, or a form where one is asked for."), 422)
    code = getattr(error, "code", None) or CODES.get(status, "error")
    hint = getattr(error, "hint", None)
    if hint is None:
        hint = HINTS.get(status, "")
    phrase = HTTPStatus(status).phrase
    said = error.detail if error.detail and error.detail != phrase else f"{phrase}."
    return JSONResponse(envelope(code, said, hint, **getattr(error, "more", {})), status, error.headers)
