"""The contract of a query strategy, as a test suite to subclass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from querist.catalogue import resolve
from querist.catalogue.at_hand import AtHand
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import QueristError
from querist.core.policy import Policy
from querist.core.signals import BY_MEMBER, OF_THE_MODEL, SIGNALS, Signals
from querist.core.state import Picks
from querist.core.strategy import Chosen, Kind, Strategy, of

N_ITEMS = 40
N_MEMBERS = 5
N_DIMS = 6
LABELED_SHARE = 0.25
T = TypeVar("T", bound=Callable[..., None])


def _only(kind: Kind) -> Callable[[T], T]:
    """Mark a test of the suite as one for scores, or for selections, alone."""

    def mark(test: T) -> T:
        setattr(test, _MARK, kind)
        return test

    return mark


_MARK = "__querist_only__"


class StrategyContract:
    """What Querist takes for granted of every strategy. Subclass it, name yours, and run pytest.

    It makes up the signals that the strategy declares, and calls it as the loop does. An empty pool may give an empty
    result or an error of Querist's own; anything else must work.

    Attributes
    ----------
    strategy : callable
        The declared function.
    params : mapping of str to value
        Arguments to call it with beside its arrays.
    needs : tuple of str, optional
        Signals to make up, where a composite says nothing of them by its own needs or its parts'.

    Examples
    --------
    >>> from querist.core.strategy import strategy
    >>> @strategy(needs=["probs"], reason="its best class has only {gap:.2f}")
    ... def unsure(probs):
    ...     return 1 - probs.max(axis=1)
    >>> class TestUnsure(StrategyContract):
    ...     strategy = unsure
    >>> TestUnsure().test_permuting_the_items_permutes_the_utilities()
    """

    strategy: ClassVar[Callable[..., Any]]
    params: ClassVar[Mapping[str, Any]] = {}
    needs: ClassVar[tuple[str, ...] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "strategy" in vars(cls):
            kind = "score" if of(cls.strategy).kind == "score" else "select"  # a composite picks as a selection does
            for name in dir(cls):
                if getattr(getattr(cls, name), _MARK, kind) != kind:
                    setattr(cls, name, None)  # pytest collects nothing there
            if cls.bounds is StrategyContract.bounds:
                cls.test_utilities_keep_their_bounds = None  # type: ignore[method-assign, assignment]

    def bounds(self, n_classes: int) -> tuple[float, float]:
        """The least and greatest utility of a score. Override it where the score promises any, to have it checked."""
        raise NotImplementedError

    def test_its_reason_can_be_filled_in(self) -> None:
        sentence = self._declared.because(0.25)
        assert sentence.startswith(f"{self._declared.name}: "), f"the reason must be a sentence; got {sentence!r}"

    def test_its_input_is_left_alone(self) -> None:
        arrays = self.signals()
        before = [_each(np.copy, a) for a in arrays]
        self.run(arrays)
        for need, was, now in zip(self._needs, before, arrays, strict=True):
            for one, other in zip(was, now, strict=True):
                np.testing.assert_array_equal(other, one, err_msg=f"{self._declared.name} wrote into its {need}")

    def test_read_only_arrays_will_do(self) -> None:
        arrays = self.signals()
        for a in arrays:
            for part in [a, *a] if a.dtype == object else [a]:
                part.flags.writeable = False
        self.run(arrays)

    def test_the_same_seed_gives_the_same_answer(self) -> None:
        arrays = self.signals()
        first = self.run(arrays)
        for _ in range(5):
            self._same(first, self.run(arrays))

    def test_the_layout_in_memory_does_not_matter(self) -> None:
        arrays = self.signals()
        plain = self.run(arrays)
        self._same(plain, self.run([_each(np.asfortranarray, a) for a in arrays]))
        self._same(plain, self.run([_each(_strided, a) for a in arrays]))

    def test_float32_will_do(self) -> None:
        arrays = self.signals()
        singles = [_each(_as(np.float32), a) for a in arrays]
        found = self.run(singles)
        if isinstance(found, Picks):
            self._valid(found, N_ITEMS // 4, np.arange(N_ITEMS))
        else:
            np.testing.assert_allclose(
                found,
                self.run([_each(_as(np.float64), a) for a in singles]),
                rtol=1e-4,
                atol=1e-4,
                err_msg=f"{self._declared.name} must give float32 the utilities of float64",
            )

    def test_one_class_will_do(self) -> None:
        self._valid(self.run(self.signals(n_classes=1)), N_ITEMS // 4, np.arange(N_ITEMS))

    def test_one_item_will_do(self) -> None:
        self._valid(self.run(self.signals(n_items=1), 1, np.arange(1)), 1, np.arange(1))

    def test_items_that_are_all_alike_will_do(self) -> None:
        arrays = self.signals(of_rows=np.zeros(N_ITEMS, dtype=np.int64))
        found = self.run(arrays)
        self._valid(found, N_ITEMS // 4, np.arange(N_ITEMS))
        if not isinstance(found, Picks):
            np.testing.assert_allclose(found, found[0], atol=1e-9, err_msg="equal items must have equal utilities")

    def test_items_that_come_twice_will_do(self) -> None:
        arrays = self.signals(of_rows=np.repeat(np.arange(N_ITEMS // 2), 2))
        found = self.run(arrays)
        self._valid(found, N_ITEMS // 4, np.arange(N_ITEMS))
        if not isinstance(found, Picks):
            np.testing.assert_allclose(found[::2], found[1::2], atol=1e-9, err_msg="copies must have equal utilities")

    def test_an_empty_pool_gives_nothing_or_a_clear_error(self) -> None:
        try:
            found = self.run(self.signals(n_items=0), 1, np.arange(0))
        except QueristError:
            return
        assert len(found) == 0, f"there is nothing to rate or pick; got {len(found)} values"

    @_only("score")
    def test_every_item_has_a_finite_utility(self) -> None:
        for n_classes in (2, 3, 60):
            self._valid(self.run(self.signals(n_classes=n_classes)), 0, np.arange(N_ITEMS))

    @_only("score")
    def test_certain_and_even_probabilities_have_finite_utilities(self) -> None:
        self._valid(self.run(self.signals(sharpness=1e6)), 0, np.arange(N_ITEMS))
        self._valid(self.run(self.signals(sharpness=0)), 0, np.arange(N_ITEMS))

    @_only("score")
    def test_utilities_keep_their_bounds(self) -> None:
        for n_classes in (1, 2, 3, 60):
            low, high = self.bounds(n_classes)
            for sharpness in (0, 1, 1e6):
                found = self.run(self.signals(n_classes=n_classes, sharpness=sharpness))
                assert (found >= low - 1e-6).all(), f"utilities must be at least {low}; got {found.min()}"
                assert (found <= high + 1e-6).all(), f"utilities must be at most {high}; got {found.max()}"

    @_only("score")
    def test_permuting_the_items_permutes_the_utilities(self) -> None:
        order = np.random.default_rng(1).permutation(N_ITEMS)
        before, after = self.run(self.signals()), self.run(self.signals(of_rows=order))
        np.testing.assert_allclose(
            after,
            before[order],
            rtol=1e-6,
            atol=1e-9,
            err_msg=f"{self._declared.name} must rate an item alike wherever it stands",
        )

    @_only("select")
    def test_only_candidates_are_picked_and_none_twice(self) -> None:
        arrays = self.signals()
        for seed in range(5):
            order = np.random.default_rng(seed).permutation(N_ITEMS)
            candidates, chosen = np.sort(order[:25]), order[25:35]  # the last five are neither
            for k in (1, 7, 25):
                self._valid(self.run(arrays, k, candidates, chosen, seed=seed), k, candidates)

    @_only("select")
    def test_it_can_pick_one(self) -> None:
        self._valid(self.run(self.signals(), k=1), 1, np.arange(N_ITEMS))

    @_only("select")
    def test_it_can_pick_all(self) -> None:
        self._valid(self.run(self.signals(), k=N_ITEMS), N_ITEMS, np.arange(N_ITEMS))

    @_only("select")
    def test_copies_can_all_be_picked(self) -> None:
        arrays = self.signals(of_rows=np.zeros(N_ITEMS, dtype=np.int64))
        self._valid(self.run(arrays, k=N_ITEMS), N_ITEMS, np.arange(N_ITEMS))

    @_only("select")
    def test_no_candidates_give_nothing_or_a_clear_error(self) -> None:
        none = np.empty(0, dtype=np.int64)
        try:
            found = self.run(self.signals(), 1, none, np.arange(N_ITEMS))
        except QueristError:
            return
        assert len(found) == 0, f"there is nothing to pick; got rows {found.rows}"

    def signals(
        self,
        *,
        n_items: int = N_ITEMS,
        n_classes: int = 3,
        sharpness: float = 1,
        of_rows: Sequence[int] | Rows | None = None,
    ) -> list[Array]:
        """The arrays that the strategy needs, made up, in its order. `of_rows` repeats or reorders their items."""
        rng = np.random.default_rng(0)
        made = [_made_up(need, n_items, n_classes, sharpness, rng) for need in self._needs]
        if of_rows is None:
            return made
        return [_of_rows(need, a, of_rows) for need, a in zip(self._needs, made, strict=True)]

    def run(
        self,
        arrays: Sequence[Array],
        k: int = N_ITEMS // 4,
        candidates: Rows | None = None,
        chosen: Rows | None = None,
        *,
        seed: int = 0,
    ) -> Any:
        """Its utilities, or its picks: from all `N_ITEMS` items where nothing is said of candidates."""
        if self._declared.kind == "score":
            return self._declared.run(*arrays, **self.params)
        composite = self._declared.kind == "composite"
        found = self._declared.run(
            *([self._parts(arrays)] if composite else arrays),
            k,
            candidates=np.arange(N_ITEMS) if candidates is None else candidates,
            chosen=np.empty(0, dtype=np.int64) if chosen is None else chosen,
            rng=np.random.default_rng(seed),
            **self.params,
        )
        if not composite:
            return found
        assert isinstance(found, Chosen), f"a composite must return Chosen; got {type(found).__name__}"
        assert len(found.reasons) == len(found.picks), "a composite must give a reason for each pick"
        return found.picks

    def _parts(self, arrays: Sequence[Array]) -> AtHand:
        n_items = len(arrays[0]) if arrays else N_ITEMS
        sources: dict[str, Any] = dict(zip(self._needs, arrays, strict=True))
        return AtHand(Policy(near_duplicates=None), Signals(n_items, **sources))

    @property
    def _declared(self) -> Strategy:
        return of(type(self).strategy)

    @property
    def _needs(self) -> tuple[str, ...]:
        if self.needs is not None:
            return self.needs
        return resolve(self._declared.name, self.params)[0].needs if self._declared.parts else self._declared.needs

    def _valid(self, found: Any, k: int, candidates: Rows) -> None:
        if self._declared.kind == "score":
            shape = np.shape(found)
            assert isinstance(found, np.ndarray), f"a score must return an array; got {type(found).__name__}"
            assert shape == candidates.shape, f"a score must return one utility per item; got shape {shape}"
            assert found.dtype.kind == "f", f"utilities must be floats; got {found.dtype}"
            assert np.isfinite(found).all(), f"utilities must be finite; got {found[~np.isfinite(found)][0]}"
            return
        assert isinstance(found, Picks), f"a selection must return Picks; got {type(found).__name__}"
        n = min(k, len(candidates))
        for name in ("rows", "utilities", "propensities"):
            shape = np.shape(getattr(found, name))
            assert shape == (n,), f"{name} must be of shape ({n},) for k = {k}; got {shape}"
        assert found.rows.dtype.kind == "i", f"rows must be whole numbers; got {found.rows.dtype}"
        assert len(np.unique(found.rows)) == n, f"rows must be unique; got {found.rows}"
        assert np.isin(found.rows, candidates).all(), f"rows must be candidates; got {found.rows}"
        assert not np.isinf(found.utilities).any(), f"utilities must be finite, or NaN; got {found.utilities}"
        possible = (found.propensities > 0) & (found.propensities <= 1)
        assert possible.all(), f"propensities must be above 0 and at most 1; got {found.propensities}"

    def _same(self, one: Any, other: Any) -> None:
        name = self._declared.name
        if isinstance(one, Picks):
            np.testing.assert_array_equal(other.rows, one.rows, err_msg=f"{name} must pick the same rows again")
            one, other = one.utilities, other.utilities
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12, err_msg=f"{name} must rate alike again")


def _made_up(need: str, n_items: int, n_classes: int, sharpness: float, rng: np.random.Generator) -> Array:
    """A signal of the right shape and no other meaning. Probabilities are even at sharpness 0, certain far above 1."""
    match need:
        case "probs" | "prior":
            return _softmax(sharpness * rng.normal(size=(n_items, n_classes)))
        case "members":
            return _softmax(sharpness * rng.normal(size=(N_MEMBERS, n_items, n_classes)))
        case "embeddings":
            return rng.normal(size=(n_items, N_DIMS))
        case "predictions":
            return rng.normal(size=n_items)
        case "member_predictions":
            return rng.normal(size=(N_MEMBERS, n_items))
        case "costs":
            return rng.uniform(0.1, 2, size=n_items)
        case "strata" | "duplicates":
            return rng.integers(-1 if need == "duplicates" else 0, 4, size=n_items)
        case "votes" | "answers":
            return rng.integers(-1, n_classes, size=(n_items, 3))
        case "labels":
            return rng.integers(n_classes, size=n_items)
        case "labeled":
            return rng.random(n_items) < LABELED_SHARE
        case "head":
            return rng.normal(size=(n_classes, N_DIMS + 1))
        case "label_probs":
            return 1 / (1 + np.exp(-np.clip(sharpness * rng.normal(size=(n_items, n_classes)), -700, 700)))
        case "label_matrix":
            return rng.integers(2, size=(n_items, n_classes)).astype(bool)
        case "tokens" | "boxes" | "member_tokens":
            ragged = np.empty(n_items, dtype=object)
            for i in range(n_items):  # the third has none
                ragged[i] = _softmax(sharpness * rng.normal(size=(int(rng.integers(1, 7)) if i != 2 else 0, n_classes)))
                if need == "member_tokens":  # of two, the second reads every text backward
                    ragged[i] = np.stack([ragged[i], ragged[i][::-1]])
            return ragged
    raise NotImplementedError(f"{need}: no example is made up for it; there are some for {', '.join(SIGNALS)}.")


def _of_rows(need: str, a: Array, of_rows: Sequence[int] | Rows) -> Array:
    if need in OF_THE_MODEL:
        return a
    return a[:, of_rows].copy() if need in BY_MEMBER else a[of_rows]


def _each(make: Callable[[Array], Array], a: Array) -> Array:
    """What `make` makes of an array, or of each that an array of arrays holds."""
    if a.dtype != object:
        return make(a)
    made = np.empty(len(a), dtype=object)
    for i, part in enumerate(a):
        made[i] = make(part)
    return made


def _as(kind: type[np.floating[Any]]) -> Callable[[Array], Array]:
    return lambda a: a.astype(kind) if a.dtype.kind == "f" else a


def _softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def _strided(a: Array) -> npt.NDArray[Any]:
    """The same values with gaps between them in memory."""
    wide = np.repeat(a, 2, axis=-1)
    return wide[..., ::2]
