"""Items that come one after another: each is asked or predicted at once, and what is asked joins the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from querist.core.checks import Floats, one_of
from querist.core.errors import Conflict, InvalidInput
from querist.core.items import Columns, FieldSpec
from querist.core.policy import Budget, Policy
from querist.core.state import Batch, Purpose, Query
from querist.loop.budget import n_paid_by
from querist.loop.ledger import Ledger
from querist.loop.managers import DEFAULT, MANAGERS, Density, Manager, manager_from_json
from querist.loop.managers import manager as named_manager
from querist.loop.stream import Verdicts, decide_within
from querist.modeling import kind
from querist.service import intake, rounds, stream_items, training
from querist.service.known import prices_of
from querist.service.workspace import Serving, Workspace
from querist.store import findings, items, labels, models, projects
from querist.store import rounds as stored
from querist.store.db import Connection
from querist.strategies import least_confidence, margin
from querist.streaming import Decision, Decisions

BUDGET = 0.1
KEPT = ("asked", "all")
UTILITIES = {"margin": margin, "least_confidence": least_confidence}
STRATEGY = "stream"
SPENT = "the project's budget is used up, so that nobody is asked"


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be done with the items that came, and where the stream stands.

    Parameters
    ----------
    decisions : sequence of Decision
        In the items' order.
    n_seen, n_asked : int
        Of the whole stream.
    budget : float
    manager : str
    model : int or None
        Whose predictions they are.
    """

    decisions: tuple[Decision, ...]
    n_seen: int
    n_asked: int
    budget: float
    manager: str
    model: int | None


def decide_on(
    work: Workspace,
    given: Sequence[Mapping[str, Any]],
    *,
    budget: float | None = None,
    manager: str | None = None,
    keep: str = "asked",
    key: str | None = None,
) -> Decided:
    """Ask or predict, for each of the items that came.

    What is asked joins the project's pool and its queue: here at the next `enqueue`, on a server when its worker comes
    by. Where the stream stands is on record before this returns, so that nothing that was said is forgotten. Once the
    budget of the project's policy is used up, items are predicted only, with propensity 0.

    Parameters
    ----------
    given : sequence of mapping
        Items by field; `id` names one, and without it the item's content does.
    budget : float, optional
        The share of items that may be asked; by default as before, at first a tenth.
    manager : str, optional
        How it is spent; by default as before, at first by the balanced incremental quantile.
    keep : {"asked", "all"}
        Whether items that are not asked join the pool, too.
    key : str, optional
        Of this call, made by whoever sends it. Sent again, it is told what was decided, and nothing is decided twice.

    Raises
    ------
    InvalidInput
        If the project asks for no class, an item does not fit its fields or comes twice, is in the project already or
        on its way there, or a setting is wrong. Nothing was decided then.
    Conflict
        If the key was used for other items.
    """
    one_of("keep", keep, KEPT)
    with work.database.reading() as conn:
        schema, spec, newest = work.schema(conn), work.spec(conn), models.latest(conn, work.project_id)
        if schema.task != "choice":
            raise InvalidInput(f"task: must be a choice of one class for a stream; this project's is {schema.task}.")
        named = stream_items.named(given, spec)
        if (before := _before(conn, work, key, list(named))) is not None:
            return before
        shapes = work.settings(conn).get("shapes", {})
    came = stream_items.inputs(stream_items.read(named, spec, shapes), spec)
    serving = None if newest is None else _serving(work, newest.number)
    probs = None
    if serving is not None and named:
        probs = kind(schema).predict(serving.model, serving.encoding.features(came))
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        if (before := _before(conn, work, key, list(named))) is not None:
            return before
        last = findings.latest(conn, work.project_id, "stream")
        body: dict[str, Any] = {} if last is None else dict(last.body)
        waiting = [
            item
            for each in findings.since(conn, work.project_id, "stream", body.get("joined", 0))
            for item in each.body["items"]
        ]
        _see_new(conn, work, list(named), waiting)
        manner = _manner(body.get("manager"), budget, manager, schema.n_classes)
        ledger = Ledger.from_json(body["ledger"]) if body else Ledger()
        if body and body["manager"]["manager"] != manner.name:
            ledger = Ledger(ledger.seen, ledger.asked, ledger.credit)  # what another manager kept says nothing to it
        utilities = np.ones(len(named)) if probs is None else UTILITIES[manner.utility](probs)
        most = _may_ask(conn, work, came, len(named), waiting)
        ledger, said, n_open = decide_within(manner, ledger, utilities, seed=work.policy(conn).seed, most=most)
        found = _decisions(list(named), said, probs, schema.classes)
        found = (*found[:n_open], *(replace(each, reason=SPENT) for each in found[n_open:]))
        number = None if serving is None else serving.number
        record = {
            "manager": manner.describe(),
            "ledger": ledger.to_json(),
            "joined": body.get("joined", 0),
            "items": [
                {"id": each.id, "fields": named[str(each.id)], **_facts(each)}
                for each in found
                if each.ask or keep == "all"
            ],
            "said": [] if key is None else [{"id": each.id, **_facts(each)} for each in found],
        }
        findings.record(conn, work.project_id, "stream", record, model=number, key=key)
        if "stream" not in (settings := projects.settings(conn, work.project_id)):
            projects.update_settings(conn, work.project_id, {**settings, "stream": True})
    return Decided(found, ledger.seen, ledger.asked, manner.budget, manner.name, number)


