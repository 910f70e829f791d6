"""Requests to a server, sent again where that cannot count twice, and its errors as the classes that they are."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from querist.core.atomic import replacing
from querist.core.errors import InvalidInput, MissingExtra, QueristError, RowProblem, RowsRejected, TooMany

if TYPE_CHECKING:
    import httpx2

UPLOAD_TIMEOUT_S = 3600.0
TRIES = 5
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
_LINE = re.compile(r"line (\d+)(?: \((.*?)\))?: (.*)", re.DOTALL)


class Wire:
    """A server's routes below /api, with a key."""

    def __init__(self, url: str, key: str, timeout_s: float, transport: Any) -> None:
        self._library = _httpx2()
        self._http = self._library.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {_good(key)}", "Accept": "application/json"},
            timeout=timeout_s,
            transport=transport,
        )

    @property
    def url(self) -> str:
        """The server's address, without what a password in it would be."""
        return str(self._http.base_url.copy_with(username=None, password=None)).rstrip("/")

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """What a route below /api shows, as JSON."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._send("GET", path, safe=True, params=given).json()

    def post(self, path: str, body: Any = None, *, safe: bool = False, method: str = "POST") -> Any:
        """What a change by a route below /api brought, as JSON. `safe` says that it may be sent twice."""
        answer = self._send(method, path, safe=safe, json={} if body is None else body)
        return answer.json() if answer.content else None

    def upload(self, path: str, file: Path, fields: Mapping[str, Any]) -> Any:
        """What a file that was sent brought, as JSON."""
        with file.open("rb") as stream:
            answer = self._send(
                "POST", path, files={"file": (file.name, stream)}, data=dict(fields), timeout=UPLOAD_TIMEOUT_S
            )
        return answer.json()

    def download(self, path: str, to: Path, **query: Any) -> Mapping[str, str]:
        """Write what a route sends to a file, whole or not at all; returns the answer's headers."""
        given = {name: value for name, value in query.items() if value is not None}
        with self._http.stream("GET", f"/api/{path}", params=given, timeout=UPLOAD_TIMEOUT_S) as answer:
            if answer.status_code >= 400:
                answer.read()
                raise error_in(answer)
            with replacing(to) as stream:
                for chunk in answer.iter_bytes():
                    stream.write(chunk)
            return dict(answer.headers)

    def _send(self, method: str, path: str, *, safe: bool = False, **more: Any) -> httpx2.Response:
        pause_s = FIRST_PAUSE_S
        for left in reversed(range(TRIES)):
            wait_s = pause_s * random.uniform(0.5, 1.0)  # several clients shall not come back at one moment
            try:
                answer: httpx2.Response = self._http.request(method, f"/api/{path}", **more)
            except self._library.TransportError as error:
                # A connection that was never made carried nothing, so that anything may be sent again.
                again = safe or isinstance(error, self._library.ConnectError | self._library.ConnectTimeout)
                if not (left and again):
                    raise _unreachable(self._http.base_url, error) from None
            else:
                if answer.status_code < 400:
                    return answer
                failed = error_in(answer)
                busy = answer.status_code == 429 or (safe and answer.status_code in (502, 503, 504))
                if not (left and busy):
                    raise failed
                if isinstance(failed, TooMany):
                    if failed.retry_after_s > LONGEST_PAUSE_S:
                        raise failed
                    wait_s = failed.retry_after_s
            time.sleep(wait_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        raise AssertionError("the last try returns or raises")


def _good(key: str) -> str:
    """A key as a header can hold it, without the line's end that it has when it was read from a file.

    What is wrong with it is said without repeating it: a message ends up in logs, and the key with it.
    """
    if not isinstance(key, str):
        raise InvalidInput(f"key: must be text; got a {type(key).__name__}. Pass the API key, as in qk_….")
    key = key.strip()
    if not key:
        raise InvalidInput(
            "key: must be an API key; got an empty text. Make one on the page or by `querist keys make`."
        )
    if not (key.isascii() and key.isprintable()):
        raise InvalidInput(
            "key: must be of printable ASCII characters on one line, as in qk_…; this one holds others. "
            "See whether the file or the variable that it comes from holds the key alone."
        )
    return key


def error_in(answer: httpx2.Response) -> QueristError:
    """The error that an answer tells of, of the class that the server raised."""
    try:
        said = answer.json()["error"]
        code, message, rows = said["code"], f"{said['message']} {said['hint']}".strip(), said.get("rows", [])
    except (ValueError, LookupError, TypeError):
        return QueristError(
            f"server: must answer as Querist does; it answered {answer.status_code}. Check the address."
        )
    if code == RowsRejected.code:
        return RowsRejected(message, tuple(map(_row_problem, rows)))
    if code == TooMany.code:
        return TooMany(message, int(answer.headers.get("retry-after", 1)))
    return _classes().get(code, QueristError)(message)


def _classes() -> dict[str, type[QueristError]]:
    found: dict[str, type[QueristError]] = {}
    left = [QueristError]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        found.setdefault(kind.code, kind)
    return found


def _row_problem(text: str) -> RowProblem:
    parts = _LINE.fullmatch(text)
    return RowProblem(0, None, text) if parts is None else RowProblem(int(parts[1]), parts[2], parts[3])


def _unreachable(url: object, error: Exception) -> QueristError:
    why = str(error) or type(error).__name__
    return QueristError(f"server: must be reachable; {url}: {why}. Check that it runs and that you may use it.")


def _httpx2() -> Any:
    try:
        import httpx2
    except ImportError:
        raise MissingExtra("client: needs httpx2; it is not installed. Run: pip install 'querist[server]'") from None
    return httpx2
