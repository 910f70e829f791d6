"""Whether the newest model may take the place of the one that serves: compared on the frozen test set, and recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from querist.core.checks import Floats, one_of
from querist.core.errors import Conflict, InvalidInput
from querist.core.gate import MOST_CERTAIN, GateDecision, GateRules
from querist.core.hashing import digest
from querist.core.ports import Progress, silent
from querist.metrics import RESAMPLED, Rollout, observe_pairs
from querist.service.comparing import (
    JUDGED,
    LOSSES,
    cohorts_of,
    compared,
    digest_of,
    kept_of,
    said_of,
    said_of_champion,
)
from querist.service.standing import Labels, measured_labels
from querist.service.workspace import Workspace
from querist.store import findings, models, projects
from querist.store.db import Connection

HISTORY = 50
KEYS = 100  # words of the last calls that are remembered


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was made before: when, and by whom."""

    decision: GateDecision
    by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GateStanding:
    """What may serve now, and how it came to it.

    `history` holds the decisions, the newest first; `rollout` where the online gate stands, of `rollout_model` against
    `rollout_champion`.
    """

    promoted: int | None
    history: tuple[Decided, ...] = ()
    rollout: Rollout | None = None
    rollout_model: int | None = None
    rollout_champion: int | None = None

    @property
    def decision(self) -> GateDecision | None:
        """The last."""
        return self.history[0].decision if self.history else None


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where the newest finding of the gate's leaves things: the model that may serve, and the findings that say why."""

    newest: int | None = None
    promoted: int | None = None
    decision: int | None = None
    opening: int | None = None
    rollout: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("promoted", "decision", "opening", "rollout")}


def decide(
    work: Workspace,
    *,
    rules: GateRules | None = None,
    by: Sequence[str] = (),
    metric: str | None = None,
    unlabeled: bool = False,
    who: str = "",
    progress: Progress = silent,
) -> GateDecision:
    """Compare the newest model with the last promoted one on the test set's labels, and record what was decided.

    Parameters
    ----------
    work : Workspace
    rules : GateRules, optional
    by : sequence of str
        The fields whose values are the cohorts; by default the project's strata field, if it has one.
    metric : str, optional
        For all items together, `macro_f1` or `auc`, in place of the mean over items. Classes and cohorts go by that.
    unlabeled : bool
        Whether what both models say of the test set's unlabeled items is made use of, where enough labeled ones differ.
    who : str
        Who asked.

    Returns
    -------
    decision : GateDecision
        `promoted` is the model that may serve after it. The first model that is measured is promoted against nothing.

    Raises
    ------
    InvalidInput
        If there is no model newer than the promoted one, no labeled test item, or no such field.
    Conflict
        If somebody else decided in between.

    Notes
    -----
    Looking at the same two models again, with more labels or by other rules, is a further chance to be wrong: each look
    spends half of what is left of 1 - level, so that all of them together keep it. A model that was fitted again to the
    same labels, and came out the same, is the same model.
    """
    asked = rules or GateRules()
    question = digest([asdict(asked), list(by), metric, unlabeled])
    with work.database.reading() as conn:
        schema = work.schema(conn)
        if schema.task not in JUDGED:
            raise InvalidInput(
                f"task: must be one of {', '.join(JUDGED)} for a gate; this project's is {schema.task}. Compare such "
                "models by their curves: `querist status`."
            )
        if metric is not None:
            one_of("metric", metric, RESAMPLED)
            if JUDGED[schema.task] in LOSSES:
                raise InvalidInput(f"metric: must be left out for {schema.task}; got {metric!r}.")
        newest = models.latest(conn, work.project_id)
        if newest is None:
            raise InvalidInput("model: must be trained before it is promoted; none is. Run `querist train`.")
        before = pointers(conn, work)
        test, pool = work.held(conn, "test"), work.held(conn, "pool")
        tested = measured_labels(work, conn, test, schema)
        cohorts = cohorts_of(conn, work, test, by)
        if before.promoted == newest.number:
            raise InvalidInput(
                f"model: must be newer than the promoted one; model {before.promoted} is both. Run `querist train`."
            )
        _check_unharmed(conn, work, newest.number)
        if not len(tested):
            raise InvalidInput(
                "test set: must hold labeled items to compare models on; none is labeled. "
                "`querist ask --split test -n 200` draws some."
            )
        look = _look(conn, work, before, newest, question, tested)
        opening = _opening(conn, work, before)
        kept = None if opening is None else opening.body.get("kept")
    said = said_of(work, newest.number, schema, test, pool, progress)
    name = metric or JUDGED[schema.task]
    if before.promoted is None:
        sentence = (
            f"Open: model {newest.number} is the first to be measured, so that it was compared with nothing: it is the "
            "one that others must not fall behind."
        )
        decision = GateDecision(True, sentence, name, asked, asked.level, n_items=len(test))
    else:
        was = said_of_champion(work, before.promoted, schema, test, pool, kept, progress)
        level = 1 - (1 - asked.level) / 2**look
        if level > MOST_CERTAIN:
            raise InvalidInput(
                f"model: must not have been compared so often; {newest.number} and {before.promoted} were, "
                f"{look - 1} times. Train another one."
            )
        decision = compared(said, was, tested, schema, cohorts, name, asked, level, unlabeled, len(test))
    decision = replace(
        decision,
        model=newest.number,
        champion=before.promoted,
        promoted=newest.number if decision.opens else before.promoted,
        look=look,
    )
    body: dict[str, Any] = {
        "what": "decision",
        "decision": decision.to_json(),
        "labels": digest_of(tested),
        "question": question,
    }
    if decision.opens:
        body["kept"] = kept_of(said, schema, test)
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        if pointers(conn, work) != before:
            raise Conflict
        body["standing"] = replace(before, promoted=decision.promoted).to_json()
        findings.record(conn, work.project_id, "gate", body, model=newest.number, by=who)
    return decision


