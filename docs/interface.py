"""Write the tables of routes and of settings into their pages, from the server itself: `python docs/interface.py`.

A test holds the pages to what this makes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from querist.server import configure, create_app
from querist.server.guard import every_route, permission_of
from querist.server.settings import Settings

DOCS = Path(__file__).parent
TAGS = {
    "people": "Signing in, people, invitations, keys",
    "projects": "Projects and items",
    "desk": "The annotator's desk",
    "progress": "How a project goes",
    "evidence": "What a project is worth",
    "rounds": "Rounds",
    "gate": "The gate",
    "ask and tell": "Ask and tell",
    "versions": "Versions, exports, audit",
    "webhooks": "Webhooks",
    "media": "Media",
    "server": "The server",
}
NEEDS = {"public": "nobody", "scrape": "audit, or this machine"}


def routes_table() -> str:
    """Every route, by topic: what it needs, what it takes and gives."""
    app = create_app(configure(url="sqlite:///nowhere.db", worker=False))
    described = app.openapi()["paths"]
    by_tag: dict[str, list[str]] = {tag: [] for tag in TAGS}
    for route in every_route(app.routes):
        for method in sorted(route.methods) if route.include_in_schema else ():
            operation = described[route.path_format][method.lower()]
            by_tag[operation["tags"][-1]].append(_line(method, route, operation))
    parts = []
    for tag, title in TAGS.items():
        lines = "\n".join(by_tag[tag])
        parts.append(
            f"### {title}\n\n| route | needs | body | answer | what it does |\n|---|---|---|---|---|\n{lines}\n"
        )
    return "\n".join(parts)


def _line(method: str, route: Any, operation: dict[str, Any]) -> str:
    needs = NEEDS.get(permission_of(route), permission_of(route))
    asked = _kind(operation.get("requestBody", {}).get("content", {}))
    status, answer = next((code, each) for code, each in operation["responses"].items() if code < "4")
    given = _kind(answer.get("content", {}))
    query = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    path = route.path_format + (f"?{'&'.join(query)}" if query else "")
    what = operation["description"].split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return f"| `{method} {path}` | {needs} | {asked} | {status}{' ' + given if given else ''} | {what} |"


def _kind(content: dict[str, Any]) -> str:
    named = []
    for kind, each in content.items():
        reference = each.get("schema", {}).get("$ref", "")
        short = "form" if kind.startswith("multipart") else kind.partition("/")[2].partition(";")[0]
        named.append(f"`{reference.rpartition('/')[2]}`" if reference else "" if short == "json" else short)
    return " or ".join(dict.fromkeys(filter(None, named))) if len(named) < 4 else "a file"


def settings_table() -> str:
    """Every setting of the server, with its default."""
    lines = ["| variable | default | means |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if default in (None, [], {}) else ",".join(default) if isinstance(default, list) else str(default)
        shown = f"`{shown.lower() if isinstance(default, bool) else shown}`" if shown else ""
        lines.append(f"| `QUERIST_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"


PAGES = {
    DOCS / "reference" / "http.md": ("routes", routes_table),
    DOCS / "reference" / "configuration.md": ("settings", settings_table),
}


def written(page: Path) -> str:
    """A page with its table as it should be."""
    name, table = PAGES[page]
    begin, end = f"<!-- {name}: python docs/interface.py -->", f"<!-- end of {name} -->"
    text = page.read_text("utf-8")
    found = re.search(rf"{re.escape(begin)}\n.*?{re.escape(end)}", text, flags=re.DOTALL)
    if found is None:
        raise SystemExit(f"{page}: lacks the lines between which the table of {name} stands")
    return text[: found.start()] + f"{begin}\n\n{table()}\n{end}" + text[found.end() :]


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(written(page), "utf-8")
