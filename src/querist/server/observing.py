"""What can be seen of a server from outside: logs without a word of anybody's, and figures for Prometheus."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0)
OURS = "/querist/"
CHAIN = 3  # errors, each the cause of the one before
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

logger: Any = structlog.get_logger("querist")

Gauges = Callable[[], Iterable[tuple[str, str, float]]]


def log_to(form: str, level: str) -> None:
    """Write what is logged to standard error: as lines of JSON, as text, or (`auto`) as text where a person reads."""
    if form == "auto":
        form = "text" if sys.stderr.isatty() else "json"
    shown: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    steps: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*steps, shown],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", stream=sys.stderr, force=True)


def log_failure(event: str, error: BaseException, **facts: Any) -> None:
    """Log where something went wrong, but not a word of what it said: that may be somebody's answer or password."""
    chain: list[str] = []
    at: BaseException | None = error
    while at is not None and len(chain) < CHAIN:
        frames = traceback.extract_tb(at.__traceback__)
        ours = [frame for frame in frames[:-1] if OURS in frame.filename and frame.name != "__call__"]
        places = [f"{frame.filename.rpartition(OURS)[2]}:{frame.lineno}" for frame in [*ours, *frames[-1:]]]
        chain.append(" > ".join([*places, type(at).__name__]))
        at = at.__cause__ or at.__context__
    logger.error(event, trace=chain, **facts)


def _no_exception(*_: Any) -> None:
    """In place of what shows an exception with everything around it."""


class Metrics:
    """The figures of one server, each kind once."""

    def __init__(self, gauges: Gauges = lambda: ()) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "querist_request_seconds",
            "How long requests took, by the form of their path.",
            ("method", "route", "status"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.claims = Counter("querist_claims", "Items handed to people.", registry=self.registry)
        self.answers = Counter(
            "querist_answers", "Acts taken in, by what they are.", ("action",), registry=self.registry
        )
        self.streams = Gauge("querist_streams", "Open streams of events.", registry=self.registry)
        self.registry.register(_Queues(gauges))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)


class _Queues(Collector):
    """The state of each project's queue, looked up when somebody asks."""

    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = GaugeMetricFamily("querist_queue", "Slots of each project, by state.", labels=("project", "state"))
        for project, state, n in self._gauges():
            found.add_metric([project, state], n)
        yield found
