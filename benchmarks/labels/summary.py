"""From finished runs to numbers: areas, labels saved, and whether the difference is more than luck."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy

from querist.core.checks import Floats
from querist.metrics import holm

BASELINE, USUAL = "random", "margin"
DEFAULT = "auto"
# What libraries ship that anybody can install, in our own implementation: small-text, scikit-activeml, modAL, ALiPy.
UNSURE = ("margin", "entropy", "least_confidence", "bald")
RELEASED = (*UNSURE, "badge", "k_center", "drop_query", "falcun", "typiclust", "probcover", "max_herding")
LEVELS = (0.9, 0.95, 1.0)  # shares of what random gains from its first point to its last

Runs = Mapping[str, Mapping[int, Mapping[str, Any]]]  # by strategy, by seed


def aubc(labels: Sequence[float], values: Sequence[float]) -> float:
    """The area under a curve (trapezoids) over the range of labels: its mean height.

    Examples
    --------
    >>> aubc([10, 20, 40], [0.5, 0.7, 0.8])  # (10 * 0.6 + 20 * 0.75) / 30
    0.7
    """
    x, y = np.asarray(labels, dtype=np.float64), np.asarray(values, dtype=np.float64)
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def labels_to(level: float, labels: Sequence[float], values: Sequence[float]) -> float | None:
    """Where the monotone envelope of a curve, drawn in straight lines, first reaches a level; None where it does not.

    Examples
    --------
    >>> labels_to(0.75, [10, 20, 30, 40], [0.5, 0.7, 0.6, 0.8])  # envelope: 0.5, 0.7, 0.7, 0.8
    35.0
    """
    x, y = np.asarray(labels, dtype=np.float64), np.maximum.accumulate(np.asarray(values, dtype=np.float64))
    tall = np.flatnonzero(y >= level - 1e-12)
    if not len(tall):
        return None
    at = int(tall[0])
    if at == 0:
        return float(x[0])
    return float(round(x[at - 1] + (level - y[at - 1]) / (y[at] - y[at - 1]) * (x[at] - x[at - 1]), 9))


def saving(
    ours: tuple[Sequence[float], Sequence[float]], baseline: tuple[Sequence[float], Sequence[float]]
) -> list[dict[str, float | None]]:
    """For each of `LEVELS` the score to reach, the labels that both need, and the baseline's over ours.

    Examples
    --------
    >>> saving(([10, 20, 30], [0.5, 0.9, 0.9]), ([10, 20, 30], [0.5, 0.6, 0.7]))[2]
    {'share': 1.0, 'score': 0.7, 'labels': 15.0, 'baseline_labels': 30.0, 'ratio': 2.0}
    """
    envelope = np.maximum.accumulate(np.asarray(baseline[1], dtype=np.float64))
    out: list[dict[str, float | None]] = []
    for share in LEVELS:
        level = float(envelope[0] + share * (envelope[-1] - envelope[0]))
        needed, base = labels_to(level, *ours), labels_to(level, *baseline)
        ratio = None if needed is None or base is None else round(base / needed, 4)
        out.append(
            {
                "share": share,
                "score": round(level, 6),
                "labels": needed,
                "baseline_labels": base,
                "ratio": ratio,
            }
        )
    return out


def wilcoxon(differences: Sequence[float]) -> float:
    """Two-sided p of Wilcoxon's signed ranks; 1 where nothing differs or there is one pair."""
    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2 or not d.any():
        return 1.0
    return float(scipy.stats.wilcoxon(d).pvalue)


