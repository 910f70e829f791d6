"""A project on a server."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from querist.client.wire import UPLOAD_TIMEOUT_S, Wire
from querist.core.checks import one_of
from querist.core.copies import Copies
from querist.core.crowd import ANONYMOUS
from querist.core.errors import InvalidInput, QueristError
from querist.core.evidence import Point
from querist.core.gate import GateDecision, GateRules
from querist.core.plain import read
from querist.core.slices import SliceVersion
from querist.core.state import Answer, Value
from querist.service.answering import Acted
from querist.service.browsing import ItemRow
from querist.service.datasets import Exported, Frozen
from querist.service.drifting import Drift
from querist.service.figures import Figure
from querist.service.intake import Added
from querist.service.labeling import Told
from querist.service.promoting import GateStanding, Observed
from querist.service.queue import Assignment, Claimed
from querist.service.rounds import Asked
from querist.service.slices import Extended
from querist.service.status import Status
from querist.service.streaming import Decided

POLL_S = 0.5
FORMATS = ("csv", "excel-csv", "jsonl", "parquet", "arrow")


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of the server's work: a round or a model in the making, or made."""

    id: int
    kind: str
    state: str
    stage: str | None
    done: int
    total: int | None
    attempts: int
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    requested_by: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing stored that does not agree with the rest."""

    kind: str
    where: str
    message: str


class RemoteProject:
    """A project on a server: items in, questions out, answers in, models, versions, reports.

    Made by `Client.project` and `Client.create`. Where `querist.Project` has a verb of the same name, it does the same.
    """

    def __init__(self, wire: Wire, name: str) -> None:
        self._wire = wire
        self._name = name
        self._path = f"projects/{quote(name, safe='')}"

    def __repr__(self) -> str:
        return f"RemoteProject({self._name!r} at {self._wire.url})"

    @property
    def name(self) -> str:
        """The project's name."""
        return self._name

    def add(
        self,
        source: str | Path | Iterable[Mapping[str, Any]],
        *,
        label: str | None = None,
        drop: Sequence[str] = (),
        split: str | None = None,
        id_column: str | None = None,
        kinds: Mapping[str, str] | None = None,
        header: bool = False,
        encoding: str | None = None,
        quote: str | None = None,
    ) -> Added:
        """Add items from a file, or given as mappings of field to value: all of them, or none.

        Parameters
        ----------
        source : path, or iterable of mappings
        label : str, optional
            A field of labels known already, taken as answers.
        drop : sequence of str
            Fields to leave out.
        split : {"pool", "test", "calibration"}, optional
            Where to put all of them; by default each is drawn.
        id_column : str, optional
            By default `id`, unless `drop` names it; without one, or with the empty text, ids are made from the content.
        kinds : mapping of str to str
            What a field is, where it is not plain to see.
        header : bool
            That the first line of a CSV is its header although a name in it looks like data.
        encoding, quote : str, optional
            How to read a file of text, where it is not plain to see: latin-1; none, where quotes are characters.

        Raises
        ------
        RowsRejected
            If a row cannot be taken; none is then.
        """
        wishes: dict[str, Any] = {"label": label, "split": split, "id_column": id_column, "drop": list(drop)}
        fields = {name: value for name, value in wishes.items() if value or value == ""}
        if header:
            fields["header"] = "true"
        if kinds:
            fields["kind"] = [f"{name}={kind}" for name, kind in kinds.items()]
        if isinstance(source, str | Path):
            path = Path(source)
            if not path.is_file():
                raise InvalidInput(f"source: must be a file; there is none at {str(path)!r}. Check its name.")
            fields |= {name: said for name, said in (("encoding", encoding), ("quote", quote)) if said is not None}
            brought = self._wire.upload(f"{self._path}/items", path, fields)
            return read(Added, brought | {"source": path.name, "n_inside": 0})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "python.jsonl"
            with path.open("w", encoding="utf-8") as stream:
                stream.writelines(json.dumps(dict(row), default=_plain) + "\n" for row in source)
            brought = self._wire.upload(f"{self._path}/items", path, fields)
        return read(Added, brought | {"source": "python", "n_inside": 0})

    def ask(self, n: int | None = None, *, split: str = "pool", certify: bool = False) -> Asked:
        """Choose the next items to label; where labels came in, a model is made first.

        With `certify`, items are drawn to prove how often the newest model is wrong.
        """
        return read(Asked, self._wire.post(f"{self._path}/ask", {"n": n, "split": split, "certify": certify}))

    def pending(self) -> Asked:
        """Everything that is out with annotators."""
        return read(Asked, self._wire.get(f"{self._path}/pending"))

    def tell(self, answers: Mapping[str, Value] | Sequence[Answer], *, annotator: str | None = None) -> Told:
        """Take in answers by item id: all of them, or none.

        Each carries a key, so that an answer that was sent twice counts once. `annotator` says who answered; by
        default whoever the key is of, and for anybody else it needs the role of a manager.
        """
        given = (
            [Answer(item_id, value, annotator or "") for item_id, value in answers.items()]
            if isinstance(answers, Mapping)
            else list(answers)
        )
        body = [
            {
                "item_id": each.item_id,
                "value": each.value,
                "annotator": annotator or (None if each.annotator in ("", ANONYMOUS) else each.annotator),
                "note": each.note,
                "key": each.idempotency_key or uuid4().hex,
            }
            for each in given
        ]
        return read(Told, self._wire.post(f"{self._path}/tell", {"answers": body}, safe=True))

    def decide(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        budget: float | None = None,
        manager: str | None = None,
        keep: str = "asked",
        key: str | None = None,
    ) -> Decided:
        """Ask or predict, for each item of a stream as it comes; what is asked joins the queue within a second.

        `budget` and `manager` are by default as before. A call that fails midway is tried again, and decides once: by
        its `key`, which is a new one by default. Pass one of your own to send the same call again after a crash.
        """
        said = {"budget": budget, "manager": manager, "keep": keep, "key": key or uuid4().hex}
        body = {"items": [dict(each) for each in items], **said}
        return read(Decided, self._wire.post(f"{self._path}/stream", body, safe=True))

    def withdraw(self, number: int) -> int:
        """Take back questions of a round that nobody has answered; how many those were."""
        return int(self._wire.post(f"{self._path}/rounds/{number:d}/withdraw", safe=True)["n_withdrawn"])

    def train(self, *, wait_s: float | None = UPLOAD_TIMEOUT_S) -> Job:
        """Have a model made and measured; waits for it, unless `wait_s` is None.

        Raises
        ------
        QueristError
            If it failed; the message says why.
        """
        return self._done(self._wire.post(f"{self._path}/train"), wait_s)

    def open_round(self, n: int | None = None, *, split: str = "pool", wait_s: float | None = UPLOAD_TIMEOUT_S) -> Job:
        """Have the server's worker make a round for its annotators now; waits for it, unless `wait_s` is None."""
        return self._done(self._wire.post(f"{self._path}/rounds", {"n": n, "split": split}), wait_s)

    def jobs(self, *, limit: int = 20) -> list[Job]:
        """What the server's workers did last, the newest first."""
        return [read(Job, each) for each in self._wire.get(f"{self._path}/jobs", limit=limit)["jobs"]]

    def pause(self) -> None:
        """Hand nothing out, and choose nothing, until `resume`."""
        self._wire.post(f"{self._path}/pause", safe=True)

    def resume(self) -> None:
        """Go on."""
        self._wire.post(f"{self._path}/resume", safe=True)

    def curve(self) -> tuple[Point, ...]:
        """The learning curve: what each model measured on the test set."""
        points = self._wire.get(f"{self._path}/curve")["points"]
        return tuple(
            Point(each["n_labels"], each["cost_usd"], {k: v for k, v in each["metrics"].items() if v is not None})
            for each in points
        )

    def status(self) -> Status:
        """The story so far, and what to do next."""
        return read(Status, self._wire.get(f"{self._path}/status"))

    def progress(self) -> Mapping[str, Any]:
        """How far the project is, as JSON: fast, however large it is."""
        found: Mapping[str, Any] = self._wire.get(f"{self._path}/progress")
        return found

    def drift(
        self, items: Iterable[Mapping[str, Any]] | None = None, *, since: datetime | None = None, level: float = 0.05
    ) -> Drift:
        """Whether new items, their scores, labels and errors are still what they were, and what to do if not.

        Parameters
        ----------
        items : iterable of mappings, optional
            New items that are not in the project yet.
        since : datetime, optional
            Items added since then are the new ones; by default those since the newest model was fitted. UTC, where it
            says no zone.
        level : float
            The share of looks in which anything alarms where nothing has changed.
        """
        given: dict[str, Any] = {"level": level}
        if since is not None:
            given["since"] = (since if since.tzinfo else since.replace(tzinfo=UTC)).isoformat()
        if items is not None:
            given["items"] = json.loads(json.dumps([dict(each) for each in items], default=_plain))
        return read(Drift, self._wire.post(f"{self._path}/drift", given))

    def last_drift(self) -> Drift | None:
        """What was found when somebody looked last, or None before the first time."""
        found = self._wire.get(f"{self._path}/drift")["drift"]
        return None if found is None else read(Drift, found)

    def evidence(self) -> list[Figure]:
        """What is known of the project's worth: each figure as it was last found, and where it is from."""
        return [read(Figure, each) for each in self._wire.get(f"{self._path}/evidence")["figures"]]

    def gate(
        self,
        *,
        rules: GateRules | None = None,
        by: Sequence[str] = (),
        metric: str | None = None,
        unlabeled: bool = False,
    ) -> GateDecision:
        """Whether the newest model may take the place of the promoted one, decided on the test set and recorded."""
        wishes = {"by": list(by), "metric": metric, "unlabeled": unlabeled} | asdict(rules or GateRules())
        return GateDecision.from_json(self._wire.post(f"{self._path}/gate", wishes))

    def gate_standing(self) -> GateStanding:
        """Which model may serve, the last decisions, and where the online gate is."""
        return read(GateStanding, self._wire.get(f"{self._path}/gate"))

    def gate_observe(
        self,
        pairs: Sequence[Sequence[float]],
        *,
        model: int | None = None,
        margin: float | None = None,
        level: float | None = None,
        key: str | None = None,
    ) -> Observed:
        """Take in how the new and the old model did on the same cases in use; step on, or close, where that suffices.

        It carries a key, so that pairs that were sent twice count once.
        """
        said = {"model": model, "margin": margin, "level": level, "key": key or uuid4().hex}
        body = {"pairs": [list(pair) for pair in pairs], **said}
        return read(Observed, self._wire.post(f"{self._path}/gate/observe", body, safe=True))

    def freeze(self, note: str = "") -> Frozen:
        """Make the labels as they are now a dataset version."""
        return read(Frozen, self._wire.post(f"{self._path}/freeze", {"note": note}, safe=True))

    def export(self, path: str | Path, *, version: int | None = None, file_format: str | None = None) -> Exported:
        """Write labeled items to a file, with why each was asked, over what is there."""
        to = Path(path)
        name = file_format or to.name.lower().rpartition(".")[2]
        one_of("format", name, FORMATS)
        headers = self._wire.download(f"{self._path}/export", to, format=name, version=version)
        return Exported(str(path), int(headers["x-querist-rows"]), int(headers["x-querist-version"]))

    def report(self, path: str | Path = "report.html") -> Path:
        """Write the project's page."""
        self._wire.download(f"{self._path}/report", Path(path))
        return Path(path)

    def verify(self) -> list[Problem]:
        """Check that everything stored agrees with itself; the list of what does not."""
        return [read(Problem, each) for each in self._wire.get(f"{self._path}/verify")["problems"]]

    def copies(self) -> Copies:
        """Copies of test and calibration items in the pool, over all that is stored."""
        return read(Copies, self._wire.get(f"{self._path}/copies"))

    def set_copies_aside(self) -> int:
        """Take the copies of held-out items out of the pool; how many items that were."""
        return int(self._wire.post(f"{self._path}/copies/set-aside", safe=True)["n_set_aside"])

    def slices(self) -> list[SliceVersion]:
        """Every version of the test set and of the calibration slice."""
        return [read(SliceVersion, each) for each in self._wire.get(f"{self._path}/slices")["versions"]]

    def extend(self, n: int, *, split: str = "test") -> Extended:
        """Draw items at random from the whole pool into the test set or the calibration slice: its next version."""
        return read(Extended, self._wire.post(f"{self._path}/slices", {"n": n, "split": split}))

    def items(
        self,
        *,
        split: str | None = None,
        state: str | None = None,
        label: str | None = None,
        annotator: str | None = None,
        round: int | None = None,
        search: str | None = None,
    ) -> Iterator[ItemRow]:
        """The items that fit, in the order they came in, a page at a time."""
        query = {
            "split": split,
            "state": state,
            "label": label,
            "annotator": annotator,
            "round": round,
            "search": search,
        }
        after: str | None = None
        while True:
            page = self._wire.get(f"{self._path}/items", after=after, limit=200, **query)
            yield from (read(ItemRow, each) for each in page["items"])
            after = page["next"]
            if after is None:
                return

    def claim(self, n: int = 1) -> Claimed:
        """Have items handed out, as the page has: for a program that answers beside people."""
        return read(Claimed, self._wire.post(f"{self._path}/claims", {"n": n}))

    def submit(self, assignment: Assignment, value: Value, *, note: str = "", key: str | None = None) -> Acted:
        """Answer an item that was handed out."""
        return self._act(assignment, "submit", key, value=value, note=note)

    def skip(self, assignment: Assignment, reason: str = "", *, key: str | None = None) -> Acted:
        """Pass an item that was handed out on to somebody else."""
        return self._act(assignment, "skip", key, reason=reason)

    def release(self, assignments: Iterable[Assignment]) -> list[int]:
        """Give items back unanswered; the slots that were given back."""
        slots = [{"slot": each.slot, "token": each.token} for each in assignments]
        return list(self._wire.post(f"{self._path}/release", {"slots": slots}, safe=True)["released"])

    def _act(self, assignment: Assignment, action: str, key: str | None, **more: Any) -> Acted:
        body = {
            "key": key or uuid4().hex,
            "action": action,
            "slot": assignment.slot,
            "token": assignment.token,
            "item_id": assignment.item_id,
            "schema_version": assignment.schema_version,
            "instruction_version": assignment.instruction_version,
            "content_hash": assignment.content_hash,
            **more,
        }
        return read(Acted, self._wire.post(f"{self._path}/answers", body, safe=True))

    def _done(self, body: Mapping[str, Any], wait_s: float | None) -> Job:
        job = read(Job, body)
        until = time.monotonic() + (wait_s or 0)
        while wait_s is not None and job.state in ("waiting", "running"):
            if time.monotonic() > until:
                raise QueristError(f"job: must end in time; number {job.id} did not within {wait_s:g} s. Ask later.")
            time.sleep(POLL_S)
            job = next(each for each in self.jobs(limit=200) if each.id == job.id)
        if job.state == "failed":
            raise QueristError(f"job: must succeed; number {job.id} failed: {job.error}")
        return job


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise InvalidInput(f"source: must hold plain values; got {type(value).__name__}. Convert it to text or numbers.")