def standing(work: Workspace, *, limit: int = HISTORY) -> GateStanding:
    """Which model may serve, the last decisions, and where the online gate is."""
    with work.database.reading() as conn:
        at = pointers(conn, work)
        history = []
        for found in decisions(conn, work, at):
            history.append(Decided(GateDecision.from_json(found.body["decision"]), found.by, found.created_at))
            if len(history) == limit:
                break
        rolled = None if at.rollout is None else findings.get(conn, work.project_id, at.rollout).body
    if rolled is None:
        return GateStanding(at.promoted, tuple(history))
    return GateStanding(
        at.promoted, tuple(history), Rollout.from_json(rolled["rollout"]), rolled["model"], rolled["champion"]
    )


def pointers(conn: Connection, work: Workspace) -> Pointers:
    """Where the newest finding of the gate's leaves things."""
    last = findings.latest(conn, work.project_id, "gate")
    if last is None:
        return Pointers()
    at = Pointers(newest=last.id, **last.body["standing"])
    if last.body["what"] == "rollout":
        return replace(at, rollout=last.id, opening=last.id if last.body["opened"] else at.opening)
    opens = last.body["decision"]["opens"]
    return replace(at, decision=last.id, opening=last.id if opens else at.opening)


def decisions(conn: Connection, work: Workspace, at: Pointers) -> Iterator[findings.Finding]:
    """The findings that are decisions, the newest first."""
    number = at.decision
    while number is not None:
        found = findings.get(conn, work.project_id, number)
        yield found
        number = found.body["standing"]["decision"]


def _opening(conn: Connection, work: Workspace, at: Pointers) -> findings.Finding | None:
    """What promoted the model that may serve; None where that one has its place back from another."""
    found = None if at.opening is None else findings.get(conn, work.project_id, at.opening)
    return found if found is not None and found.model == at.promoted else None


def _check_unharmed(conn: Connection, work: Workspace, model: int) -> None:
    """See that the model did no harm in use: what the test set says of it cannot make up for that."""
    tried = findings.latest_about(conn, work.project_id, "gate", "rollout", model)
    if tried is not None and Rollout.from_json(tried.body["rollout"]).is_closed:
        raise InvalidInput(f"model: must not have been closed on harm in use; model {model} was. Run `querist train`.")


def _look(
    conn: Connection, work: Workspace, at: Pointers, model: models.ModelRecord, question: str, tested: Labels
) -> int:
    """How often these two will have been compared: the same question to the same labels is no further look."""
    for found in decisions(conn, work, at):
        before = GateDecision.from_json(found.body["decision"])
        if before.model is None or not _same(models.get(conn, work.project_id, before.model), model):
            break  # each decision was about the newest model of its time
        if before.champion == at.promoted:
            again = (found.body.get("question"), found.body["labels"]) == (question, digest_of(tested))
            return before.look + int(not again)
    return 1


def _same(one: models.ModelRecord, other: models.ModelRecord) -> bool:
    """Whether they are one model: by number, or because a second fit to the same labels came out the same."""
    if one.number == other.number:
        return True
    return one.probe_digest is not None and (one.dataset, one.probe_digest) == (other.dataset, other.probe_digest)


@dataclass(frozen=True, slots=True)
class Observed:
    """Where the online gate is after the outcomes that came in.

    `share` is the part of the traffic that `model` may answer; `champion` answers the rest. `stepped` says whether
    these outcomes changed that; `promoted` is the model that may serve all of it.
    """

    rollout: Rollout
    share: float
    model: int
    champion: int
    promoted: int | None
    stepped: bool
    sentence: str