def summary(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All of it: by set, and for each setting over the sets."""
    groups: dict[tuple[str, str], dict[str, dict[int, Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        groups[line["setting"], line["set"]][line["strategy"]][line["seed"]] = line
    sets = {key: _of_set(runs) for key, runs in groups.items() if BASELINE in runs}
    settings = sorted({setting for setting, _ in sets}, reverse=True)
    return {
        "sets": [{"setting": setting, "set": name, **body} for (setting, name), body in sets.items()],
        "overall": {
            setting: _overall({name: body for (kind, name), body in sets.items() if kind == setting})
            for setting in settings
        },
        "hindsight": {
            setting: _hindsight({name: body for (kind, name), body in sets.items() if kind == setting})
            for setting in settings
        },
    }


def _of_set(runs: Runs) -> dict[str, Any]:
    any_run = next(iter(runs[BASELINE].values()))
    metric = any_run["metric"]
    areas = {
        name: {seed: aubc(run["labels"], run["scores"][metric]) for seed, run in by_seed.items()}
        for name, by_seed in runs.items()
    }
    strategies: dict[str, Any] = {}
    for name, by_seed in runs.items():
        seeds = sorted(by_seed.keys() & runs[BASELINE].keys())
        if not seeds:
            continue
        x, mean = _mean(by_seed, seeds, metric)
        bx, base = _mean(runs[BASELINE], seeds, metric)
        last = [by_seed[seed] for seed in seeds]
        strategies[name] = {
            "seeds": seeds,
            "aubc": {str(seed): round(areas[name][seed], 6) for seed in seeds},
            "aubc_mean": round(float(np.mean([areas[name][seed] for seed in seeds])), 5),
            "first": round(float(mean[0]), 5),
            "final": round(float(mean[-1]), 5),
            "final_ece": _last(last, "ece"),
            "final_minority_recall": _last(last, "minority_recall"),
            "saving": saving((x, mean), (bx, base)),
            "cpu_s_per_query": round(float(np.mean([np.mean(run["cpu_s"]) for run in last])), 5),
            "peak_rss_mb": max(run["peak_rss_mb"] for run in last),
            "random_share": round(float(np.mean([run["random_share"] for run in last])), 4),
            "labels": list(x),
            "mean": [round(float(v), 5) for v in mean],
            "standard_error": _errors(by_seed, seeds, metric),
        }
    rivals = [rival for rival in (BASELINE, USUAL) if rival in areas]
    for rival in rivals:
        _compare({name: areas[name] for name in strategies}, rival, strategies)
    return {"metric": metric, "features": any_run["features"], "strategies": strategies}


def _compare(areas: Mapping[str, Mapping[int, float]], rival: str, strategies: dict[str, Any]) -> None:
    """Add to each strategy of a set its paired difference from a rival."""
    others = [name for name in strategies if name != rival]
    differences = {name: _paired(areas[name], areas[rival]) for name in others}
    adjusted = holm([wilcoxon(differences[name]) for name in others])
    for name, p in zip(others, adjusted.tolist(), strict=True):
        d = differences[name]
        strategies[name][f"vs_{rival}"] = {
            "difference": round(float(np.mean(d)), 5) if len(d) else None,
            "wins": int(np.sum(d > 0)),
            "pairs": len(d),
            "p": round(wilcoxon(d), 6),
            "p_holm": round(p, 6),
        }


def _hindsight(sets: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each set the default against the best that a released library ships, chosen after all results are known."""
    rows = []
    for key, body in sets.items():
        of = body["strategies"]
        if DEFAULT not in of:
            continue
        means = {}
        for rival in RELEASED:
            if rival in of and len(d := _paired(_by_seed(of[DEFAULT]), _by_seed(of[rival]))):
                means[rival] = (float(np.mean(d)), len(d), int(np.sum(d > 0)))
        if means:
            rival = min(means, key=lambda name: means[name][0])
            mean, pairs, wins = means[rival]
            rows.append({"set": key, "rival": rival, "difference": round(mean, 5), "wins": wins, "pairs": pairs})
    return rows


def _overall(sets: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each strategy, best mean difference from random first; over the sets it was run on."""
    names = list(dict.fromkeys(name for body in sets.values() for name in body["strategies"]))
    rows = []
    for name in names:
        here = {key: body["strategies"] for key, body in sets.items() if name in body["strategies"]}
        row: dict[str, Any] = {"strategy": name, "sets": sorted(here)}
        for rival in (BASELINE, USUAL):
            row[f"vs_{rival}"] = None if name == rival else _against(name, rival, here)
        ratios = [r for of in here.values() if (r := of[name]["saving"][-1]["ratio"]) is not None]
        row["median_saving"] = round(float(np.median(ratios)), 3) if ratios and name != BASELINE else None
        row["cpu_s_per_query"] = round(float(np.mean([of[name]["cpu_s_per_query"] for of in here.values()])), 5)
        rows.append(row)
    for rival in (BASELINE, USUAL):
        told = [row for row in rows if row[f"vs_{rival}"]]
        for row, p in zip(told, holm([row[f"vs_{rival}"]["p"] for row in told]).tolist(), strict=True):
            row[f"vs_{rival}"]["p_holm"] = p
    return sorted(rows, key=lambda row: -(row[f"vs_{BASELINE}"] or {"difference": 0.0})["difference"])


def _against(name: str, rival: str, here: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """One strategy against a rival over all pairs of set and seed, each set of equal weight in the mean."""
    by_set = {key: _paired(_by_seed(of[name]), _by_seed(of[rival])) for key, of in here.items() if rival in of}
    by_set = {key: d for key, d in by_set.items() if len(d)}
    if not by_set:
        return None
    means = {key: float(np.mean(d)) for key, d in by_set.items()}
    pairs = np.concatenate(list(by_set.values()))
    worst = min(means, key=lambda key: means[key])
    return {
        "difference": round(float(np.mean(list(means.values()))), 5),
        "p": wilcoxon(pairs),
        "sets_ahead": sum(mean > 0 for mean in means.values()),
        "n_sets": len(means),
        "wins": int(np.sum(pairs > 0)),
        "pairs": len(pairs),
        "worst_set": worst,
        "worst_difference": round(means[worst], 5),
    }


def _by_seed(strategy: Mapping[str, Any]) -> dict[int, float]:
    return {int(seed): value for seed, value in strategy["aubc"].items()}


def _paired(a: Mapping[int, float], b: Mapping[int, float]) -> Floats:
    return np.array([a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())])


def _mean(by_seed: Mapping[int, Mapping[str, Any]], seeds: Sequence[int], metric: str) -> tuple[list[float], Floats]:
    return list(by_seed[seeds[0]]["labels"]), np.mean([by_seed[seed]["scores"][metric] for seed in seeds], axis=0)


def _errors(by_seed: Mapping[int, Mapping[str, Any]], seeds: Sequence[int], metric: str) -> list[float]:
    if len(seeds) < 2:
        return []
    table = np.array([by_seed[seed]["scores"][metric] for seed in seeds])
    return [round(float(v), 5) for v in table.std(axis=0, ddof=1) / np.sqrt(len(seeds))]


def _last(runs: Sequence[Mapping[str, Any]], score: str) -> float:
    return round(float(np.mean([run["scores"][score][-1] for run in runs])), 5)
