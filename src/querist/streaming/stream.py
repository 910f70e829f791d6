"""A stream for users: decide, tell, and a model that follows what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.atomic import replacing
from querist.core.checks import Floats, nearest
from querist.core.errors import InvalidInput
from querist.core.items import n_rows
from querist.core.ports import DetectsChange, Learner, Model
from querist.core.rng import generator
from querist.learners import IdentityEncoder, recipe_from_json
from querist.learners.sklearn import as_learner
from querist.loop.ledger import Ledger, lent, reopened
from querist.loop.managers import DEFAULT, Manager, manager_from_json
from querist.loop.managers import manager as named_manager
from querist.loop.stream import decide
from querist.metrics import detector_from_json
from querist.strategies import entropy, least_confidence, margin
from querist.streaming.decisions import Decisions, Label, Told
from querist.streaming.labels import Asked, Id, Memory
from querist.streaming.learning import Mean, default_learner
from querist.streaming.settings import Settings

UTILITIES: Mapping[str, Callable[[Floats], Floats]] = {
    "entropy": entropy,
    "least_confidence": least_confidence,
    "margin": margin,
}
WITHIN = 0.01  # of what the budget gave so far: how far a reopened stream may go beyond it for a while


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
        self.classes = _checked(classes)
        self.learner: Learner = default_learner() if learner is None else as_learner(learner)
        self.manager = _manager(manager, budget, window, len(self.classes))
        self.settings = _settings(settings, learning)
        self.drift = drift
        self._utility = _utility(utility or self.manager.utility)
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
        model = self.model
        return (
            np.full((n_rows(X), len(self.classes)), 1 / len(self.classes)) if model is None else model.predict_proba(X)
        )

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
            If there is not an id for each item, or one comes twice; nothing was decided then.
        """
        items = X if isinstance(X, list) and X and isinstance(X[0], str) else np.asarray(X, dtype=np.float64)
        names = self._names(n_rows(items), ids)
        first = self._ledger.seen
        if self.model is None:
            probs, utilities = None, np.ones(n_rows(items))
        else:
            probs = self.predict_proba(items)
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
        predictions = [None if code < 0 else self.classes[code] for code in codes]
        return Decisions(names, said.ask, predictions, probs, said.utilities, said.propensities, said.random)

    def tell(self, answers: Mapping[Id, Label]) -> Told:
        """Take answers in, of items that were asked, whenever and in whatever order they come.

        Another answer for an item that is remembered takes the place of the first.

        Raises
        ------
        InvalidInput
            If an item was not asked or a label is none of the classes; then nothing was taken in.
        """
        codes = {id: self._code(id, label) for id, label in answers.items()}
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
        """
        items = X if isinstance(X, list) and X and isinstance(X[0], str) else np.asarray(X, dtype=np.float64)
        if n_rows(items) != len(labels):
            raise InvalidInput(f"labels: must be one per item, {n_rows(items)}; got {len(labels)}. Pass both alike.")
        codes = [self._class_of(label) for label in labels]
        for row, code in enumerate(codes):
            id = self._own_id()
            self._memory.waiting[id] = Asked(id, items[row], self.n_seen)
            self._memory.add(id, code)
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
        """
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
        for at in range(len(stream._memory.n_fitted)):
            stream._fit(at)
        return stream

    def save(self, path: str | PathLike[str]) -> None:
        """Write `to_json` to a file, whole or not at all."""
        with replacing(Path(path)) as file:
            file.write(json.dumps(self.to_json()).encode())

    @classmethod
    def load(cls, path: str | PathLike[str], **kept: Any) -> Stream:
        """The stream that `save` wrote; keywords as for `from_json`."""
        return cls.from_json(json.loads(Path(path).read_text("utf-8")), **kept)

    def _names(self, n_items: int, ids: Sequence[Id] | None) -> Sequence[Id]:
        if ids is None:
            return range(self.n_seen, self.n_seen + n_items)
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


def _checked(classes: Sequence[Label]) -> tuple[Label, ...]:
    found = tuple(each.item() if isinstance(each, np.generic) else each for each in classes)
    if len(set(found)) != len(found) or len(found) < 2:
        raise InvalidInput(f"classes: must be two or more, each once; got {list(found)!r:.80}. Name what items may be.")
    return found


def _manager(manager: str | Manager, budget: float, window: int | None, n_classes: int) -> Manager:
    if isinstance(manager, Manager):
        return manager
    settings: dict[str, Any] = {"budget": budget}
    if window is not None:
        settings["window"] = window
    if manager == "fixed":
        settings["n_classes"] = n_classes
    return named_manager(manager, **settings)


def _settings(settings: Settings | None, named: Mapping[str, Any]) -> Settings:
    if settings is not None and named:
        raise InvalidInput(f"settings: must be given whole or by name; got both ({', '.join(named)}). Choose one.")
    for name in named:
        if name not in Settings.__dataclass_fields__:
            known = tuple(Settings.__dataclass_fields__)
            near = nearest(name, known)
            hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(known)}."
            raise InvalidInput(f"settings: must be one of a stream's; got {name!r}. {hint}")
    return settings or Settings(**named)


def _utility(utility: str | Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    if callable(utility):
        return utility
    if utility not in UTILITIES:
        raise InvalidInput(
            f"utility: must be one of {', '.join(map(repr, UTILITIES))}, or a function; got {utility!r}. "
            "A function takes class probabilities and gives a number per item."
        )
    return UTILITIES[utility]
