"""One policy, one seed, one history: the same batch in memory, on SQLite and on PostgreSQL, and drawn again later."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from querist.catalogue import PolicyChooser, reads_answers
from querist.core.crowd import answer_table
from querist.core.items import Columns
from querist.core.policy import Policy
from querist.core.ports import Model
from querist.core.schema import Schema
from querist.core.state import Query, State
from querist.formats import infer_kinds
from querist.learners import default_recipe
from querist.loop.coldstart import Trust
from querist.loop.step import ask, tell
from querist.modeling import fit, pool_of, signals, trust
from querist.opening import open as open_project
from querist.project import Project
from querist.splits import near_groups
from querist.store import rounds

N_ITEMS = 90
N_ROUNDS = 5
POLICIES = {
    "margin": Policy("margin", batch_size=7, exploration=0.2),
    "margin at once": Policy("margin", batch_size=6, trust=False),
    "entropy": Policy("entropy", batch_size=8, near_duplicates=0.6),
    "k_means": Policy("k_means", batch_size=5),
    "weighted_k_means": Policy("weighted_k_means", batch_size=6, start="random"),
    "vote_entropy": Policy("vote_entropy", batch_size=8, exploration=0.0, trust=False),
    "bandit": Policy("bandit", params={"rate": 2.0, "gain": 0.01}, batch_size=6, trust=False),
    "random": Policy("random", batch_size=9),
    "active_label": Policy("active_label", batch_size=24, exploration=0.2, trust=False),
    "relabel_value": Policy("relabel_value", batch_size=8, trust=False, max_answers=2),
}
PEOPLE = ("ann", "bea", "cy")


class InMemory:
    """The loop without a store: what somebody would write who keeps labels elsewhere."""

    def __init__(self, items: list[dict[str, str]], schema: Schema, policy: Policy) -> None:
        columns = {"text": [item["text"] for item in items]}
        spec = infer_kinds(columns)
        table = Columns(columns)
        recipe = default_recipe(table, spec)
        self._schema, self._learner = schema, recipe.learner
        self._pool = pool_of(recipe.encoder.fit(table), table)
        self._duplicates = near_groups(columns, spec)
        self._state = State.start(len(items), policy)
        self._model: Model | None = None
        self._trust: Trust | None = None
        self._fitted: dict[int, Any] = {}
        self._number = 0

    def ask(self) -> tuple[Query, ...]:
        policy = self._state.policy
        if policy.strategy not in ("random", "k_means") and self._state.labels != self._fitted:
            self._fit()
        known = signals(
            self._pool,
            self._model,
            schema=self._schema,
            learner=self._learner,
            labeled=self._training,
            seed=policy.seed,
            number=self._state.round,
            duplicates=self._duplicates,
            answers=lambda: answer_table(len(self._duplicates), {r: self._state.said(r) for r in self._state.labels}),
            unseen=reads_answers(policy),
        )
        doubt = None if self._trust is None or self._trust.ok else self._trust
        self._state, batch = ask(self._state, known, PolicyChooser(policy), trust=doubt)
        return batch.queries

    def tell(self, answers: dict[int, str], annotator: str) -> list[str]:
        coded = {row: self._schema.encode(value) for row, value in answers.items()}
        self._state = tell(self._state, coded, annotator=annotator)
        return [told.outcome for told in self._state.told]

    def _training(self) -> tuple[Any, Any]:
        rows = np.array(sorted(self._state.labels), dtype=np.int64)
        return rows, np.array([self._state.labels[row] for row in rows.tolist()])

    def _fit(self) -> None:
        rows, y = self._training()
        if len(np.unique(y)) < 2:
            return
        self._number += 1
        given = {"schema": self._schema, "seed": self._state.policy.seed, "number": self._number}
        self._model = fit(self._learner, self._pool, rows, y, warm=None, **given)
        if not (self._trust and self._trust.ok):
            self._trust = trust(self._learner, self._pool, rows, y, **given)
        self._fitted = dict(self._state.labels)


class Postbox:
    """Hands answers over late, in part, out of order and now and then twice; the same for everybody who asks."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._waiting: list[int] = []
        self._given: list[int] = []

    def deliver(self, asked: list[int], n_items: int) -> Iterator[int]:
        self._waiting += asked
        self._rng.shuffle(self._waiting)
        n = round(0.6 * len(self._waiting))
        some, self._waiting = self._waiting[:n], self._waiting[n:]
        if self._given:
            some.append(self._rng.choice(self._given))  # said before
        some.append(self._rng.randrange(n_items))  # perhaps nobody asked
        self._given += some
        yield from some


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("seed", [0, 11])
def test_the_store_draws_what_memory_draws(
    database_url: str, name: str, seed: int, messages: Callable[..., Any], start: Callable[..., Project]
) -> None:
    data = messages(N_ITEMS, seed=seed)
    schema = Schema("topic", ("billing", "delivery", "account"))
    policy = POLICIES[name].with_(seed=seed)
    memory = InMemory(data.items, schema, policy)
    project = start(database_url, policy=policy, schema=schema)
    project.add(data.items)
    ids = [item["id"] for item in data.items]
    rows = {item_id: row for row, item_id in enumerate(ids)}
    post = Postbox(seed)
    chosen_by = set()
    labeled, again = set[int](), set[int]()
    for number in range(1, N_ROUNDS + 1):
        asked = project.ask()
        queries = memory.ask()
        chosen_by.add(asked.strategy)
        assert [in_memory(query) for query in queries] == [
            (rows[query.item_id], *facts(query)) for query in stored(project, number)
        ]
        answers = {row: data.truth[ids[row]] for row in post.deliver([query.row for query in queries], N_ITEMS)}
        who = "anonymous"
        if reads_answers(policy):
            who = PEOPLE[number % 3]
            answers = {row: mistaken(value, row, who) for row, value in answers.items()}
            again |= {query.row for query in queries} & labeled
        outcomes = memory.tell(answers, who)
        told = project.tell({ids[row]: value for row, value in answers.items()}, annotator=who)
        assert (told.n_labeled, told.n_revised, told.n_confirmed, told.n_outvoted, told.n_repeated) == (
            outcomes.count("labeled") + outcomes.count("volunteered"),
            *(outcomes.count(word) for word in ("revised", "confirmed", "outvoted", "repeated")),
        )
        labeled |= set(answers)
    assert bool(again) == reads_answers(policy), "who reads all answers asks again, and nobody else"
    assert policy.strategy in chosen_by, "the strategy itself had its turn"
    assert project.verify() == []
    for number in range(1, N_ROUNDS + 1):
        assert project.replay(number).same