def enqueue(work: Workspace) -> int:
    """Take what the stream asked into the pool and the queue; how many questions that were.

    What another call or a worker that was killed has left is taken up here, and nothing twice.
    """
    with work.database.reading() as conn:
        last = findings.latest(conn, work.project_id, "stream")
        if last is None:
            return 0
        joined = last.body["joined"]
        waiting = [each for each in findings.since(conn, work.project_id, "stream", joined) if each.body["items"]]
    if not waiting:
        return 0
    came: dict[str, tuple[int | None, Mapping[str, Any]]] = {}
    for each in waiting:
        for item in each.body["items"]:
            came.setdefault(item["id"], (each.model, item))
    refused = _add(work, [{**item["fields"], "id": id} for id, (_, item) in came.items()])
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        last = findings.latest(conn, work.project_id, "stream")
        assert last is not None
        if last.body["joined"] != joined:
            return 0  # somebody else was faster
        asked = [(model, item) for id, (model, item) in came.items() if item["ask"] and id not in refused]
        n = _ask(conn, work, asked)
        record = {**last.body, "joined": waiting[-1].id, "items": [], "said": []}
        findings.record(conn, work.project_id, "stream", record, model=last.model)
    return n


def _before(conn: Connection, work: Workspace, key: str | None, ids: list[str]) -> Decided | None:
    """What was decided when this key came before, or None."""
    if key is None or (kept := findings.keyed(conn, work.project_id, "stream", key)) is None:
        return None
    found = tuple(Decision(**each) for each in kept.body["said"])
    if [each.id for each in found] != ids:
        raise Conflict(
            f"key: must be of one call; {key!r} came with other items before. Make another, and send the same one only "
            "to send the same items again."
        )
    manner, ledger = manager_from_json(kept.body["manager"]), Ledger.from_json(kept.body["ledger"])
    return Decided(found, ledger.seen, ledger.asked, manner.budget, manner.name, kept.model)


def _see_new(conn: Connection, work: Workspace, ids: Sequence[str], waiting: Sequence[Mapping[str, Any]]) -> None:
    """See that the items are neither in the project nor on their way there."""
    there = items.existing(conn, work.project_id, list(ids))
    on_the_way = {item["id"]: item["ask"] for item in waiting}
    for id in ids:
        if id in there:
            raise InvalidInput(f"items: must be new; {id!r} is in the project already. Leave out what was sent before.")
        if id in on_the_way:
            how = "asked about" if on_the_way[id] else "taken in"
            raise InvalidInput(
                f"items: must be new; {id!r} is being {how} since an earlier call. Leave out what was sent before."
            )


def _may_ask(
    conn: Connection, work: Workspace, came: Columns, n_came: int, waiting: Sequence[Mapping[str, Any]]
) -> int | None:
    """How many of the items that came the project's budget can pay for, whichever they are; None where it has none.

    What the stream asked and nobody has taken into the pool yet is on order, too.
    """
    policy = work.policy(conn)
    budget = policy.budget
    if budget == Budget():
        return None
    ordered = _priced([item for item in waiting if item["ask"]], work.spec(conn), policy)
    n_bought, n_open, open_usd = stored.bought(conn, work.project_id)
    usd = stored.spent_usd(conn, work.project_id) + open_usd + sum(price for _, price in ordered)
    labels_left = None if budget.labels is None else max(0, budget.labels - n_bought - n_open - len(ordered))
    usd_left = None if budget.usd is None else max(0.0, budget.usd - usd)
    return n_paid_by(n_came, prices_of(came, n_came, policy), labels_left, usd_left)


def _priced(
    came: Sequence[Mapping[str, Any]], spec: FieldSpec, policy: Policy
) -> list[tuple[Mapping[str, Any], float]]:
    """The items that were asked, each with what an answer is expected to cost."""
    values = {name: [item["fields"].get(name) for item in came] for name in spec.used}
    costs = prices_of(stream_items.inputs(values, spec), len(came), policy) if came else None
    return list(zip(came, [0.0] * len(came) if costs is None else costs.tolist(), strict=True))


