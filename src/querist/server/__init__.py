"""The server: HTTP in, one service call, HTTP out.

Its parts are loaded at first use, so that whoever only asks for help on the command line waits for none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from querist.core.errors import MissingExtra

if TYPE_CHECKING:
    from querist.server.app import create_app
    from querist.server.running import serve
    from querist.server.settings import Settings, configure

_HOMES = {
    "Settings": "querist.server.settings",
    "configure": "querist.server.settings",
    "create_app": "querist.server.app",
    "serve": "querist.server.running",
}

__all__ = ["Settings", "configure", "create_app", "serve"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'querist.server' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "querist").partition(".")[0] == "querist":
            raise
        raise MissingExtra(
            f"server: needs a package that is not installed, {error.name}. Run: pip install 'querist[server]'"
        ) from None