def mistaken(value: str, row: int, who: str) -> str:
    """What somebody says who errs on a quarter of the items, each on others."""
    classes = ("billing", "delivery", "account")
    return classes[(classes.index(value) + 1) % 3] if (row + PEOPLE.index(who)) % 4 == 0 else value


def in_memory(query: Query) -> tuple[Any, ...]:
    return (query.row, *facts(query))


def facts(query: Any) -> tuple[Any, ...]:
    """All that is known of why an item was asked."""
    return (
        query.round,
        query.rank,
        query.utility,
        query.propensity,
        query.strategy,
        query.purpose,
        query.reason,
        query.cost_usd,
    )


def stored(project: Project, number: int) -> list[rounds.QueryRecord]:
    work = project._work
    with work.database.reading() as conn:
        return rounds.queries(conn, work.project_id, number)


@pytest.mark.parametrize(
    "strategy", ["margin", "vote_entropy", "weighted_k_means", "density_weighted", "k_center", "bandit", "active_label"]
)
def test_every_round_is_drawn_again_alike_after_all_that_can_happen(
    database_url: str,
    strategy: str,
    messages: Callable[..., Any],
    start: Callable[..., Project],
    cli: Callable[..., Any],
) -> None:
    data, later = messages(60, seed=4), messages(40, seed=5, first=60)
    project = start(database_url, policy=Policy(strategy, batch_size=8, seed=2), shares={"test": 0.2})
    project.add(data.items)
    test = project.ask(6, split="test")
    project.tell(data.some([entry.item_id for entry in test.entries]))
    held_back = []
    for _ in range(4):
        asked = project.ask()
        held_back.append(asked.held_back is not None)
        project.tell(data.some([entry.item_id for entry in asked.entries[:5]]))
    assert not held_back[-1]
    if strategy != "k_center":
        assert held_back[:2] == [True, True], "no model at first, and then none that may be trusted"
    project.add(later.items)
    project.ask()  # no label came in between: the same model meets items that it has never seen
    first = stored(project, 2)[0].item_id
    wrong = next(name for name in ("billing", "account") if name != data.truth[first])
    project.tell({first: wrong})
    project.withdraw(3)
    project.ask()
    project.train()

    drawn = [number for number in range(2, 8) if number <= len(project.status().rounds)]
    assert drawn == [2, 3, 4, 5, 6, 7]
    for number in drawn:
        assert project.replay(number).sentence.startswith(f"Round {number} drawn again gives the same")
    with open_project("topics", database_url) as anew:
        for number in reversed(drawn):
            assert anew.replay(number).same
    for number in (2, 5):
        said = cli("replay", str(number), "-p", "topics", "--url", database_url, "--json")
        assert (said.code, said.json["same"]) == (0, True)


def test_another_learner_is_told_and_not_taken_for_the_old(
    database_url: str, messages: Callable[..., Any], start: Callable[..., Project]
) -> None:
    from sklearn.linear_model import LogisticRegression

    from querist.core.errors import InvalidInput

    data = messages(60)
    project = start(database_url, policy=Policy("margin", batch_size=8, trust=False), own=LogisticRegression(C=0.5))
    project.add(data.items)
    for _ in range(2):
        project.tell(data.some([entry.item_id for entry in project.ask().entries]))
    assert project.replay(2).same
    with open_project("topics", database_url) as forgetful:
        with pytest.raises(InvalidInput, match="learner: must be the one that model 1 was fitted with"):
            forgetful.replay(2)
        asked = forgetful.ask()
        assert asked.trained is not None, "another learner is due, though no label came in"
        assert forgetful.replay(3).same
    with open_project("topics", database_url, learner=LogisticRegression(C=0.5)) as again:
        assert again.replay(2).same


def test_a_batch_after_new_items_is_drawn_alike_by_an_old_process_and_a_new_one(
    messages: Callable[..., Any], start: Callable[..., Project], tmp_path: Any
) -> None:
    data, later = messages(60, seed=1), messages(60, seed=2, first=60)
    drawn = []
    for reopened in (False, True):
        url = f"sqlite:///{tmp_path / f'{reopened}.db'}"
        project = start(url, policy=Policy("margin", batch_size=9, trust=False))
        project.add(data.items)
        project.tell(data.some([entry.item_id for entry in project.ask().entries]))
        project.ask(3)
        project.add(later.items)
        if reopened:
            with open_project("topics", url) as other:
                drawn.append(other.ask().entries)
        else:
            drawn.append(project.ask().entries)
    assert drawn[0] == drawn[1]
    assert any(entry.item_id >= "m0060" for entry in drawn[0]), "the new items are candidates"
