"""Charts place what they are given, and bear what is missing."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from querist.report.charts import Line, Saving, color_class, line_chart, reliability_diagram
from querist.report.dots import Bar, Estimate, Pair, bars, interval_chart, pair_chart
from querist.report.svg import Scale, log_ticks, spread, ticks

SVG = "{http://www.w3.org/2000/svg}"


def line(x: list[float], y: list[float], name: str = "margin", **options: object) -> Line:
    return Line(name, 1, x, y, [v - 0.1 for v in y], [v + 0.1 for v in y], **options)  # type: ignore[arg-type]


def drawn(lines: list[Line], **options: object) -> ElementTree.Element:
    settings: dict[str, object] = {"title": "T", "x_label": "labels", "y_label": "accuracy", **options}
    return ElementTree.fromstring(line_chart(lines, **settings))  # type: ignore[arg-type]


def having(root: ElementTree.Element, tag: str, class_: str) -> list[ElementTree.Element]:
    return [e for e in root.iter(f"{SVG}{tag}") if class_ in (e.get("class") or "").split()]


def words(root: ElementTree.Element) -> list[str]:
    return ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("kind", ["wide", "narrow", "small"])
def test_more_labels_lie_further_right_and_more_quality_higher_up(kind: str) -> None:
    (path,) = having(drawn([line([10, 20, 40], [0.5, 0.8, 0.6])], kind=kind), "path", "line")
    places = [tuple(map(float, pair.split())) for pair in path.get("d", "")[1:].split("L")]
    assert places[0][0] < places[1][0] < places[2][0]
    assert places[1][0] - places[0][0] == pytest.approx((places[2][0] - places[0][0]) / 3, abs=0.02)
    assert places[1][1] < places[2][1] < places[0][1]


@pytest.mark.parametrize("kind", ["wide", "narrow", "small"])
def test_each_line_is_named_in_the_drawing(kind: str) -> None:
    root = drawn([line([1, 2], [0.5, 0.6]), line([1, 2], [0.5, 0.61], "k < 3")], kind=kind)
    assert {"margin", "k < 3"} <= {"".join(e.itertext()) for e in root.iter() if "name" in (e.get("class") or "")}


def test_a_point_tells_its_number_and_its_band() -> None:
    (first, _) = having(drawn([line([10, 20], [0.5, 0.75])]), "circle", "hit")
    assert "".join(first.itertext()) == "margin: 0.500 at 10 labels, 0.400 to 0.600"


def test_a_band_is_cut_at_what_the_metric_can_be() -> None:
    root = drawn([line([1, 2], [0.95, 0.99])], bounds=(0.0, 1.0))
    tips = ["".join(e.itertext()) for e in having(root, "circle", "hit")]
    assert tips[1].endswith("0.890 to 1.000")


def test_points_that_are_not_finite_are_left_out() -> None:
    root = drawn([Line("a", 1, [1, 2, 3], [0.5, math.nan, 0.7], [0.4] * 3, [math.inf, 0.6, 0.8])])
    assert len(having(root, "circle", "hit")) == 2


def test_one_point_is_a_dot_with_its_interval() -> None:
    root = drawn([line([10], [0.5])])
    assert not having(root, "path", "line")
    assert len(having(root, "line", "whisker")) == 1


@pytest.mark.parametrize("lines", [[], [line([], [])], [line([1], [math.nan])]])
def test_nothing_to_draw_is_said_in_words(lines: list[Line]) -> None:
    assert "Nothing measured yet." in line_chart(lines, title="T", x_label="x", y_label="y")


def test_a_faint_line_has_no_band() -> None:
    assert not having(drawn([line([1, 2], [0.5, 0.6], faint=True)]), "path", "band")


def test_a_saving_is_drawn_between_the_two_numbers_of_labels() -> None:
    lines = [line([0, 100], [0.4, 0.9]), line([0, 100], [0.2, 0.7], "random")]
    root = drawn(lines, saving=Saving(0.6, 40, 80, "2.0× fewer"))
    (mark,) = having(root, "line", "saving")
    drops = sorted(float(e.get("x1", "nan")) for e in having(root, "line", "drop"))
    assert sorted([float(mark.get("x1", "nan")), float(mark.get("x2", "nan"))]) == drops
    assert "2.0× fewer" in words(root)
    assert {"40", "80"} <= set(words(root))


def test_a_saving_outside_the_plot_is_not_drawn() -> None:
    assert not having(drawn([line([0, 9], [0.4, 0.9])], saving=Saving(0.6, 4, 800, "s")), "line", "saving")


def test_the_eighth_strategy_has_the_first_ones_color_and_another_line() -> None:
    assert (color_class(0), color_class(1), color_class(7), color_class(8)) == ("c0", "c1", "c7", "c1 again")


def test_a_reliability_dot_grows_with_its_share() -> None:
    root = ElementTree.fromstring(
        reliability_diagram([(0.5, 0.4, 0.1), (0.9, 0.9, 0.9)], name="m", color=1, title="Reliability")
    )
    small, large = (float(e.get("r", "nan")) for e in having(root, "circle", "bubble"))
    assert small < large
    assert "differ by 0.010 on the mean" in "".join(root.itertext())


def test_no_bins_is_said_in_words() -> None:
    assert "No calibration" in reliability_diagram([(math.nan, 0.1, 0.2)], name="m", color=1, title="T")


@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_a_ratio_lies_on_its_side_of_the_reference(kind: str) -> None:
    rows = [Estimate("fast", 1, 2.0, 1.5, 2.5, "2.0×"), Estimate("slow", 2, 0.5, 0.0, 0.9, "0.50×")]
    root = ElementTree.fromstring(interval_chart(rows, title="T", axis="ratio", kind=kind))
    reference = float(having(root, "line", "reference")[0].get("x1", "nan"))
    fast, slow = (float(e.get("cx", "nan")) for e in having(root, "circle", "dot"))
    assert slow < reference < fast
    assert fast - reference == pytest.approx(reference - slow, abs=0.1)  # equal factors, equal steps


def test_a_ratio_that_was_not_reached_is_words_only() -> None:
    rows = [Estimate("far", 1, None, None, None, "not reached"), Estimate("open", 2, 3.0, None, None, "3×", open_=True)]
    root = ElementTree.fromstring(interval_chart(rows, title="T", axis="ratio"))
    assert "not reached" in words(root)
    assert len(having(root, "circle", "dot")) == 1
    assert len(having(root, "line", "open")) == 1


def test_nothing_to_compare_is_said_in_words() -> None:
    assert "Nothing to compare." in interval_chart([], title="T", axis="a")
    assert "No class" in pair_chart([Pair("a", math.nan, 1)], title="T", axis="a", names=("r", "m"), color=1)
    assert "Nothing to count" in bars([], title="T")


@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_a_pair_shows_both_values_of_each_class(kind: str) -> None:
    chart = pair_chart(
        [Pair("a", 0.2, 0.8), Pair("b", 0.5, 0.5)],
        title="T",
        axis="recall",
        names=("random", "margin"),
        color=1,
        kind=kind,
    )
    root = ElementTree.fromstring(chart)
    tips = {"".join(e.itertext()) for e in root.iter(f"{SVG}circle")} - {""}
    assert tips == {"a: random 0.200, margin 0.800", "b: random 0.500, margin 0.500"}


def test_bars_are_as_long_as_their_numbers() -> None:
    root = ElementTree.fromstring(bars([Bar("a", 10, "10"), Bar("b", 5, "5"), Bar("c", 0, "0")], title="T"))
    a, b, _ = (float(e.get("width", "nan")) for e in root.iter(f"{SVG}rect"))
    assert a == pytest.approx(2 * b, abs=0.02)


@pytest.mark.parametrize(("low", "high"), [(0.613, 0.987), (0, 1), (20, 1000), (-3, 7), (1e-7, 2e-7), (5, 5), (0, 1e9)])
def test_ticks_are_few_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high, 6)
    assert 1 <= len(found) <= 6
    assert all(low - 1e-9 <= v <= high + 1e-9 for v in found)
    steps = {f"{b - a:.3g}" for a, b in pairwise(found)}
    assert len(steps) <= 1
    assert all(re.match(r"[125]", step.replace("0.", "").lstrip("0")) for step in steps)


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.51), (0.3, 9), (1, 1e6), (0.001, 2)])
def test_ratio_ticks_are_inside_too(low: float, high: float) -> None:
    found = log_ticks(low, high)
    assert found == sorted(found)
    assert all(low - 1e-9 <= v <= high + 1e-9 for v in found)
    assert len(found) <= 9


def test_labels_are_pushed_apart_in_their_order_and_stay_inside() -> None:
    places = spread([5, 5, 6, 50, 99, 99], 10, 0, 100)
    assert places == sorted(places)
    assert all(b - a >= 10 - 1e-9 for a, b in pairwise(places))
    assert min(places) >= 0
    assert max(places) <= 100


def test_a_scale_of_no_width_puts_everything_in_the_middle() -> None:
    assert Scale(3, 3, 0, 100)(3) == 50


def test_a_long_name_is_cut_where_a_small_chart_ends_and_told_in_full() -> None:
    name = "a policy of our own with quotas"
    small = line_chart(
        [Line(name, 1, [1, 2], [0.5, 0.6], [0.5, 0.6], [0.5, 0.6])], title="t", x_label="x", y_label="y", kind="small"
    )
    assert f"{name}: 0.600" in small
    (drawn,) = re.findall(r"<tspan[^>]*>([^<]*)</tspan>", small)
    assert drawn.endswith("…")
    assert name.startswith(drawn[:-1])


def test_the_reference_strikes_no_name_where_names_stand_in_the_plot() -> None:
    rows = [Estimate(name, 1, 1.5, 1.2, 1.9, "1.5×") for name in ("margin", "badge")]
    lines = re.findall(
        r'<line x1="[^"]*" y1="([^"]*)" x2="[^"]*" y2="([^"]*)" class="reference"',
        interval_chart(rows, title="t", axis="a", kind="narrow"),
    )
    names = [
        float(y)
        for y in re.findall(r'y="([^"]*)" class="t name', interval_chart(rows, title="t", axis="a", kind="narrow"))
    ]
    assert len(lines) == 2
    for (top, bottom), baseline in zip(lines, names, strict=True):
        assert float(top) > baseline
        assert float(bottom) < baseline + 46, "and ends before the next row's name"
    whole = interval_chart(rows, title="t", axis="a")
    assert whole.count('class="reference"') == 1


def test_names_of_bars_stay_within_the_picture() -> None:
    drawn = bars([Bar("a class with quite a long name, as some are", 3, "3"), Bar("x", 1, "1")], title="t")
    for end, text in re.findall(r'<text x="([^"]*)"[^>]*text-anchor="end"[^>]*>([^<]*)</text>', drawn):
        assert float(end) - len(text) * 6.9 >= 0, text
