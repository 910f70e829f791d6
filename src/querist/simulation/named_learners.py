"""Learners by a word, for whoever compares them on a command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.schema import Task


def learners_named(words: Sequence[str], *, task: Task = "choice") -> dict[str, Any]:
    """What `simulate_grid` takes for learners, by their words.

    Parameters
    ----------
    words : sequence of {"default", "linear", "forest", "bayes"}
        `default` is what suits the items; the others read the same features: logistic or ridge regression, a random
        forest of 100 trees, Gaussian naive Bayes.
    task : str

    Raises
    ------
    InvalidInput
        If a word is none of them, or is of classes where numbers are learned.

    Examples
    --------
    >>> learners_named(["default", "bayes"])
    {'default': None, 'bayes': GaussianNB()}
    """
    makers = _of_numbers() if task == "number" else _of_classes()
    known = ("default", *makers)
    if task not in ("choice", "number", "labels", "rating") and set(words) - {"default"}:
        raise InvalidInput(f"learner: must be default for {task}, which no other learns; got {', '.join(words)}.")
    return {
        word: None if word == "default" else makers[word]()
        for word in (checks.one_of("learner", each, known) for each in words)
    }


def _of_classes() -> Mapping[str, Callable[[], Any]]:
    # scikit-learn takes a second to load: not before somebody names a learner of it.
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB

    return {
        "linear": lambda: LogisticRegression(C=20, max_iter=2000),
        "forest": lambda: RandomForestClassifier(100),
        "bayes": GaussianNB,
    }


def _of_numbers() -> Mapping[str, Callable[[], Any]]:
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Ridge

    return {
        "linear": Ridge,
        "forest": lambda: RandomForestRegressor(100),
    }
