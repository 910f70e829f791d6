"""A stream for users: decide, tell, and a model that follows what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.atomic import replacing
from querist.core.checks import Floats, nearest
from querist.core.errors import InvalidInput
from querist.core.ports import DetectsChange, Learner, Model
from querist.core.rng import generator
from querist.learners import IdentityEncoder, recipe_from_json
from querist.learners.sklearn import as_learner
from querist.loop.ledger import Ledger, lent, reopened
from querist.loop.managers import DEFAULT, Manager, manager_from_json
from querist.loop.stream import decide
from querist.metrics import Adwin, PageHinkley, detector_from_json
from querist.streaming.choices import checked_classes, checked_manager, checked_settings, checked_utility
from querist.streaming.decisions import Decisions, Label, Told
from querist.streaming.incoming import Door, width_of
from querist.streaming.labels import Asked, Id, Memory
from querist.streaming.learning import Mean, default_learner
from querist.streaming.settings import Settings

WITHIN = 0.01  # of what the budget gave so far: how far a reopened stream may go beyond it for a while
SAVED = ("classes", "learner", "manager", "settings", "ledger", "memory", "since", "alarms", "drift")
WHERE = "Pass a stream's own."


class Stream:
    """Items come, a few are asked, the rest are predicted, and the model learns from the answers.

    Parameters
    ----------
    learner : Learner or scikit-learn estimator, optional
        Fitted anew on the labels remembered, whenever there are enough new ones. By default what does well on tables
        of numbers; a pipeline that begins with a vectorizer takes texts.
    classes : sequence of str or int
        What an item may be, in an order of your own.
    budget : float
        The share of the items that may be asked.
    manager : str or Manager
        How the budget is spent: a key of `querist.loop.managers.MANAGERS`, or a manager with settings of your own,
        whose budget then counts.
    window : int, optional
        Items that the manager looks back on; by default its own.
    utility : {"margin", "least_confidence", "entropy"} or callable, optional
        What makes an item worth asking, from (n_items, n_classes) probabilities; by default what the manager is made
        for.
    drift : DetectsChange, optional
        Such as `querist.metrics.Adwin()`, told the errors as the answers come. When it sounds, the model is fitted
        anew on the last labels alone, and more is asked for a while.
    settings : Settings, optional
        How it learns; the same by name as keywords.

    Notes
    -----
    Deterministic: the same items, answers and seed give the same decisions, and in whatever batches the items come as
    long as the answers come at the same places. Nothing that was asked is forgotten until it is told: answers may
    come late, in part and in any order.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(2000, 3))
    >>> kinds = np.where(X[:, 0] > 0, "in", "out")
    >>> stream = Stream(LogisticRegression(), classes=["in", "out"], budget=0.1, seed=7)
    >>> right = 0
    >>> for rows in np.split(np.arange(2000), 40):
    ...     said = stream.decide(X[rows])
    ...     right += sum(a == b for a, b in zip(said.predictions, kinds[rows], strict=True))
    ...     told = stream.tell({id: kinds[id] for id in said.asked})
    >>> right > 1800, 198 <= stream.n_asked <= 220
    (True, True)
    """

    def __init__(
        self,
        learner: Any = None,
        *,
        classes: Sequence[Label],
        budget: float = 0.1,
        manager: str | Manager = DEFAULT,
        window: int | None = None,
        utility: str | Callable[[Floats], Floats] | None = None,
        drift: DetectsChange | None = None,
        settings: Settings | None = None,
        **learning: Any,
    ) -> None:
        self.classes = checked_classes(classes)
        self.learner: Learner = default_learner() if learner is None else as_learner(learner)
        self.manager = checked_manager(manager, budget, window, len(self.classes))
        self.settings = checked_settings(settings, learning)
        self.drift = drift
        self._utility = checked_utility(utility or self.manager.utility)
        self._door = Door(self.learner, len(self.classes))
        self._ledger = lent(Ledger(), self.settings.start) if self.settings.start else Ledger()
        self._memory = Memory()
        self._members: dict[int, Model] = {}
        self._since = 0
        self._alarms: list[int] = []
        self._n_taught = 0

    @property
    def n_seen(self) -> int:
        """Items decided on."""
        return self._ledger.seen

    @property
    def n_asked(self) -> int:
        """Items asked, answered or not."""
        return self._ledger.asked

    @property
    def pending(self) -> list[Id]:
        """Items asked and not told yet."""
        return list(self._memory.waiting)

    @property
    def n_labels(self) -> int:
        """Labels that the model learns from, now or at its next fit."""
        return len(self._memory.labels)

    @property
    def alarms(self) -> list[int]:
        """How many items had come whenever the drift detector sounded."""
        return list(self._alarms)

    @property
    def ledger(self) -> Ledger:
        """Where it stands with its budget."""
        return self._ledger

    @property
    def model(self) -> Mean | None:
        """What it predicts by; None until labels of two classes have come."""
        return Mean(tuple(self._members[span] for span in sorted(self._members))) if self._members else None

    def predict_proba(self, X: Any) -> Floats:
        """(n_items, n_classes): what the model says; all classes alike where there is none yet."""
        return self._probs(self._door.read("X", X))

    def decide(self, X: Any, ids: Sequence[Id] | None = None) -> Decisions:
        """Ask or predict, for each of the items that came.

        Parameters
        ----------
        X : (n_items, n_dims) float array, or list of str
        ids : sequence of int or str, optional
            Names to tell answers by, none of them awaited already; by default the items' numbers in the stream.

        Raises
        ------
        InvalidInput
            If the items are not like those that came before, or hold NaN that the learner does not take, if there is
            not an id for each, or one comes twice; nothing was decided then.
        """
        items = self._door.read("X", X)
        names = self._names(len(items), ids)
        first = self._ledger.seen
        if self.model is None:
            probs, utilities = None, np.ones(len(items))
        else:
            probs = self._probs(items)
            utilities = np.asarray(self._utility(probs), dtype=np.float64)
        features = items if isinstance(items, np.ndarray) else None
        ledger, said = decide(self.manager, self._ledger, utilities, seed=self.settings.seed, X=features)
        codes = [-1] * len(said) if probs is None else probs.argmax(axis=1).tolist()
        for row in np.flatnonzero(said.ask).tolist():
            item, propensity = items[row], float(said.propensities[row])
            self._memory.waiting[names[row]] = Asked(
                names[row], item, first + row, propensity, bool(said.random[row]), codes[row]
            )
        self._ledger = ledger
        self._door.remember(items)
        predictions = [None if code < 0 else self.classes[code] for code in codes]
        return Decisions(names, said.ask, predictions, probs, said.utilities, said.propensities, said.random)

    def tell(self, answers: Mapping[Id, Label]) -> Told:
        """Take answers in, of items that were asked, whenever and in whatever order they come.

        Another answer for an item that is remembered takes the place of the first.

        Raises
        ------
        InvalidInput
            If an item was not asked or a label is none of the classes; then nothing was taken in. Nor is it where the
            learner cannot be fitted, whatever it raises.
        """
        codes = {id: self._code(id, label) for id, label in answers.items()}
        with self._whole_or_not():
            sounded = False
            for id, code in codes.items():
                was_waiting = id in self._memory.waiting
                asked = self._memory.add(id, code).asked
                heard = asked.random or self.settings.watch == "asked"
                if self.drift is not None and was_waiting and heard and asked.predicted >= 0:
                    sounded |= bool(self.drift.update(float(asked.predicted != code)))
            if sounded:
                self._reopen()
            return Told(self.n_labels, self._refit(at_once=sounded), sounded)

    def teach(self, X: Any, labels: Sequence[Label]) -> Told:
        """Take in labels that came unasked: those there are at the start, or from elsewhere.

        They cost the budget nothing, and have no propensity.

        Raises
        ------
        InvalidInput
            If the items are not like those that came before, or hold NaN that the learner does not take, or a label is
            missing or none of the classes; then nothing was taken in.
        """
        items = self._door.read("X", X)
        if len(items) != len(labels):
            raise InvalidInput(f"labels: must be one per item, {len(items)}; got {len(labels)}. Pass both alike.")
        codes = [self._class_of(label) for label in labels]
        with self._whole_or_not():
            for row, code in enumerate(codes):
                id = self._own_id()
                self._memory.waiting[id] = Asked(id, items[row], self.n_seen)
                self._memory.add(id, code)
            self._door.remember(items)
            return Told(self.n_labels, self._refit(at_once=self.model is None), False)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that says all: settings, budget, labels, what is awaited, and what the detector has heard."""
        return {
            "classes": list(self.classes),
            "learner": self.learner.describe(),
            "manager": self.manager.describe(),
            "settings": self.settings.to_json(),
            "ledger": self._ledger.to_json(),
            "memory": self._memory.to_json(),
            "since": self._since,
            "taught": self._n_taught,
            "width": self._door.width,
            "alarms": self._alarms,
            "drift": None if self.drift is None else self.drift.to_json(),
        }

    @classmethod
    def from_json(
        cls,
        body: Mapping[str, Any],
        *,
        learner: Any = None,
        utility: str | Callable[[Floats], Floats] | None = None,
        drift: DetectsChange | None = None,
    ) -> Stream:
        """The stream that `to_json` wrote down, its model fitted again.

        Parameters
        ----------
        body : mapping
        learner, utility, drift
            What JSON does not hold: a learner other than Querist's or scikit-learn's, a utility of your own, a
            detector other than Querist's.

        Raises
        ------
        InvalidInput
            If it is nothing that `to_json` wrote.
        """
        lacking = [name for name in SAVED if name not in body] if isinstance(body, Mapping) else list(SAVED)
        if lacking:
            raise InvalidInput(f"body: must be what a stream's `to_json` gave; it has no {lacking[0]!r}. {WHERE}")
        if drift is None and body["drift"] is not None:
            drift = detector_from_json(body["drift"])
        described = {"encoder": IdentityEncoder().describe(), "learner": body["learner"]}
        stream = cls(
            recipe_from_json(described).learner if learner is None else learner,
            classes=body["classes"],
            manager=manager_from_json(body["manager"]),
            utility=utility,
            drift=drift,
            settings=Settings.from_json(body["settings"]),
        )
        stream._ledger = Ledger.from_json(body["ledger"])
        stream._memory = Memory.from_json(body["memory"])
        stream._since, stream._alarms = body["since"], list(body["alarms"])
        stream._n_taught = body.get("taught", 0)  # older files do not say it
        known = next(iter(stream._memory.items()), None)
        stream._door.width = body.get("width", None if known is None else width_of(known))
        for at in range(len(stream._memory.n_fitted)):
            stream._fit(at)
        return stream

    def save(self, path: str | PathLike[str]) -> None:
        """Write `to_json` to a file, whole or not at all."""
        with replacing(Path(path)) as file:
            file.write(json.dumps(self.to_json()).encode())

    @classmethod
    def load(cls, path: str | PathLike[str], **kept: Any) -> Stream:
        """The stream that `save` wrote; keywords as for `from_json`.

        Raises
        ------
        InvalidInput
            If the file is none of those.
        """
        try:
            body = json.loads(Path(path).read_text("utf-8"))
        except ValueError:
            raise InvalidInput(f"path: must be a file that `save` wrote; {str(path)!r} is not JSON. {WHERE}") from None
        return cls.from_json(body, **kept)

    @contextmanager
    def _whole_or_not(self) -> Iterator[None]:
        """What is taken in is taken in whole: where the learner cannot be fitted on it, all is as it was.

        A drift detector of one's own is left as it is; it may have no way back.
        """
        memory, members, ledger = self._memory.copy(), self._members, self._ledger
        since, alarms, n_taught, width = self._since, list(self._alarms), self._n_taught, self._door.width
        heard = self.drift.to_json() if isinstance(self.drift, Adwin | PageHinkley) else None
        try:
            yield
        except BaseException:
            self._memory, self._members, self._ledger = memory, members, ledger
            self._since, self._alarms, self._n_taught, self._door.width = since, alarms, n_taught, width
            if heard is not None:
                self.drift = detector_from_json(heard)
            raise

    def _probs(self, items: Any) -> Floats:
        model = self.model
        if model is None or not len(items):
            return np.full((len(items), len(self.classes)), 1 / len(self.classes))
        return model.predict_proba(items)

    def _names(self, n_items: int, ids: Sequence[Id] | None) -> Sequence[Id]:
        if ids is None:
            numbers = range(self.n_seen, self.n_seen + n_items)
            for number in numbers:
                if number in self._memory.waiting:
                    raise InvalidInput(
                        f"ids: must be given where an item's number in the stream is taken; {number} is awaited "
                        "already. Give every item its own."
                    )
            return numbers
        names = list(ids)
        if len(names) != n_items:
            raise InvalidInput(f"ids: must be one per item, {n_items}; got {len(names)}. Pass both alike.")
        seen: set[Id] = set()
        for name in names:
            if name in seen or name in self._memory.waiting:
                raise InvalidInput(f"ids: must be of one item each; {name!r} comes twice. Give every item its own.")
            seen.add(name)
        return names

    def _own_id(self) -> Id:
        """A name for an item that came with its label; what is remembered or awaited has others."""
        while True:
            self._n_taught += 1
            id = f"taught {self._n_taught}"
            if id not in self._memory.labels and id not in self._memory.waiting:
                return id

    def _code(self, id: Id, label: Label) -> int:
        if id not in self._memory.waiting and id not in self._memory.labels:
            raise InvalidInput(
                f"answers: must be of items that were asked; {id!r} was not, or is long forgotten. "
                "Use the ids of the decisions, or `teach` for labels that came unasked."
            )
        return self._class_of(label)

    def _class_of(self, label: Label) -> int:
        try:
            return self.classes.index(label.item() if isinstance(label, np.generic) else label)
        except ValueError:
            near = nearest(str(label), [str(each) for each in self.classes])
            hint = f"Did you mean {near!r}?" if near else f"They are {', '.join(map(repr, self.classes))}."
            raise InvalidInput(f"label: must be one of the classes; got {label!r}. {hint}") from None

    def _reopen(self) -> None:
        self._alarms.append(self.n_seen)
        places = sorted((each.asked.place for each in self._memory.labels.values()), reverse=True)
        self._since = places[min(self.settings.after_drift, len(places)) - 1]
        labels = min(self.settings.reopen, max(1.0, WITHIN * self.manager.budget * self.n_seen))
        items = max(1, round(labels / self.manager.budget))  # so that for a while twice as much is asked
        self._ledger = reopened(self._ledger, labels=labels, items=items)

    def _refit(self, *, at_once: bool) -> bool:
        """Fit the models that are due: that of a short span after a few new labels, that of a long one after many."""
        spans, n_labels = self.settings.spans, self.n_labels
        n_fitted = self._memory.n_fitted or [0] * len(spans)
        due = [n_labels - n >= self._wanted(min(span, n_labels)) for span, n in zip(spans, n_fitted, strict=True)]
        if at_once or due[-1] or self.model is None:
            return n_labels > n_fitted[-1] and self._fit_all()
        for at in range(len(spans)):
            if due[at]:
                self._memory.n_fitted[at] = n_labels
                self._fit(at)
        return any(due)

    def _wanted(self, span: int) -> float:
        return max(self.settings.refit_every, self.settings.growth * span)

    def _fit_all(self) -> bool:
        # Where all that came since a change is of one class, what is older still tells the classes apart.
        for since in (self._since, 0):
            labels = self._memory.last(self.settings.memory, since)
            if len({each.code for each in labels.values()}) > 1:
                self._memory.labels = labels
                self._memory.n_fitted = [len(labels)] * len(self.settings.spans)
                for at in range(len(self.settings.spans)):
                    self._fit(at)
                return True
        return False

    def _fit(self, at: int) -> None:
        """Fit the model of one span; none where a shorter one has all labels, or they are of one class."""
        spans, n_first = self.settings.spans, self._memory.n_fitted[at]
        members = dict(self._members)
        members.pop(spans[at], None)
        X, y = self._memory.rows(n_first, spans[at])
        told_apart = len(np.unique(y)) > 1
        if told_apart and (at == 0 or n_first > spans[at - 1]):
            rng = generator(self.settings.seed, "stream fit", self._memory.place_of(n_first - 1), spans[at])
            members[spans[at]] = self.learner.fit(X, y, n_classes=len(self.classes), rng=rng)
        self._members = members
