"""Advice laid out for its page and as rows of text: the verdict first, then the curves, then the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from querist.core.advice import Advice, Outlook
from querist.core.evidence import Interval
from querist.report import formatting as fmt
from querist.report.charts import Line, line_chart
from querist.report.dots import Estimate, interval_chart
from querist.report.parts import Fact, both, facts

MOST_SURE = 0.99  # beyond, a distribution that was fitted to some twenty data sets knows nothing
HIDDEN_FACTS = ("simulated_at", "simulated_random")


@dataclass(frozen=True, slots=True)
class AdviceView:
    """Everything the page shows."""

    advice: Advice
    metric: str
    level: str
    figures: tuple[tuple[str, str, str], ...]
    curves: Markup
    efficiency: Markup | None
    plan: tuple[tuple[str, str], ...]
    rounds: tuple[tuple[str, ...], ...]
    has_price: bool
    next_steps: tuple[str, ...]
    facts: tuple[Fact, ...]


def advice_view(advice: Advice) -> AdviceView:
    """Lay out the page."""
    header, *rounds = advice_table(advice)
    shown = {key: value for key, value in advice.facts.items() if key not in HIDDEN_FACTS}
    return AdviceView(
        advice=advice,
        metric=fmt.metric_name(advice.metric),
        level=fmt.percent(advice.efficiency.level),
        figures=_figures(advice),
        curves=both(lambda kind: _curves(advice, kind)),
        efficiency=both(lambda kind: _efficiency(advice, kind)) if _learns(advice) else None,
        plan=advice_plan(advice),
        rounds=(tuple(header), *map(tuple, rounds)) if rounds else (),
        has_price=advice.money is not None,
        next_steps=next_steps(advice),
        facts=facts(shown),
    )


def advice_table(advice: Advice) -> list[list[str]]:
    """A header and one row per round of the plan: what is there after it."""
    header = ["round", "labels", *(["spent"] if advice.money else []), f"{fmt.metric_name(advice.metric)}, random"]
    chosen = advice.worth_it
    rows = [header + ([advice.plan.strategy] if chosen else [])]
    for spend in advice.plan.rounds:
        row = [str(spend.round), fmt.whole(spend.n_labels), *([fmt.dollars(spend.usd)] if advice.money else [])]
        rows.append([*row, fmt.decimal(spend.random), *([fmt.decimal(spend.strategy)] if chosen else [])])
    return rows


def advice_plan(advice: Advice) -> tuple[tuple[str, str], ...]:
    """The plan in pairs of a name and what it is."""
    plan = advice.plan
    if not plan.rounds:
        return (("labels to buy", "none"),)
    rows = [
        ("strategy", plan.strategy),
        ("labels to start from", _seed(plan.seed_size, plan.seed_missing)),
        ("labels to buy", fmt.whole(plan.rounds[-1].n_labels - advice.n_labeled)),
        ("a round", f"{plan.batch_size:,} items, {plan.n_rounds} {'round' if plan.n_rounds == 1 else 'rounds'}"),
        ("answers an item", str(plan.overlap) + (f", two for {fmt.percent(plan.double)}" if plan.double else "")),
    ]
    if plan.strategy != "random":
        rows.append(("drawn at random", fmt.percent(plan.exploration)))
    if plan.reserve:
        rows.append(("kept back", f"{plan.reserve:,} labels"))
    return tuple(rows)


def next_steps(advice: Advice) -> tuple[str, ...]:
    """What to do now; commands between backticks."""
    plan = advice.plan
    if advice.verdict == "worth it":
        return (
            "Start a project with `querist init`, add the items and the labels on hand with `querist add`.",
            f"Buy {plan.batch_size:,} labels a round with `querist ask` and `querist tell`, or `querist serve`.",
            "Read in `querist status` whether the saving shows against the random share; where not, label at random.",
        )
    if advice.verdict == "label at random":
        return (
            "Label rows drawn at random, with `querist policy --set strategy=random` in a project, and ask again.",
            "Say what a label costs with `--price`: the dearer it is, the smaller a saving is worth a loop.",
        )
    if advice.verdict == "prompt a model":
        return (
            f"Let people label {advice.plan.batch_size:,} items at random, and measure the model on them.",
            "Let the model label where it is sure, and people the rest.",
        )
    return (
        "Look at what the model gets wrong: other inputs, another model or plainer classes may do what labels cannot.",
        "Keep a random share of new items labeled, to see when this changes.",
    )


def _figures(advice: Advice) -> tuple[tuple[str, str, str], ...]:
    rows = []
    if _learns(advice):
        rows.append(("efficiency", fmt.times(advice.efficiency.value), fmt.between(advice.efficiency, ratio=True)))
    if advice.verdict in ("worth it", "label at random"):
        if advice.money is not None:
            rows.append(("saving", fmt.dollars(advice.money.saving.value), _dollars(advice.money.saving)))
        else:
            between = f"{_count(advice.saved.low)} to {_count(advice.saved.high)}"
            rows.append(("labels saved", _count(advice.saved.value), between))
        sure = fmt.percent(advice.chance) if advice.chance <= MOST_SURE else f"over {fmt.percent(MOST_SURE)}"
        rows.append(("how sure", sure, "that choosing pays"))
    rows.append((f"{fmt.metric_name(advice.metric)} to gain", fmt.signed(advice.gain.value), "with the whole budget"))
    return tuple(rows)


def _learns(advice: Advice) -> bool:
    """Whether there is a curve that rises, of which labels could be saved."""
    return advice.verdict != "label nothing more" or advice.chance > 0


def _curves(advice: Advice, kind: str) -> Markup:
    return line_chart(
        [_line(outlook, color) for color, outlook in enumerate(_shown(advice))],
        title=f"{fmt.metric_name(advice.metric)} against labels",
        x_label="labels",
        y_label=fmt.metric_name(advice.metric),
        kind=kind,
        bounds=(0.0, 1.0) if advice.metric not in fmt.BELOW_ZERO else None,
    )


def _shown(advice: Advice) -> Sequence[Outlook]:
    """Both curves, but where nothing is gained the strategy's is random's."""
    return advice.outlooks if advice.verdict != "label nothing more" else advice.outlooks[:1]


def _line(outlook: Outlook, color: int) -> Line:
    return Line(
        outlook.strategy,
        color,
        [float(v) for v in outlook.n_labels],
        [float(v) for v in outlook.mean],
        [float(v) for v in outlook.low],
        [float(v) for v in outlook.high],
    )


def _efficiency(advice: Advice, kind: str) -> Markup:
    rows = [
        _estimate("on the labels on hand", 2, advice.simulated),
        _estimate("to be expected", 1, advice.efficiency),
    ]
    return interval_chart(rows, title="Efficiency", axis="labels random needs, per label the strategy needs", kind=kind)


def _estimate(name: str, color: int, interval: Interval) -> Estimate:
    text = f"{fmt.times(interval.value)} [{fmt.between(interval, ratio=True)}]"
    return Estimate(name, color, interval.value, interval.low, interval.high, text)


def _seed(size: int, missing: int) -> str:
    return f"{size:,}, of which {missing:,} are still to be labeled" if missing else f"{size:,}, which are there"


def _count(value: float) -> str:
    return f"{round(value):,}".replace("-", "−")


def _dollars(interval: Interval) -> str:
    return f"{fmt.dollars(interval.low)} to {fmt.dollars(interval.high)}"
