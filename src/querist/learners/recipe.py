"""A recipe as a value, and back from the JSON of a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from querist.core.checks import nearest
from querist.core.errors import InvalidInput
from querist.core.items import FieldSpec
from querist.core.ports import Encoder, Learner
from querist.learners.calibrate import Calibrated
from querist.learners.committee import Committee
from querist.learners.detector import PatchDetector
from querist.learners.each_label import EachLabel
from querist.learners.estimators import estimator_from_json
from querist.learners.given import IdentityEncoder, RawEncoder
from querist.learners.sentences import ReadsText, SentenceEncoder
from querist.learners.sklearn import SklearnLearner
from querist.learners.table import TableEncoder
from querist.learners.tagger import SpanTagger
from querist.learners.text import TextEncoder
from querist.learners.vectors import ImageEncoder, VectorEncoder


@dataclass(frozen=True, slots=True)
class Recipe:
    """How items become a model: an encoder for the whole pool, a learner for what is labeled of it."""

    encoder: Encoder
    learner: Learner

    def describe(self) -> dict[str, Any]:
        """Plain JSON, from which `recipe_from_json` makes the same recipe."""
        return {"encoder": self.encoder.describe(), "learner": self.learner.describe()}


def recipe_from_json(body: Mapping[str, Any]) -> Recipe:
    """The recipe that `Recipe.describe` wrote down. It runs no code but Querist's and scikit-learn's.

    Raises
    ------
    InvalidInput
        If it names any other class, or a parameter that JSON could not hold (a function, an object).

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> recipe = Recipe(TextEncoder(ngrams=2), SklearnLearner(LogisticRegression(C=20)))
    >>> recipe_from_json(recipe.describe()).describe() == recipe.describe()
    True
    """
    if not isinstance(body, Mapping) or not {"encoder", "learner"} <= set(body):
        raise InvalidInput(f"recipe: must be what `Recipe.describe` wrote; got {body!r:.80}. Write it again.")
    return Recipe(_made("encoder", body["encoder"], _ENCODERS), _made("learner", body["learner"], _LEARNERS))


def text_encoder_from_json(body: Mapping[str, Any]) -> ReadsText:
    """The encoder of texts whose `describe` this is.

    Raises
    ------
    InvalidInput
        If it is no such one of Querist's, or a function of the user's, which a record cannot hold.

    Examples
    --------
    >>> text_encoder_from_json(TextEncoder(ngrams=2).describe()).ngrams
    2
    """
    made: ReadsText = _made("encoder", body, {name: _ENCODERS[name] for name in ("SentenceEncoder", "TextEncoder")})
    return made


def _made(what: str, body: Any, makers: Mapping[str, Callable[[dict[str, Any]], Any]]) -> Any:
    name = str(body.get("class")) if isinstance(body, Mapping) else ""
    if name not in makers:
        near = nearest(name, list(makers))
        hint = f" Did you mean {near!r}?" if near else " Hand in the recipe itself instead of its record."
        raise InvalidInput(f"{what}: must be one of {', '.join(map(repr, makers))}; got {name!r}.{hint}")
    params = {key: value for key, value in body.items() if key != "class"}
    try:
        return makers[name](params)
    except (KeyError, TypeError) as error:
        raise InvalidInput(
            f"{what}: must be what {name}.describe() of this version wrote; {error}. Hand in the recipe itself."
        ) from None


def _table(params: dict[str, Any]) -> TableEncoder:
    spec, text = params.pop("spec"), params.pop("text", None)
    return TableEncoder(
        None if spec is None else FieldSpec(spec["kinds"]),
        text=None if text is None else _made("encoder", text, _ENCODERS),
        **params,
    )


def _sklearn(params: dict[str, Any]) -> SklearnLearner:
    estimator = estimator_from_json(params["estimator"])
    return SklearnLearner(estimator, params["name"], scores_only=params["scores_only"])


def _committee(params: dict[str, Any]) -> Committee:
    learners = tuple(_made("learner", learner, _LEARNERS) for learner in params["learners"])
    return Committee(learners, bootstrap=params["bootstrap"])


def _calibrated(params: dict[str, Any]) -> Calibrated:
    return Calibrated(_made("learner", params.pop("learner"), _LEARNERS), **params)


def _function(params: dict[str, Any]) -> Encoder:
    raise InvalidInput(
        f"encoder: must be one that a record can hold; {params.get('name')!r} is a function of the user's. Hand it in."
    )


_ENCODERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "FunctionEncoder": _function,
    "IdentityEncoder": lambda params: IdentityEncoder(**params),
    "ImageEncoder": lambda params: ImageEncoder(**params),
    "RawEncoder": lambda params: RawEncoder(_made("encoder", params["inner"], _ENCODERS), params.get("field")),
    "SentenceEncoder": lambda params: SentenceEncoder(**params),
    "TableEncoder": _table,
    "TextEncoder": lambda params: TextEncoder(**params),
    "VectorEncoder": lambda params: VectorEncoder(**params),
}
_LEARNERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "EachLabel": lambda params: EachLabel(_made("learner", params["learner"], _LEARNERS)),
    "Calibrated": _calibrated,
    "Committee": _committee,
    "PatchDetector": lambda params: PatchDetector(**params),
    "SklearnLearner": _sklearn,
    "SpanTagger": lambda params: SpanTagger(**params),
}
