"""Running the server: the address it listens on, the link that makes the first admin, a calm end."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from querist.core.errors import InvalidInput
from querist.server.app import create_app
from querist.server.settings import Settings
from querist.server.state import State
from querist.service import people
from querist.service.workspaces import Workspaces

GRACE_S = 10  # how long requests that are being answered may take to end
BACKLOG = 2048

Announce = Callable[[str, str | None], None]


def serve(settings: Settings, *, chosen_host: bool = False, announce: Announce = lambda url, link: None) -> None:
    """Run the server until it is told to stop.

    Parameters
    ----------
    settings : Settings
    chosen_host : bool
        Whether somebody named the address just now, rather than long ago in a file.
    announce : callable
        Told the server's address and, where nobody is here yet, the link that makes the first admin.

    Raises
    ------
    InvalidInput
        If the address cannot be listened on, or would be open to others while nobody has an account yet.
    """
    with Workspaces.at(settings.url) as opened:
        if not settings.loopback and not chosen_host and people.needs_setup(opened.database):
            raise InvalidInput(
                f"host: must be this machine's own while nobody has an account; QUERIST_HOST is {settings.host!r}. "
                f"Start with --host {settings.host} if you mean it, or make the first account on 127.0.0.1."
            )
        listening = _listen(settings.host, settings.port)  # first: one that cannot start leaves the last link good
        token = people.first_link(opened.database)
    port = listening.getsockname()[1]
    settings = settings.model_copy(update={"port": port})
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
        http="h11",  # it alone bounds a request's headers
        h11_max_incomplete_event_size=64 * 1024,
    )
    home = settings.public_url or f"http://{_shown(settings.host)}:{port}"
    announce(home, None if token is None else f"{home}/setup?token={token}")
    gc.collect()
    gc.freeze()  # what is loaded stays: to look through it all again holds up every request for a tenth of a second
    with listening:
        _Server(config, app.state.querist).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends the streams that would otherwise go on for ever before it waits for what is being answered."""

    def __init__(self, config: uvicorn.Config, state: State) -> None:
        super().__init__(config)
        self._state = state

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, once."""
        self._state.stopping()
        super().handle_exit(sig, frame)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio sends at once only on sockets that say they are TCP, and waits 40 ms on others.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host.strip("[]"), port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise InvalidInput(
            f"port: must be free, and the address this machine's; {host}:{port}: {error.strerror or error}. "
            "Name another with --port, or 0 for any."
        ) from None
    return listening


def _shown(host: str) -> str:
    """An address as one types it into a browser."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
