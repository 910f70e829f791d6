"""The loop's two verbs: `ask` for a batch, `tell` its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from querist.core import checks
from querist.core.checks import Array, Rows
from querist.core.crowd import ANONYMOUS, label_of, with_answer
from querist.core.errors import BudgetSpent, InvalidInput, PoolExhausted
from querist.core.rng import generator
from querist.core.signals import PREDICTED, Signals
from querist.core.state import TOLD, Batch, Past, Picks, Purpose, Query, State, Told, Value
from querist.core.strategy import Strategy
from querist.loop.budget import affordable, answers_left, payable
from querist.loop.coldstart import Trust


@dataclass(frozen=True, slots=True)
class Choice:
    """What a strategy chose, a reason for each, which of them fill a quota, and what it keeps for the next batch."""

    picks: Picks
    reasons: tuple[str, ...]
    in_quota: Array
    memory: Mapping[str, Any] | None = None


class Chooser(Protocol):
    """Knows the strategies by name, and lets one choose under the policy's quotas and guards."""

    def find(self, name: str, /, *, n_chosen: int | None = None) -> Strategy:
        """The declaration of a strategy, as it is when so many items are labeled or pending."""
        ...

    def choose(
        self,
        name: str,
        k: int,
        *,
        candidates: Rows,
        chosen: Rows,
        rng: np.random.Generator,
        signals: Signals,
        past: Past,
    ) -> Choice:
        """`k` of the candidates, best first; `chosen` are the rows labeled or pending."""
        ...


def ask(
    state: State,
    signals: Signals,
    chooser: Chooser,
    *,
    k: int | None = None,
    trust: Trust | None = None,
    annotator: str | None = None,
) -> tuple[State, Batch]:
    """The next batch, and the state in which it is pending.

    The strategy picks first; the random share is then drawn from the rest, so that each of its propensities is
    exact given those picks: share drawn over candidates left. Where the draw is a random one altogether, as with the
    starts `random` and `stratified`, there is no share on top of it. Where the strategy needs a model and there is
    none to trust, the policy's start chooses instead, and the batch says why. A strategy that reads everybody's answers
    may ask again about what is labeled, up to the policy's `max_answers`; nothing else does, the random share included.

    Parameters
    ----------
    state : State
    signals : Signals
        What is known of all `state.n_items` items.
    chooser : Chooser
        Resolves the names in the policy.
    k : int, optional
        Items to ask; the policy's batch size by default, and never more than the budget or the pool has left.
    trust : Trust, optional
        What cross-validation says of the model; None takes a model as trusted.
    annotator : str, optional
        Who will answer, where that is known: what they have answered is not asked again.

    Raises
    ------
    PoolExhausted
        If nothing is left to ask.
    BudgetSpent
        If the policy's budget has no room for another answer.

    Notes
    -----
    The same state and signals give the same batch, on every machine: the generator is made from the policy's seed
    and the round's number alone.
    """
    policy = state.policy
    if signals.n_items != state.n_items:
        raise InvalidInput(
            f"signals: must be of the state's {state.n_items} items; got {signals.n_items}. Pass the whole pool's."
        )
    name, held_back = _who_chooses(state, signals, chooser, trust)
    chosen = _taken(state)
    chooses = chooser.find(name, n_chosen=len(chosen))
    candidates = state.candidates_again if chooses.buys_again else state.candidates
    if chooses.buys_again and annotator is not None:
        others = np.setdiff1d(candidates, state.answered_by(annotator), assume_unique=True)
        if len(candidates) and not len(others):
            raise PoolExhausted(f"{annotator!r} has answered every item that may be asked about; ask somebody else.")
        candidates = others
    if len(candidates) == 0:
        raise PoolExhausted
    costs = signals.get("costs") if signals.has("costs") else None
    if costs is not None:
        candidates = candidates[payable(state, costs[candidates])]
        if len(candidates) == 0:
            raise BudgetSpent
    wanted = min(checks.positive("k", policy.batch_size if k is None else k), len(candidates))
    number = state.round + 1
    rng = generator(policy.seed, "ask", number)
    wanted = affordable(state, wanted, None if costs is None else costs[candidates])
    if wanted == 0:
        raise BudgetSpent
    queries: list[Query] = []
    rest = np.setdiff1d(candidates, chosen, assume_unique=True) if chooses.buys_again else candidates
    # A draw that is random already explores; a second one on top would only make its probabilities inexact.
    n_random = 0 if chooses.drawn else min(random_share(policy.exploration, state.n_asked, wanted), len(rest))
    memory = state.memory
    if wanted > n_random:
        past = Past(number, state.asked, memory, answers_left(state, None if costs is None else costs[candidates]))
        choice = chooser.choose(
            name, wanted - n_random, candidates=candidates, chosen=chosen, rng=rng, signals=signals, past=past
        )
        memory = memory if choice.memory is None else choice.memory
        purpose: Purpose = "start" if held_back else "strategy"
        for i, (row, utility, propensity) in enumerate(
            zip(choice.picks.rows, choice.picks.utilities, choice.picks.propensities, strict=True)
        ):
            queries.append(
                Query(
                    row=int(row),
                    round=number,
                    rank=i,
                    utility=None if np.isnan(utility) else float(utility),
                    propensity=float(propensity),
                    strategy=name,
                    purpose="quota" if choice.in_quota[i] else purpose,
                    reason=choice.reasons[i],
                    cost_usd=0.0 if costs is None else float(costs[row]),
                )
            )
        rest = np.setdiff1d(rest, choice.picks.rows, assume_unique=True)
    if n_random and len(rest):
        drawn = rng.choice(rest, size=min(n_random, len(rest)), replace=False)
        propensity = len(drawn) / len(rest)
        why = f"random: one of {len(drawn)} drawn from {len(rest)}, so that blind spots show"
        queries += [
            Query(
                row=int(row),
                round=number,
                rank=0,
                utility=None,
                propensity=propensity,
                strategy="random",
                purpose="exploration",
                reason=why,
                cost_usd=0.0 if costs is None else float(costs[row]),
            )
            for row in drawn
        ]
        queries = _interleave(queries, len(queries) - len(drawn), rng)
    # All that is left may be labeled, where the part of a composite whose turn it is asks about new items only.
    if not queries:
        raise PoolExhausted
    paid = [state.asked[q.row] for q in queries if q.row in state.labels and q.row in state.asked]
    after = replace(
        state,
        pending={**state.pending, **{q.row: q for q in queries}},
        asked={**state.asked, **{q.row: q for q in queries}},
        earlier=(*state.earlier, *paid),
        round=number,
        n_asked=state.n_asked + len(queries),
        told=(),
        memory=memory,
    )
    return after, Batch(number, tuple(queries), name, policy.digest, len(candidates), held_back, memory)


