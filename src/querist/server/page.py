"""The page: one HTML file and what it loads, as `web/` builds it; a word on how to build it where it is not there."""

from __future__ import annotations

import html
import secrets
from pathlib import Path

from fastapi.responses import FileResponse, HTMLResponse, Response

from querist.core.errors import NotFound
from querist.server.guard import Anybody
from querist.server.middleware import page_policy
from querist.server.routing import router

STATIC = Path(__file__).parent / "static"
NONCE = "__QUERIST_NONCE__"  # where the built page has one put in: Mantine's styles need it
FOREVER = "public, max-age=31536000, immutable"
KINDS = {
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
UNBUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Querist</title>
<style nonce="{nonce}">body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}}
code{{background:#8882;padding:.1em .3em;border-radius:.2em}}:root{{color-scheme:light dark}}</style>
<h1>Querist is running</h1>
<p>The page is not built. {why} Everything else works: the interface for programs is described at
<a href="/api/openapi.json">/api/openapi.json</a>.</p>
<p>To build the page, run <code>make page</code> in the source folder where npm can be reached, then reload.</p>
</html>"""
WHY = "Perhaps npm could not be reached when Querist was installed."

routes = router("", "page")


@routes.head("/", include_in_schema=False)
@routes.get("/", include_in_schema=False)
def home(_: Anybody) -> Response:
    """The page."""
    return _index()


@routes.head("/{path:path}", include_in_schema=False)
@routes.get("/{path:path}", include_in_schema=False)
def rest(_: Anybody, path: str) -> Response:
    """A file of the page, or the page itself at one of its own addresses."""
    if path.partition("/")[0] in ("api", "media", "metrics"):
        raise NotFound(f"address: must be one of the interface; there is no {html.escape('/' + path[:80])}. Check it.")
    found = _file(path)
    if found is None:
        if Path(path).suffix in KINDS:
            raise NotFound(f"address: must be a file of the page; there is no {html.escape('/' + path[:80])}. Reload.")
        return _index()
    caching = FOREVER if path.startswith("assets/") else "no-cache"
    return FileResponse(found, media_type=KINDS.get(found.suffix), headers={"Cache-Control": caching})


def _index() -> Response:
    nonce = secrets.token_urlsafe(16)
    built = STATIC / "index.html"
    text = built.read_text("utf-8").replace(NONCE, nonce) if built.is_file() else _unbuilt(nonce)
    return HTMLResponse(text, headers={"Cache-Control": "no-store", "Content-Security-Policy": page_policy(nonce)})


def _unbuilt(nonce: str) -> str:
    """What stands in the page's place; the last build's own word on why it failed, where it left one."""
    try:
        why = (STATIC / "why-missing.txt").read_text("utf-8").partition("\n")[2].strip()
    except OSError:
        why = ""
    return UNBUILT.format(nonce=nonce, why=html.escape(why[:2000]) or WHY)


def _file(path: str) -> Path | None:
    """A file of the built page; nothing beside it, whatever the path says."""
    try:
        found = (STATIC / path).resolve()
        inside = found.is_relative_to(STATIC.resolve()) and found.is_file()
    except (OSError, ValueError):
        return None
    return found if inside and found.suffix in KINDS else None
