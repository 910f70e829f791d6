"""What comes to a stream is looked over first, so that one item amiss never spoils what comes after it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.core.errors import InvalidInput
from querist.core.rng import generator
from querist.metrics import Adwin
from querist.streaming import Stream

X = generator(0, "incoming").normal(size=(60, 3))
KINDS = np.where(X[:, 0] > 0, "in", "out").tolist()
HOLED = np.where(np.arange(180).reshape(60, 3) == 10, np.nan, X)
ENDLESS = np.where(np.arange(180).reshape(60, 3) == 10, np.inf, X)


def new(learner: Any = None, **how: Any) -> Stream:
    return Stream(learner or LogisticRegression(), classes=["in", "out"], **how)


def reader() -> Any:
    return make_pipeline(HashingVectorizer(n_features=16), LogisticRegression())


WRONG: dict[str, tuple[Any, str]] = {
    "a hole": (HOLED, "X: must be finite; row 3, column 1 is nan"),
    "no end": (ENDLESS, "X: must be finite; row 3, column 1 is inf"),
    "one item without its row": (X[0], "X: must be 2-D, (n_items, n_dims); got shape (3,)"),
    "other columns": (X[:, :2], "X: must have 3 columns, as the stream's first items had; got 2"),
    "uneven rows": ([[1.0, 2.0, 3.0], [4.0]], "X: must be a table of numbers, a row of equal length per item"),
    "texts among numbers": (["words"], "X: must be rows of numbers, as the stream's first items were; got texts"),
    "words in cells": ([["a", "b", "c"]], "X: must be a table of numbers"),
}


@pytest.mark.parametrize("has_model", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_items_that_cannot_be_learned_from_are_refused_and_nothing_changes(name: str, has_model: bool) -> None:
    given, says = WRONG[name]
    stream = new(start=40)
    stream.decide(X[:30])
    if has_model:
        stream.tell({id: KINDS[id] for id in stream.pending if isinstance(id, int)})
    before = json.dumps(stream.to_json())
    for call in (stream.decide, lambda some: stream.teach(some, ["in"] * len(some)), stream.predict_proba):
        with pytest.raises(InvalidInput, match=re.escape(says)):
            call(given)
    assert json.dumps(stream.to_json()) == before
    assert (stream.model is not None) == has_model
    stream.teach(X[30:], KINDS[30:])  # and it goes on
    assert stream.model is not None


def test_the_first_items_are_held_to_no_width_but_must_be_finite() -> None:
    stream = new()
    with pytest.raises(InvalidInput, match="must be finite"):
        stream.decide(HOLED)
    assert stream.decide(X[:, :2]).ask[:20].all()
    again = Stream.from_json(json.loads(json.dumps(stream.to_json())))
    old = Stream.from_json({name: value for name, value in stream.to_json().items() if name != "width"})
    for each in (stream, again, old):
        with pytest.raises(InvalidInput, match="must have 2 columns"):
            each.decide(X)


@pytest.mark.parametrize(
    "learner",
    [HistGradientBoostingClassifier(max_iter=3), make_pipeline(SimpleImputer(), LogisticRegression())],
    ids=["trees", "imputed"],
)
def test_holes_are_let_in_where_the_learner_takes_them(learner: Any) -> None:
    stream = new(learner, start=60)
    stream.tell({id: KINDS[id] for id in stream.decide(HOLED).asked if isinstance(id, int)})
    assert np.isfinite(stream.predict_proba(HOLED)).all()


def test_holes_are_kept_out_where_only_the_first_step_takes_them() -> None:
    with pytest.raises(InvalidInput, match="must be finite"):
        new(make_pipeline(StandardScaler(), LogisticRegression())).decide(HOLED)
    with pytest.raises(InvalidInput, match="must be finite"):
        Stream(classes=["in", "out"]).decide(HOLED)


@pytest.mark.parametrize("as_given", [list, tuple, np.array, lambda texts: np.array(texts, dtype=object)])
def test_texts_come_in_any_form(as_given: Any) -> None:
    texts = [f"{kind} {number}" for number, kind in enumerate(KINDS)]
    stream = new(reader(), start=60)
    stream.tell({id: KINDS[id] for id in stream.decide(as_given(texts)).asked if isinstance(id, int)})
    assert len(stream.decide(as_given(texts))) == 60
    with pytest.raises(InvalidInput, match="must be texts, as the stream's first items were"):
        stream.decide(X)
    with pytest.raises(InvalidInput, match="must be all texts where the first is one; item 1 is None"):
        stream.decide(["words", None])  # type: ignore[list-item]


@pytest.mark.parametrize("taught", [0, 60])
def test_nothing_may_come(taught: int) -> None:
    stream = new(start=0)
    stream.teach(X[:taught], KINDS[:taught])
    assert len(stream.decide([])) == len(stream.decide(X[:0])) == len(stream.predict_proba([])) == 0
    assert stream.n_seen == 0


class Choosy:
    """Fits all but what holds a number over a thousand, as no check could foresee."""

    def describe(self) -> dict[str, Any]:
        return {"class": "Choosy"}

    def fit(self, X: Any, y: Any, /, **how: Any) -> Any:
        if np.abs(X).max() > 1000:
            raise ValueError("too far out")
        return LogisticRegression().fit(X, y)


def test_where_the_learner_cannot_be_fitted_nothing_was_taken_in() -> None:
    drift = Adwin(clock=1)
    stream = new(Choosy(), start=40, drift=drift, watch="asked")
    stream.tell({id: KINDS[id] for id in stream.decide(X[:40]).asked if isinstance(id, int)})
    far = stream.decide(np.vstack([X[40:], [[5000.0, 0.0, 0.0]] * 200]), ids=[f"late {n}" for n in range(220)])
    before = json.dumps(stream.to_json())
    with pytest.raises(ValueError, match="too far out"):
        stream.tell(dict.fromkeys(far.asked, "in"))
    with pytest.raises(ValueError, match="too far out"):
        stream.teach([[5000.0, 0.0, 0.0]] * 50, ["in"] * 50)
    assert json.dumps(stream.to_json()) == before
    assert stream.pending == far.asked
    assert stream.teach(X[40:], KINDS[40:]).refitted


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"{}", b'{"classes": ["a", "b"]}'])
def test_a_file_that_is_no_stream_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "stream.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"must be (a file that `save` wrote|what a stream's `to_json` gave)"):
        Stream.load(tmp_path / "stream.json")
