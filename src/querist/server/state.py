"""What one server holds while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from querist.server.live import Live
from querist.server.observing import Metrics, log_to, logger
from querist.server.settings import Settings
from querist.service import browsing, people
from querist.service.courier import Courier
from querist.service.driving import Driver
from querist.service.workspaces import Database, Workspaces


class State:
    """What the server was told, what it counts and, while it runs, the projects of its database."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.oidc = _provider(settings)
        self.metrics = Metrics(self._queues)
        self.live = Live(self.metrics)
        self._workspaces: Workspaces | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Open the database, and the worker where this process has one, for as long as the block runs."""
        log_to(self.settings.log_format, self.settings.log_level)
        with Workspaces.at(self.settings.url) as self._workspaces:
            driver = Driver(self._workspaces, notice=_log)
            courier = Courier(self._workspaces.database, notice=_log)
            if self.settings.worker:
                driver.start()
                courier.start()
            try:
                yield
            finally:
                self.live.stop()
                driver.stop()
                courier.stop()

    @property
    def workspaces(self) -> Workspaces:
        """The projects."""
        if self._workspaces is None:
            raise RuntimeError("the server has not started, or has stopped")
        return self._workspaces

    @property
    def database(self) -> Database:
        """The one database."""
        return self.workspaces.database

    def stopping(self) -> None:
        """End what would otherwise never end by itself."""
        self.live.stop()

    def _queues(self) -> Iterable[tuple[str, str, float]]:
        for card in browsing.cards(self.database):
            yield card.name, "waiting", card.n_waiting
            yield card.name, "labeled", card.n_labeled


def _log(what: str, facts: Mapping[str, Any]) -> None:
    logger.info(what, **facts)


def _provider(settings: Settings) -> people.OidcClient | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    home = settings.public_url or f"http://{settings.host}:{settings.port}"
    return people.OidcClient(
        people.OidcProvider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            f"{home}/api/oidc/callback",
            settings.oidc_client_secret,
            settings.oidc_name,
            tuple(settings.oidc_scopes),
            settings.oidc_name_claim,
            settings.oidc_role_claim,
            dict(settings.oidc_roles),
            settings.oidc_default_role,
        )
    )
