"""Set what was measured as tables, for the pages that show them; run by every build of the docs.

So no measured figure is typed by hand: a page includes a table, and the table is made of results in the repository.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.speed import table

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
SPEED, SERVER, EVIDENCE = (RESULTS / f"{name}.json" for name in ("speed", "server", "evidence"))
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def write(folder: Path) -> list[Path]:
    """Write each table, not as a page of its own, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    results = json.loads(SPEED.read_text("utf-8"))
    tables = {
        "speed.inc": table.markdown(results, between="<br>"),
        "server.inc": server(),
        "evidence.inc": evidence(),
        "drift.inc": drift(),
        "gates.inc": gates(),
        "advice.inc": advice(),
        "leaks.inc": leaks(),
        "streams.inc": streams(),
        "live.inc": live(),
    }
    for name, text in tables.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in tables]


def server() -> str:
    """What people at work wait for, by database: the 95th percentile of whole requests, and the slowest look."""
    results = json.loads(SERVER.read_text("utf-8"))
    said, at = results["settings"], results["measured_at"]
    lines = [
        f"{said['people']} people who think {said['think']:g} s, {said['items']:,} items of which "
        f"{said['answered']:,} are answered, one server process "
        f"on {at['cores']} shared cores, {at['date']}, at commit {at['commit']}. Of twenty requests nineteen took at "
        "most:",
        "",
        "| database | a claim | an answer | the slowest list |",
        "|---|---|---|---|",
    ]
    for one in results["found"]:
        slowest = max(one["looks"], key=one["looks"].__getitem__)
        lines.append(
            f"| {NAMES[one['database']]} | {one['claim']['95']:.0f} ms | {one['submit']['95']:.0f} ms | "
            f"{one['looks'][slowest]:.0f} ms ({slowest}) |"
        )
    return "\n".join(lines) + "\n"


def evidence() -> str:
    """How often intervals of 90 % held the truth, of each pool, by how its labels were chosen."""
    results = json.loads(EVIDENCE.read_text("utf-8"))
    at = results["measured_at"]["estimates"]
    lines = [
        f"{results['runs']} repetitions each, {at['date']}, at commit {at['commit'][:12]}. Of each pool: the accuracy "
        "over all its labels, how often the interval held it, the bias in Monte Carlo standard errors, the mean width, "
        "the blind labels that it is worth, and how often as wide an interval about the naive mean held it.",
        "",
        "| pool | labels | accuracy | covered | bias | width | as many blind | naive covered |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['pool']} | {row['n_labels']:.0f} {row['design']} | {row['truth']:.3f} | {row['coverage']:.1%} | "
        f"{row['bias_in_errors']:+.1f} | {row['width']:.3f} | {row['n_uniform']:.0f} | {row['naive_coverage']:.0%} |"
        for row in results["estimates"]
    ]
    return "\n".join(lines) + "\n"


