"""scikit-learn estimators as plain JSON and back, seeded, and read for what they take."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from querist.core.errors import InvalidInput
from querist.core.rng import small_seed

PUBLIC_PATH = re.compile(r"sklearn(\.[a-z][a-z0-9_]*)+\.[A-Z][A-Za-z0-9]*")
CLOSED = {"tests", "externals", "experimental", "datasets", "conftest"}


def seeded(estimator: Any, rng: np.random.Generator) -> Any:
    """A fresh copy, with every `random_state` in it that is None drawn from `rng`."""
    from sklearn.base import clone

    fresh = clone(estimator)
    params = fresh.get_params(deep=True)
    places = sorted(p for p in params if p.rpartition("__")[2] == "random_state" and params[p] is None)
    return fresh.set_params(**{place: small_seed(rng) for place in places})


def first_step(estimator: Any) -> Any:
    """The step of a pipeline that items enter by, or the estimator itself."""
    from sklearn.pipeline import Pipeline

    while isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
        if not steps:
            return estimator
        estimator = steps[0]
    return estimator


def last_step(estimator: Any) -> Any:
    """The step of a pipeline that predicts, or the estimator itself."""
    from sklearn.pipeline import Pipeline

    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def estimator_to_json(estimator: Any) -> dict[str, Any]:
    """Class path and parameters; what JSON has no form for is written by its name and cannot be read back."""
    params = estimator.get_params(deep=False)
    kept = {name: _to_json(params[name]) for name in sorted(params) if not _on_its_way_out(params[name])}
    return {"class": class_path(type(estimator)), "params": kept}


def _on_its_way_out(value: Any) -> bool:
    # so scikit-learn marks parameters that nobody set and that another version may not know any more
    return isinstance(value, str) and value in ("deprecated", "warn")


def class_path(cls: type) -> str:
    """Where a class is meant to be imported from: its private module's public parent, if that has it."""
    parts = cls.__module__.split(".")
    public = next((i for i, part in enumerate(parts) if part.startswith("_")), len(parts))
    parent = ".".join(parts[:public])
    if parent and getattr(importlib.import_module(parent), cls.__name__, None) is cls:
        return f"{parent}.{cls.__qualname__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def estimator_from_json(body: Mapping[str, Any]) -> Any:
    """The estimator that `estimator_to_json` wrote down; scikit-learn's public classes only, and no files."""
    cls = _sklearn_class(str(body["class"]))
    params = {name: _from_json(value, f"{body['class']}.{name}") for name, value in body["params"].items()}
    # A cache folder is read by unpickling, and a vectorizer of file names reads files: no record may ask for either.
    if params.get("memory") is not None or params.get("input", "content") != "content":
        raise InvalidInput(
            f"estimator: must not read files; {body['class']} has `memory` or `input` set. Hand in the recipe itself."
        )
    try:
        return cls(**params)
    except TypeError as error:
        raise InvalidInput(
            f"estimator: must be of parameters that the installed scikit-learn knows; {error}. Hand in the recipe."
        ) from None


def _sklearn_class(path: str) -> Any:
    from sklearn.base import BaseEstimator

    module, _, name = path.rpartition(".")
    if PUBLIC_PATH.fullmatch(path) and not CLOSED & set(module.split(".")):
        try:
            cls = getattr(importlib.import_module(module), name, None)
        except ImportError:
            cls = None
        if isinstance(cls, type) and issubclass(cls, BaseEstimator) and cls.__module__.startswith("sklearn."):
            return cls
    raise InvalidInput(
        f"estimator: must be a public class of scikit-learn to be made from a record; got {path!r}. "
        "Hand in the recipe itself."
    )


def _to_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else {"float": str(value)}
    if isinstance(value, list):
        return [_to_json(v) for v in value]
    if isinstance(value, tuple):
        return {"tuple": [_to_json(v) for v in value]}
    if isinstance(value, Mapping):
        return {"map": [[_to_json(k), _to_json(v)] for k, v in value.items()]}
    if isinstance(value, type) and issubclass(value, np.generic):
        return {"dtype": np.dtype(value).name}
    if hasattr(value, "get_params") and not isinstance(value, type):
        return {"estimator": estimator_to_json(value)}
    if hasattr(value, "__qualname__"):  # a function's repr would hold its address, other in every process
        return {"repr": f"{getattr(value, '__module__', '')}.{value.__qualname__}"}
    return {"repr": repr(value)}


def _from_json(value: Any, place: str) -> Any:
    if isinstance(value, list):
        return [_from_json(v, place) for v in value]
    if not isinstance(value, Mapping):
        return value
    match dict(value):
        case {"float": str(text)}:
            return float(text)
        case {"tuple": list(items)}:
            return tuple(_from_json(v, place) for v in items)
        case {"map": list(pairs)}:
            return {_from_json(k, place): _from_json(v, place) for k, v in pairs}
        case {"dtype": str(name)}:
            return np.dtype(name).type
        case {"estimator": Mapping() as body}:
            return estimator_from_json(body)
    raise InvalidInput(
        f"{place}: must be plain JSON to be made from a record; got {dict(value)!r:.100}. Hand in the recipe itself."
    )
