"""Draw what each strategy picks from the same toy pool, for its page; run by every build of the docs.

The pool is synthetic: two moons of two classes, a dense blob of a third, and a few outliers. Twelve items are labeled,
and a model with a Gaussian kernel has learned from them. A page of a strategy that needs more than that has no picture.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression

from querist import strategies
from querist.catalogue import PolicyChooser, resolve
from querist.catalogue.names import ANY_TASK
from querist.core.policy import Policy
from querist.core.rng import generator
from querist.core.signals import Signals
from querist.core.strategy import is_strategy
from querist.report.svg import Scale, picture, tag

WIDTH, HEIGHT = 560, 360
N_PICKS = 10
COLORS = ("#2a78d6", "#c2410c", "#0f766e")  # the first three told apart by most who see colors otherwise
NAMES = [name for name in strategies.__all__ if is_strategy(getattr(strategies, name))]
NOT_ON_A_PLANE = ("start", "pairs")
READS_FEATURES = ("lookahead", "auto", "bayesian")  # families that mean what the model is linear in by embeddings
PARAMS = {
    "blend": {"scores": ["margin", "bald"]},
    "product": {"scores": ["margin", "density_weighted"]},
    "switch": {"first": "k_means", "then": "margin", "at": 10},
    "filtered": {"score": "margin", "then": "k_center", "keep": 5},
    "variance_reduction": {"kernel": "rbf", "n_landmarks": 100},
}


def toy_pool() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points, their classes, and the rows that are labeled."""
    rng = np.random.default_rng(5)
    angle = rng.uniform(0, np.pi, size=(2, 130))
    upper = np.column_stack([np.cos(angle[0]), np.sin(angle[0])])
    lower = np.column_stack([1 - np.cos(angle[1]), 0.45 - np.sin(angle[1])])
    blob = rng.normal(size=(110, 2)) * 0.16 + [2.35, 0.85]
    far = rng.uniform([-1.4, -0.9], [2.9, 1.6], size=(14, 2))
    X = np.concatenate([upper + rng.normal(size=(130, 2)) * 0.1, lower + rng.normal(size=(130, 2)) * 0.1, blob, far])
    y = np.repeat([0, 1, 2, 0], [130, 130, 110, 14])
    labeled = np.concatenate([rng.choice(np.flatnonzero(y[:370] == c), 4, replace=False) for c in range(3)])
    return X, y, np.sort(labeled)


def signals(X: np.ndarray, y: np.ndarray, labeled: np.ndarray, *, kernel: bool) -> Signals:
    """What a project would know of the toy pool; with `kernel` the embeddings are the features that the model reads."""

    features = Nystroem(gamma=2.0, n_components=80, random_state=0).fit_transform(X)

    def fitted(rows: np.ndarray) -> np.ndarray:
        return LogisticRegression(C=20, max_iter=2000).fit(features[rows], y[rows]).predict_proba(features)

    rng = np.random.default_rng(0)
    halves = [np.concatenate([rng.choice(labeled[y[labeled] == c], 3) for c in range(3)]) for _ in range(10)]
    members = np.stack([fitted(rows) for rows in halves])
    embeddings = features if kernel else X - X.mean(axis=0)
    plain = LogisticRegression(C=20, max_iter=2000).fit(embeddings[labeled], y[labeled])
    truth = np.sin(2 * X[:, 0]) + X[:, 1]
    numbers = np.stack([truth + rng.normal(size=len(X)) * np.hypot(*(X - X[labeled].mean(0)).T) * 0.3 for _ in halves])
    return Signals(
        len(X),
        classes=("a", "b", "c"),
        learner_kind="linear",
        probs=fitted(labeled),
        members=members,
        embeddings=embeddings,
        predictions=numbers.mean(axis=0),
        member_predictions=numbers,
        labels=np.where(np.isin(np.arange(len(X)), labeled), y, 0),
        labeled=np.isin(np.arange(len(X)), labeled),
        head=np.column_stack([plain.coef_, plain.intercept_]),
        costs=np.ones(len(X)),
        strata=y,
    )


def drawn(name: str, X: np.ndarray, y: np.ndarray, labeled: np.ndarray, known: Signals) -> str | None:
    """The picture as SVG; None where the strategy needs more than the toy pool has."""
    params = PARAMS.get(name, {})
    declared, _ = resolve(name, params)
    enough = any if declared.name in ANY_TASK else all
    if not enough(known.has(need) for need in declared.needs) or declared.family in NOT_ON_A_PLANE:
        return None
    candidates = np.setdiff1d(np.arange(len(X)), labeled)
    chooser = PolicyChooser(Policy(name, params=params, near_duplicates=None, trust=False))
    choice = chooser.choose(
        name, N_PICKS, candidates=candidates, chosen=labeled, rng=generator(0, "picture"), signals=known
    )
    low, high = X.min(axis=0) - 0.15, X.max(axis=0) + 0.15
    across, up = Scale(low[0], high[0], 8, WIDTH - 8), Scale(low[1], high[1], HEIGHT - 8, 8)
    parts = [tag("rect", x=0, y=0, width=WIDTH, height=HEIGHT, fill="#ffffff", rx=6)]
    parts += [
        tag("circle", cx=across(X[i, 0]), cy=up(X[i, 1]), r=3.2, fill=COLORS[y[i]], fill_opacity=0.28)
        for i in candidates
    ]
    for i in labeled:
        cx, cy = across(X[i, 0]), up(X[i, 1])
        parts.append(tag("rect", x=cx - 4.5, y=cy - 4.5, width=9, height=9, fill=COLORS[y[i]], stroke="#111111"))
    for rank, i in enumerate(choice.picks.rows.tolist(), 1):
        cx, cy = across(X[i, 0]), up(X[i, 1])
        parts.append(tag("circle", cx=cx, cy=cy, r=9.5, fill="#ffffff", stroke="#111111", stroke_width=1.6))
        parts.append(
            tag(
                "text",
                str(rank),
                x=cx,
                y=cy + 4,
                text_anchor="middle",
                font_size=11,
                font_family="sans-serif",
                fill="#111111",
            )
        )
    title = f"The {N_PICKS} items that {name} picks from a toy pool, numbered in order"
    return str(picture(WIDTH, HEIGHT, parts, title=title, description="Squares are labeled already.", kind="toy"))


def write(folder: Path) -> list[str]:
    """Draw every strategy that can be drawn, and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    X, y, labeled = toy_pool()
    flat, kernel = (signals(X, y, labeled, kernel=kernel) for kernel in (False, True))
    done = []
    for name in NAMES:
        reads_features = resolve(name, PARAMS.get(name, {}))[0].family in READS_FEATURES
        if (svg := drawn(name, X, y, labeled, kernel if reads_features else flat)) is not None:
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
            done.append(name)
    return done


if __name__ == "__main__":
    print("\n".join(write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/strategies/pictures"))))