def observe(
    work: Workspace,
    pairs: Sequence[Sequence[float]],
    *,
    model: int | None = None,
    margin: float | None = None,
    level: float | None = None,
    key: str | None = None,
    who: str = "",
) -> Observed:
    """Take in how two models did on the same cases, as their labels come in; step on, or close, where that suffices.

    Parameters
    ----------
    work : Workspace
    pairs : sequence of (new, old)
        Each model's score of a case, in [0, 1]: 1 for right and 0 for wrong, or anything between.
    model : int, optional
        The new model. Must be named to begin; later it is the one that is under way. It is compared with the promoted
        model, or, where it is that itself, with the one whose place it took. One that was under way before goes on
        where it was, and one that was closed stays closed.
    margin, level : float, optional
        As for the rules; said at the beginning, they stay.
    key : str, optional
        A word for these pairs: sent again with the same word, they count once.
    who : str

    Raises
    ------
    NotFound
        If there is no such model.
    InvalidInput
        If nothing is under way and `model` is not named, there is nothing to compare it with, or a score lies outside
        0..1.

    Notes
    -----
    One transaction, in which the state is read and the next one recorded: outcomes that come in from two sides at once
    both count.
    """
    scores = _scores(pairs)
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        at = pointers(conn, work)
        body = None if at.rollout is None else findings.get(conn, work.project_id, at.rollout).body
        if body is None or (model is not None and model != body["model"]):
            body = _begun(conn, work, at, model, margin, level)
        _check_same(Rollout.from_json(body["rollout"]), margin, level)
        state = Rollout.from_json(body["rollout"])
        seen = body.get("keys", [])
        if state.is_closed or (key is not None and key in seen):
            return _observed(body, state, at.promoted, stepped=False)
        after = observe_pairs(state, scores[:, 0] - scores[:, 1])
        opened = after.is_all and not state.is_all
        promoted = body["model"] if opened else at.promoted
        if after.is_closed and at.promoted == body["model"]:
            promoted = body["champion"]
        record = {
            "what": "rollout",
            "model": body["model"],
            "champion": body["champion"],
            "rollout": after.to_json(),
            "opened": opened,
            "keys": [*seen, key][-KEYS:] if key is not None else seen,
            "standing": replace(at, promoted=promoted).to_json(),
        }
        findings.record(conn, work.project_id, "gate", record, model=body["model"], by=who)
    return _observed(record, after, promoted, stepped=len(after.steps) > len(state.steps))


def _begun(
    conn: Connection, work: Workspace, at: Pointers, model: int | None, margin: float | None, level: float | None
) -> dict[str, Any]:
    if model is None:
        raise InvalidInput("model: must be named where none is on its way yet; got none. Pass the new model's number.")
    models.get(conn, work.project_id, model)
    champion = at.promoted
    opening = _opening(conn, work, at)
    if champion == model and opening is not None:
        said = opening.body if opening.body["what"] == "rollout" else opening.body["decision"]
        champion = said["champion"]
    if champion is None or champion == model:
        raise InvalidInput(
            f"model: must have one to be compared with; model {model} has none, since no other was promoted before it. "
            "Run `querist gate` on the model that serves now, then train the next."
        )
    tried = findings.latest_about(conn, work.project_id, "gate", "rollout", model)
    if tried is not None and (tried.body["champion"] == champion or Rollout.from_json(tried.body["rollout"]).is_closed):
        return dict(tried.body)  # to begin anew would be another chance to be wrong
    start = Rollout()
    start = replace(
        start, margin=start.margin if margin is None else margin, level=start.level if level is None else level
    )
    return {"model": model, "champion": champion, "rollout": start.to_json()}


def _check_same(state: Rollout, margin: float | None, level: float | None) -> None:
    for name, said, was in (("margin", margin, state.margin), ("level", level, state.level)):
        if said is not None and said != was:
            raise InvalidInput(
                f"{name}: must stay as it was at the beginning, {was:g}; got {said:g}. Leave it out: evidence that was "
                "gathered for one claim is none for another."
            )


def _observed(body: Mapping[str, Any], state: Rollout, promoted: int | None, *, stepped: bool) -> Observed:
    return Observed(state, state.share, body["model"], body["champion"], promoted, stepped, state.sentence)


def _scores(pairs: Sequence[Sequence[float]]) -> Floats:
    try:
        scores = np.asarray(pairs, dtype=np.float64).reshape(-1, 2) if len(pairs) else np.empty((0, 2))
    except (TypeError, ValueError):
        scores = np.empty((0, 2))
    if len(scores) != len(pairs) or not bool(np.all((scores >= 0) & (scores <= 1))):
        raise InvalidInput(
            "pairs: must be pairs of scores in 0..1, the new model's first; got something else. Pass [1, 0] where only "
            "the new one was right."
        )
    return scores
