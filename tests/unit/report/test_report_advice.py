"""The page of advice: the verdict first, the figures beside it, and nothing that runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from querist.core.advice import Advice, Money, Outlook, Spend, SpendingPlan
from querist.core.evidence import Interval
from querist.report import advice_page, advice_plan, advice_table


def made_up(**changed):
    at = np.array([100.0, 200.0, 300.0])
    curve = np.array([0.7, 0.8, 0.85])
    plan = SpendingPlan(
        "auto", 20, 0, 100, 2, 1, 0.1, 0.1, 0, (Spend(1, 200, 50.0, 0.8, 0.84), Spend(2, 300, 100.0, 0.85, 0.88))
    )
    said = Advice(
        title="tickets <b>",
        verdict="worth it",
        headline="Worth it: choosing should save about 100 of 200 labels.",
        reasons=("Because of <this>.", "And of that."),
        metric="accuracy",
        n_labeled=100,
        n_pool=1000,
        budget=200,
        efficiency=Interval(2.0, 1.2, 3.4, 0.9),
        simulated=Interval(2.2, 1.8, 2.6, 0.9),
        chance=0.97,
        saved=Interval(95.0, 30.0, 140.0, 0.9),
        gain=Interval(0.15, 0.1, 0.2, 0.9),
        noise=None,
        plan=plan,
        money=Money(0.5, 20.0, 100.0, Interval(72.5, 50.0, 105.0, 0.9), Interval(27.5, -5.0, 50.0, 0.9)),
        goal=None,
        outlooks=(Outlook("random", at, curve, curve, curve, 70.0), Outlook("auto", at, curve, curve, curve, 100.0)),
        facts={"seeds": 16, "simulated_at": [1, 2]},
    )
    return replace(said, **changed)


def test_the_verdict_comes_first_and_data_cannot_write_markup():
    page = advice_page(made_up())
    assert page.index("Worth it: choosing") < page.index("Because of") < page.index("The plan")
    assert "tickets &lt;b&gt;" in page
    assert "Because of &lt;this&gt;." in page
    assert "<script" not in page
    assert "$28" in page or "$27.50" in page


@pytest.mark.parametrize("verdict", ["worth it", "label at random", "label nothing more", "prompt a model"])
def test_every_verdict_has_a_page(verdict):
    empty = replace(made_up().plan, strategy="random", rounds=(), batch_size=0, n_rounds=0)
    page = advice_page(made_up(verdict=verdict, plan=empty, money=None))
    assert "What to do next" in page
    assert "No price of a label was given" in page
    assert "nan" not in page.lower().replace("finance", "")


def test_the_table_has_a_row_for_each_round_with_what_is_spent():
    assert advice_table(made_up()) == [
        ["round", "labels", "spent", "accuracy, random", "auto"],
        ["1", "200", "$50", "0.800", "0.840"],
        ["2", "300", "$100", "0.850", "0.880"],
    ]
    assert advice_table(made_up(money=None, verdict="label at random"))[0] == ["round", "labels", "accuracy, random"]


def test_the_plan_says_what_is_bought_and_how():
    plan = dict(advice_plan(made_up()))
    assert plan["labels to buy"] == "200"
    assert plan["a round"] == "100 items, 2 rounds"
    assert plan["answers an item"] == "1, two for 10%"
