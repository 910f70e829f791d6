"""A project as one object, thin over the services that do the work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from querist.core.copies import Copies
from querist.core.errors import InvalidInput
from querist.core.evidence import Point
from querist.core.gate import GateDecision, GateRules
from querist.core.ports import Progress, silent
from querist.core.slices import SliceVersion
from querist.core.state import Answer, Value
from querist.service import copies as copying
from querist.service import (
    datasets,
    drifting,
    estimating,
    evidence,
    intake,
    labeling,
    promoting,
    rounds,
    streaming,
    training,
)
from querist.service import report as reports
from querist.service import slices as slicing
from querist.service import status as statuses
from querist.service import verify as verifying
from querist.service.answered import answered
from querist.service.figures import Figure
from querist.service.workspace import Workspace
from querist.simulation.hindsight import Hindsight
from querist.simulation.hindsight import hindsight as look_back


class Project:
    """A project: items in, questions out, answers in, models, versions, reports.

    Made by `querist.open`. Use it as a context manager, or close it.
    """

    def __init__(self, work: Workspace) -> None:
        self._work = work

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._work.close()

    @property
    def name(self) -> str:
        """The project's name."""
        return self._work.name

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
        progress: Progress = silent,
    ) -> intake.Added:
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
        """
        if isinstance(source, str | Path):
            return intake.add_file(
                self._work,
                source,
                label=label,
                drop=drop,
                split=split,
                id_column=id_column,
                kinds=kinds,
                header=header,
                encoding=encoding,
                quote=quote,
                progress=progress,
            )
        return intake.add_items(
            self._work,
            source,
            label=label,
            drop=drop,
            split=split,
            id_column=id_column,
            kinds=kinds,
            progress=progress,
        )

    def ask(
        self,
        n: int | None = None,
        *,
        to: str | Path | None = None,
        split: str = "pool",
        annotator: str | None = None,
        certify: bool = False,
        progress: Progress = silent,
    ) -> rounds.Asked:
        """Choose the next items to label; `to` also writes them as a worksheet.

        `annotator` says who will answer: a strategy that buys second answers asks nothing that they have answered.
        With `certify`, items are drawn to prove how often the newest model is wrong: see the page on stopping rules.
        """
        return rounds.ask(self._work, n, split=split, to=to, annotator=annotator, certify=certify, progress=progress)

    def pending(self) -> rounds.Asked:
        """Everything that is out with annotators."""
        return rounds.pending(self._work)

    def tell(
        self,
        answers: Mapping[str, Value] | Sequence[Answer] | str | Path,
        *,
        annotator: str = "anonymous",
        partial: bool = False,
    ) -> labeling.Told:
        """Take in answers by item id, or a worksheet by its path: all of them, or none, unless `partial`.

        Raises
        ------
        InvalidInput
            If an id or a value is wrong. A worksheet with wrong rows does not raise: its account lists them.
        """
        if isinstance(answers, str | Path):
            return labeling.tell_file(self._work, answers, annotator=annotator, partial=partial)
        if partial:
            raise InvalidInput("partial: must be of a worksheet; got answers by id. Leave out what is wrong.")
        return labeling.tell(self._work, answers, annotator=annotator)

    def decide(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        budget: float | None = None,
        manager: str | None = None,
        keep: str = "asked",
        key: str | None = None,
    ) -> streaming.Decided:
        """Ask or predict, for each item of a stream as it comes, by the project's newest model.

        What is asked joins the pool and is pending. Where the stream stands is on record: the next call goes on from
        there, also after a crash. For a model that is fitted as answers come, without a project, see `Stream`.

        Parameters
        ----------
        items : iterable of mapping
            By field, in the order in which they came; `id` names one, and without it the item's content does.
        budget : float, optional
            The share of items that may be asked; by default as before, at first a tenth.
        manager : str, optional
            How it is spent; by default as before, at first by the balanced incremental quantile.
        keep : {"asked", "all"}
            Whether items that are not asked join the pool, too.
        key : str, optional
            Of this call. Sent again, after a crash say, it is told what was decided, and nothing is decided twice.

        Returns
        -------
        decided : Decided
            `decisions`, in the items' order: `ask`, `prediction`, `probability`, `utility`, `propensity`, `reason`.
        """
        found = streaming.decide_on(self._work, list(items), budget=budget, manager=manager, keep=keep, key=key)
        streaming.enqueue(self._work)
        return found

    def withdraw(self, number: int | None = None) -> int:
        """Take back questions nobody has answered, of one round or of all."""
        return rounds.withdraw(self._work, number)

    def train(self, *, progress: Progress = silent) -> training.Trained:
        """Freeze the labels, fit a model on them, measure it on the test set."""
        return training.train(self._work, progress=progress)

    def estimate(
        self, metric: str | None = None, *, of: str | None = None, level: float = 0.9, progress: Progress = silent
    ) -> estimating.Believed:
        """A metric of the newest model, with an interval that covers, and what the chosen labels alone would say.

        Parameters
        ----------
        metric : str, optional
            By default what suits the project: accuracy, macro-F1 where classes are many or skewed, or R².
        of : str, optional
            The class, for `share`, `precision`, `recall`, `f1` and `auc`.
        level : float
            Of the interval.

        Raises
        ------
        InvalidInput
            If no model was trained, or too few test items are labeled.
        """
        return estimating.believe(self._work, metric, of=of, level=level, progress=progress)

    def drift(
        self,
        source: str | Path | Iterable[Mapping[str, Any]] | None = None,
        *,
        since: datetime | None = None,
        level: float = 0.05,
        to: str | Path | None = None,
        progress: Progress = silent,
    ) -> drifting.Drift:
        """Whether new items, their scores, labels and errors are still what they were, and what to do if not.

        Parameters
        ----------
        source : path, or iterable of mappings, optional
            New items that are not in the project yet.
        since : datetime, optional
            Items added at this time or later are the new ones; UTC, where it says no zone. By default those since the
            newest model was fitted, or those of the last import.
        level : float
            The share of looks in which anything alarms where nothing has changed.
        to : path, optional
            Where to write the items to label again as a worksheet, where the plan says so.

        Raises
        ------
        InvalidInput
            If there is nothing new, or too little to compare.
        """
        return drifting.look(self._work, source, since=since, level=level, to=to, progress=progress)

    def evidence(self, *, refresh: bool = True, progress: Progress = silent) -> tuple[Figure, ...]:
        """What is known of the project's worth: how good its model is, what it has saved, when to stop.

        Parameters
        ----------
        refresh : bool
            Whether to find anew what has changed since the last look, which fits some dozens of small models; else
            each figure is told as it was last found.
        """
        if refresh:
            return evidence.refresh(self._work, progress=progress)
        return evidence.evidence(self._work)

    def gate(
        self,
        *,
        rules: GateRules | None = None,
        by: Sequence[str] = (),
        metric: str | None = None,
        unlabeled: bool = False,
        progress: Progress = silent,
    ) -> GateDecision:
        """Whether the newest model may take the place of the promoted one, decided on the test set and recorded.

        Parameters
        ----------
        rules : GateRules, optional
            What must be shown.
        by : sequence of str
            Fields whose values are cohorts; by default the project's strata field, if it has one.
        metric : {"macro_f1", "auc"}, optional
            For all items together, in place of accuracy.
        unlabeled : bool
            Whether to make use of what both models say of the test set's unlabeled items.

        Raises
        ------
        InvalidInput
            If no model is newer than the promoted one, or no test item is labeled.
        """
        return promoting.decide(self._work, rules=rules, by=by, metric=metric, unlabeled=unlabeled, progress=progress)

    def gate_standing(self) -> promoting.GateStanding:
        """Which model may serve, the last decisions, and where the online gate is."""
        return promoting.standing(self._work)

    def gate_observe(
        self,
        pairs: Sequence[Sequence[float]],
        *,
        model: int | None = None,
        margin: float | None = None,
        level: float | None = None,
        key: str | None = None,
    ) -> promoting.Observed:
        """Take in how the new and the old model did on the same cases in use; step on, or close, where that suffices.

        Parameters
        ----------
        pairs : sequence of (new, old)
            Scores in [0, 1]: 1 for right, 0 for wrong.
        model : int, optional
            The new model's number; must be named to begin.
        margin, level : float, optional
            Said at the beginning, they stay: 0.02 and 0.95 by default.
        key : str, optional
            Pairs sent again with the same word count once.
        """
        return promoting.observe(self._work, pairs, model=model, margin=margin, level=level, key=key)

    def curve(self) -> tuple[Point, ...]:
        """The learning curve: what each model measured on the test set."""
        with self._work.database.reading() as conn:
            return statuses.curve(conn, self._work)

    def status(self) -> statuses.Status:
        """The story so far, and what to do next."""
        return statuses.status(self._work)

    def freeze(self, note: str = "") -> datasets.Frozen:
        """Make the labels as they are now a dataset version."""
        return datasets.freeze(self._work, note)

    def export(
        self,
        path: str | Path,
        *,
        version: int | None = None,
        file_format: str | None = None,
        force: bool = False,
    ) -> datasets.Exported:
        """Write labeled items to a file, with why each was asked; over a file that is no export only by `force`."""
        return datasets.export(self._work, path, version=version, file_format=file_format, force=force)

    def report(self, path: str | Path = "report.html") -> Path:
        """Write the project's page."""
        return reports.write_report(self._work, path)

    def verify(self, *, progress: Progress = silent) -> list[Any]:
        """Check that everything stored agrees with itself; the list of what does not."""
        return list(verifying.verify(self._work, progress=progress))

    def copies(self, *, progress: Progress = silent) -> Copies:
        """Copies of test and calibration items in the pool, over all that is stored."""
        return copying.find(self._work, progress=progress)

    def set_copies_aside(self) -> int:
        """Take the copies of held-out items out of the pool; how many items that were."""
        return slicing.set_aside(self._work)

    def slices(self) -> list[SliceVersion]:
        """Every version of the test set and of the calibration slice."""
        return slicing.slices(self._work)

    def extend(self, n: int, *, split: str = "test") -> slicing.Extended:
        """Draw items at random from the whole pool into the test set or the calibration slice: its next version.

        Parameters
        ----------
        n : int
        split : {"test", "calibration"}

        Raises
        ------
        PoolExhausted, InvalidInput
            If the pool has not so many, or the last draw is not labeled yet.
        """
        return slicing.extend(self._work, n, split=split)

    def replay(self, number: int) -> rounds.Replayed:
        """Draw a round again from what is stored, and compare."""
        return rounds.replay(self._work, number)

    def hindsight(
        self,
        strategies: Sequence[str] = (),
        *,
        seeds: int = 10,
        metric: str | None = None,
        level: float = 0.9,
        n_jobs: int | None = 1,
        progress: Progress = silent,
    ) -> Hindsight:
        """What random, and other strategies, would have reached with the labels there are, and how sure that is.

        Parameters
        ----------
        strategies : sequence of str
            Others to look back with.
        seeds : int
            Samples of the labels that are drawn.
        metric : str, optional
            By default the project's own.
        level : float
            Share of projects that a range holds.
        n_jobs : int, optional
            Processes; None is one per core.

        Raises
        ------
        InvalidInput
            If too few items were drawn at random to know what random would have done.
        """
        past = answered(self._work, progress=progress)
        return look_back(past, strategies, seeds=seeds, metric=metric, level=level, n_jobs=n_jobs, progress=progress)