def tell(state: State, answers: Mapping[int, Value], *, annotator: str = ANONYMOUS) -> State:
    """The state once these answers of one annotator are in; `told` says what became of each.

    Answers may be late, in part, out of order, twice, or for an item nobody asked about: none is lost. An answer to an
    item not pending is `volunteered`. What several annotators say of an item is kept side by side, each one's latest
    word; the label is what most say, and the newest where as many say otherwise. So an answer to a labeled item is
    `revised` where it changes the label, `confirmed` where another annotator gave it, `outvoted` where more say
    otherwise, and `repeated` where the same annotator says the same again. A question about an item that was labeled
    when it was asked waits for somebody who has not answered it.

    Parameters
    ----------
    state : State
    answers : mapping of int to value
        By row; class numbers, numbers, or tuples of numbers (`querist.core.answers`).
    annotator : str
        Whose they are.

    Raises
    ------
    InvalidInput
        If a row is not in the pool, or belongs to the test set or the calibration slice; nothing is then taken.

    Examples
    --------
    >>> state = tell(State.start(3), {1: 0}, annotator="ann")
    >>> state.labels, state.told[0].outcome
    ({1: 0}, 'volunteered')
    >>> state = tell(state, {1: 0}, annotator="bea")
    >>> state.answers, state.told[0].outcome
    ({1: (('ann', 0), ('bea', 0))}, 'confirmed')
    """
    for row in answers:
        if isinstance(row, bool) or not isinstance(row, int | np.integer) or not 0 <= row < state.n_items:
            raise InvalidInput(
                f"answers: rows must lie in 0..{state.n_items - 1}; got {row!r}. Answer with the batch's ids."
            )
        if row in state.excluded:
            raise InvalidInput(
                f"answers: must be about the pool; row {row} is set aside for testing. Keep its answer out of the loop."
            )
    labels, kept, pending, told = dict(state.labels), dict(state.answers), dict(state.pending), list[Told]()
    for key, value in answers.items():
        row = int(key)
        said = state.said(row)
        before = labels.get(row)
        own = [there for who, there in said if who == annotator]
        said = with_answer(said, annotator, value)
        labels[row] = label_of(said)
        # One's last word said again is news only where it breaks a tie.
        if own and own[0] == value and labels[row] == before:
            told.append(Told(row, "repeated", before))
            continue
        if len(said) > 1 or annotator != ANONYMOUS:
            kept[row] = said
        if row in state.labels:
            unchanged: TOLD = "confirmed" if value == before else "outvoted"
            told.append(Told(row, "revised" if labels[row] != before else unchanged, before))
        else:
            told.append(Told(row, "labeled" if row in pending else "volunteered"))
        if not own:
            pending.pop(row, None)
    return replace(state, labels=labels, answers=kept, pending=pending, told=tuple(told))