def gates() -> str:
    """How often each gate opened, by what the new model truly gains or loses."""
    lines = [
        "Beside each gate stands what a simpler rule would have done in the same runs. The margin is 2 points, or "
        "what the model loses, where that is said.",
        "",
        "| gate | items | truly | runs | opens | half by | simpler rule | opens |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in json.loads(EVIDENCE.read_text("utf-8"))["gate"]:
        at = row.get("median_at")
        what = row.get("what") or f"{100 * row['difference']:+.0f} points"
        other = f"{row['other']:.1%}" if "other" in row else ""
        differ = f", differ on {row['differing']:.0%}, margin {100 * row['margin']:g}" if "differing" in row else ""
        lines.append(
            f"| {row['gate']}{differ} | {row['n']:,} | {what} | {row['runs']:,} | {row['opens']:.1%} | "
            f"{'' if at is None else f'{at:.0f}'} | {row.get('other_rule', '')} | "
            f"{other} |"
        )
    return "\n".join(lines) + "\n"


def drift() -> str:
    """How often a look for drift alarms, by what has changed, beside a test on each feature and score."""
    rows = json.loads(EVIDENCE.read_text("utf-8"))["drifts"]
    lines = ["| what has changed | looks | alarms | naive | which checks |", "|---|---|---|---|---|"]
    for row in rows:
        if row["part"] == "look":
            seen = sorted(row["by_check"].items(), key=lambda each: -each[1])
            named = ", ".join(f"{name} {share:.0%}" for name, share in seen if share >= 0.05)
            lines.append(
                f"| {row['world']} | {row['runs']:,} | {row['alarms']:.1%} | {row['naive_alarms']:.1%} | {named} |"
            )
    lines += ["", "| error 0.10, later | detector | alarms before | found | median delay |", "|---|---|---|---|---|"]
    lines += [
        f"| {row['later']:.2f} | {row['detector']} | {row['false_alarms']:.1%} | "
        + (" | |" if row["found"] is None else f"{row['found']:.0%} | {row['median_delay']:.0f} |")
        for row in rows
        if row["part"] == "detector"
    ]
    return "\n".join(lines) + "\n"


def advice() -> str:
    """What was advised from parts of known sets, beside what is known of the whole."""
    rows = json.loads(EVIDENCE.read_text("utf-8"))["advice"]
    draws = sorted({row["draw"] for row in rows})
    said = []
    for number, draw in enumerate(draws, start=1):
        of = [row for row in rows if row["draw"] == draw]
        right, held = sum(row["right"] for row in of), sum(row["covers"] for row in of)
        said.append(f"part {number}: right on {right} of {len(of)}, interval held on {held}")
    lines = [
        f"{'; '.join(said).capitalize()}.",
        "",
        "| set | part | labels | known | advice | how sure | measured | predicted | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        faults = [word for word, fault in (("wrong", not row["right"]), ("missed", not row["covers"])) if fault]
        lines.append(
            f"| {row['set']} | {draws.index(row['draw']) + 1} | {row['n_labels']} | {row['known']} | {row['advice']} | "
            f"{row['chance']:.0%} | {row['measured']:.2f} | {row['predicted']:.2f} ({row['low']:.2f} to "
            f"{row['high']:.2f}) | {', '.join(faults)} |"
        )
    return "\n".join(lines) + "\n"


def leaks() -> str:
    """How many planted copies were found in each set of texts, and how much else."""
    rows = json.loads(EVIDENCE.read_text("utf-8"))["leaks"]
    lines = [
        "| texts | test set | others | copies planted | found | by sketches alone | precision | natural |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['set']} | {row['n_test']:,} | {row['n_others']:,} | {row['n_copies']} | {row['recall']:.1%} | "
        f"{row['recall_by_sketch']:.1%} | {row['precision']:.1%} | {row['n_natural']} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def streams() -> str:
    """The share of right predictions, ours by default beside the best method of each other library."""
    rows = json.loads(EVIDENCE.read_text("utf-8"))["streams"]
    lines = ["| stream | budget | ours | river | scikit-activeml |", "|---|---|---|---|---|"]
    for ours in (row for row in rows if "best_peer" in row):
        here = [row for row in rows if (row.get("stream"), row.get("budget")) == (ours["stream"], ours["budget"])]
        best = [
            max((row for row in here if row["who"] == who), key=lambda row: row["accuracy"])
            for who in ("river", "scikit-activeml")
        ]
        peers = " | ".join(f"{row['accuracy']:.1%} ({row['method']})" for row in best)
        spread = f" ± {100 * ours['spread']:.1f}" if ours["spread"] is not None else ""
        lines.append(f"| {ours['stream']} | {ours['budget']:.0%} | {ours['accuracy']:.1%}{spread} | {peers} |")
    (fast,) = (row["per_cpu_second"] for row in rows if "per_cpu_second" in row)
    rates = ", ".join(f"{rate:,.0f} (`{name}`)" for name, rate in sorted(fast.items(), key=lambda each: -each[1]))
    lines += [
        "",
        "With a linear model of twenty numbers and a thousand items at once, a stream decides so many items in a "
        f"second of one core, predictions included: {rates}.",
    ]
    return "\n".join(lines) + "\n"


def live() -> str:
    """How often a running project's interval held what it had truly saved."""
    rows = json.loads(EVIDENCE.read_text("utf-8"))["live"]
    lines = ["| classes | projects | truly | said, median | interval held it | above 1 | a naive band |"]
    lines.append("|---|---|---|---|---|---|---|")
    lines += [
        f"| {row['world']} | {row['runs']} | {row['true_ratio']:.2f} | {row['ratio']:.2f} | {row['coverage']:.1%} | "
        f"{row['shown']:.1%} | {row['naive_coverage']:.1%} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print("\n".join(map(str, write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference/measured")))))