def _serving(work: Workspace, number: int) -> Serving:
    """The model of this number, at hand: fitted again at most once by a process that did not fit it."""
    if (kept := work.served(number)) is not None:
        return kept
    with work.database.reading() as conn:
        last_seq = models.get(conn, work.project_id, number).recipe["last_seq"]
        pool = work.held(conn, "pool")
        knew = work.pool_of(conn, number, last_seq)
        recipe = work.chosen_recipe(conn, knew)
    model = training.model_of(work, number)
    _, encoding = work.encoded(recipe, pool, knew=knew)
    serving = Serving(number, encoding, model)
    work.serve(serving)
    return serving


def _manner(kept: Mapping[str, Any] | None, budget: float | None, name: str | None, n_classes: int) -> Manager:
    """How the budget is spent: as it was, but for what is said now."""
    before = None if kept is None else manager_from_json(kept)
    if name is not None:
        one_of("manager", name, tuple(each for each in MANAGERS if each != Density.name))
    share = budget if budget is not None else BUDGET if before is None else before.budget
    wanted = name or (DEFAULT if before is None else before.name)
    if before is not None and (before.name, before.budget) == (wanted, share):
        return before
    more = {"n_classes": n_classes} if wanted == "fixed" else {}
    return named_manager(wanted, budget=share, **more)


def _decisions(ids: list[str], said: Verdicts, probs: Floats | None, classes: Sequence[str]) -> tuple[Decision, ...]:
    best = [None] * len(ids) if probs is None else [classes[code] for code in probs.argmax(axis=1).tolist()]
    return tuple(Decisions(ids, said.ask, best, probs, said.utilities, said.propensities, said.random))


def _facts(each: Decision) -> dict[str, Any]:
    return {
        "ask": each.ask,
        "prediction": each.prediction,
        "probability": each.probability,
        "utility": each.utility,
        "propensity": each.propensity,
        "random": each.random,
        "reason": each.reason,
    }


def _add(work: Workspace, rows: list[dict[str, Any]]) -> set[str]:
    """Add them to the pool; where one is refused, all the others. Returns the ids of those refused.

    They were answered with a prediction; what the pool cannot hold nobody can be asked.
    """
    how: dict[str, Any] = {"source": "stream", "split": "pool", "id_column": "id"}
    refused: set[str] = set()
    try:
        intake.add_items(work, rows, **how)
    except InvalidInput:
        for row in rows:
            try:
                intake.add_items(work, [row], **how)
            except InvalidInput:
                refused.add(row["id"])
    return refused


def _ask(conn: Connection, work: Workspace, came: Sequence[tuple[int | None, Mapping[str, Any]]]) -> int:
    """Open a round of those that joined the pool and that nobody was asked about yet."""
    found = items.existing(conn, work.project_id, [item["id"] for _, item in came])
    seqs = {id: each.seq for id, each in found.items() if each.split == "pool"}
    known = labels.current(conn, work.project_id, list(seqs.values()))
    taken = {each.item_seq for each in stored.pending(conn, work.project_id, seqs=list(seqs.values()))} | set(known)
    free = [(model, item) for model, item in came if item["id"] in seqs and seqs[item["id"]] not in taken]
    if not free:
        return 0
    number = stored.last_number(conn, work.project_id) + 1
    policy = work.policy(conn)
    priced = _priced([item for _, item in free], work.spec(conn), policy)
    queries = tuple(_query(number, rank, item, usd) for rank, (item, usd) in enumerate(priced))
    rounds.open_round(
        conn,
        work,
        batch=Batch(number, queries, STRATEGY, policy.digest, len(came)),
        seqs=np.array([seqs[item["id"]] for _, item in free], dtype=np.int64),
        policy=policy,
        purpose="strategy",
        model=max((model for model, _ in free if model is not None), default=None),
        dataset_before=None,
        suggestions=[_suggestion(item) for _, item in free],
        context={"stream": True},
    )
    return len(free)


def _query(number: int, rank: int, item: Mapping[str, Any], usd: float) -> Query:
    purpose: Purpose = "exploration" if item["random"] else "strategy"
    utility = None if item["random"] else item["utility"]
    who = "random" if item["random"] else STRATEGY
    return Query(rank, number, rank, utility, item["propensity"], who, purpose, f"{who}: {item['reason']}", usd)


def _suggestion(item: Mapping[str, Any]) -> dict[str, Any] | None:
    if item["prediction"] is None:
        return None
    return {"value": item["prediction"], "score": round(item["probability"], 6)}