def withdraw(state: State, rows: Iterable[int]) -> State:
    """Take questions back: the rows are candidates again. Rows that are not pending stay as they are."""
    gone = {int(row) for row in rows} & state.pending.keys()
    # An earlier question about the same row was answered, and is the row's last one again.
    back = {q.row: q for q in state.earlier if q.row in gone}
    return replace(
        state,
        pending={row: q for row, q in state.pending.items() if row not in gone},
        asked={**state.asked, **back},
        earlier=tuple(q for q in state.earlier if back.get(q.row) is not q),
        told=(),
    )


def set_aside(state: State, rows: Iterable[int]) -> State:
    """Never ask these again, because nobody can answer them: they leave the pending and the pool."""
    gone = frozenset(int(row) for row in rows)
    return replace(withdraw(state, gone), excluded=state.excluded | gone)


def explain(state: State, row: int) -> str:
    """Where an item stands, in a sentence.

    Examples
    --------
    >>> explain(State.start(3, labels={1: 0}), 1)
    'row 1 is labeled 0; it was never asked.'
    """
    if not 0 <= row < state.n_items:
        raise InvalidInput(f"row: must lie in 0..{state.n_items - 1}; got {row}. Use a row of this pool.")
    query = state.asked.get(row)
    asked = (
        f"it was asked in round {query.round} at rank {query.rank} with probability {query.propensity:.3g} "
        f"({query.reason})."
        if query
        else "it was never asked."
    )
    if row in state.labels:
        n = len(state.said(row))
        by = f" by {n} annotators' answers" if n > 1 else ""
        again = " and pending again" if row in state.pending else ""
        return f"row {row} is labeled {state.labels[row]!r}{by}{again}; {asked}"
    if row in state.pending:
        return f"row {row} is pending; {asked}"
    if row in state.excluded:
        return f"row {row} is set aside and will not be asked; {asked}"
    return f"row {row} is a candidate; {asked}"


def _who_chooses(state: State, signals: Signals, chooser: Chooser, trust: Trust | None) -> tuple[str, str | None]:
    policy = state.policy
    strategy = chooser.find(policy.strategy, n_chosen=len(_taken(state)))
    held_back: str | None = None
    if strategy.trusts_model:
        predicted = [need for need in strategy.needs if need in PREDICTED]
        if predicted and not any(signals.has(need) for need in predicted) and _n_learned(state, signals) < 2:
            why = "all labels are of one class" if state.labels else "nothing is labeled yet"
            held_back = f"{strategy.name} needs a model, and {why}"
        # Once all is labeled the start has nothing to ask; which label to doubt, the answers themselves tell, too.
        elif policy.trust and trust is not None and not trust.ok and not _all_asked(state, strategy):
            held_back = f"{strategy.name} is held back: {trust.reason}"
    if held_back is None:
        return strategy.name, None
    start = chooser.find(policy.start)
    missing = [need for need in start.needs if not signals.has(need)]
    if missing:
        return (
            "random",
            f"{held_back}; {start.name} needs {' and '.join(missing)}, which are not known, so random chose",
        )
    return start.name, f"{held_back}; {start.name} chose"


def _n_learned(state: State, signals: Signals) -> int:
    """How many distinct answers a model could learn from; the signal knows where one holds more than is learned."""
    if signals.has("labels") and signals.has("labeled"):
        return len(np.unique(signals.get("labels")[signals.get("labeled")]))
    return len(set(state.labels.values()))


def _all_asked(state: State, strategy: Strategy) -> bool:
    return strategy.buys_again and not len(state.candidates)


def random_share(share: float, n_asked: int, wanted: int) -> int:
    """How many of the next `wanted` items to draw at random, so that the share holds over all that were ever asked."""
    # Counting from the first item ever asked lets a batch of 5 hold 10 %: none in one round, one in the next.
    before, after = (int(share * n + 1e-9) for n in (n_asked, n_asked + wanted))
    return min(after - before, wanted)


def _taken(state: State) -> Rows:
    rows = sorted({*state.labels, *state.pending})
    return np.array(rows, dtype=np.int64)


def _interleave(queries: list[Query], n_first: int, rng: np.random.Generator) -> list[Query]:
    """Random draws spread among the strategy's, so that nobody meets them all at the end, or knows them by place."""
    places = rng.permutation(len(queries))[: len(queries) - n_first]
    picked, drawn = iter(queries[:n_first]), iter(queries[n_first:])
    at = set(places.tolist())
    mixed = [next(drawn) if i in at else next(picked) for i in range(len(queries))]
    return [replace(q, rank=i) for i, q in enumerate(mixed)]
