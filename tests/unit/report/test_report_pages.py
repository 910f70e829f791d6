"""Whole pages: well formed, self-contained, safe against what data holds, and complete."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.evidence import AskedItem, Curve, Point, Round, Run, Study
from querist.metrics import study as assemble
from querist.report import ProjectView, VersionRow, project_page, study_page

VOID = {"meta", "img", "br", "link", "input", "hr"}
HOSTILE = '<script>alert("x")</script>\'&'


class Page(HTMLParser):
    """Reads a page and remembers what the tests ask about; fails on a tag that is not closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.style = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def run(strategy: str, seed: int, speed: float, *, price: float = 0.25, preview: object = "a case") -> Run:
    rng = np.random.default_rng([seed, len(strategy)])
    labels = range(20, 201, 20)
    asked = tuple(AskedItem(i, f"{strategy}: gap {i}", "yes", preview) for i in range(3))  # type: ignore[arg-type]
    return Run(
        strategy,
        seed,
        tuple(
            Point(n, n * price, {"accuracy": 0.9 - 0.5 * math.exp(-n * speed / 60) + rng.normal(0, 0.004), "ece": 0.1})
            for n in labels
        ),
        rounds=(
            Round(0, "k_means", 20, asked, "the model is no better than chance yet"),
            Round(1, strategy, 40, asked),
        ),
        calibration=((0.55, 0.5, 0.4), (0.9, 0.95, 0.6)),
        per_class={"yes": {"recall": 0.8 + 0.1 * speed / 2}, "no": {"recall": 0.7}},
        seconds=1.5,
    )


def study(names: tuple[str, ...] = ("random", "margin"), n_seeds: int = 6, **options: object) -> Study:
    runs = [run(name, seed, 1 + i, **options) for i, name in enumerate(names) for seed in range(n_seeds)]  # type: ignore[arg-type]
    facts = {"data": "tickets", "seeds": list(range(n_seeds)), "policies": {"margin": {"batch_size": 20}}}
    return assemble("Tickets", runs, "accuracy", baseline=names[0], facts=facts, n_boot=50)


PROJECT = ProjectView(
    "tickets",
    "topic",
    classes={"billing": 12, "legal": 0},
    splits={"pool": 80, "test": 20},
    n_labels=12,
    n_pending=4,
    points=run("margin", 0, 1).points,
    rounds=run("margin", 0, 1).rounds,
    budget_labels=100,
    budget_usd=25,
    spent_usd=3,
    exploration=0.1,
    explored=0.08,
    versions=(VersionRow("v1", "ab" * 32, 12, "2026-03-01"),),
    status=("12 of 100 labels bought.", "Accuracy is still rising."),
    calibration=((0.9, 0.8, 1.0),),
    per_class={"billing": {"precision": 0.9, "recall": 0.8, "f1": 0.85}, "legal": {}},
    next_steps=("Label `round-2.csv`.",),
    facts={"learner": "logistic"},
)

PAGES = {
    "study": lambda: study_page([study()], title="Tickets", next_steps=["Run `querist ask`."]),
    "pictures": lambda: study_page([study(preview=[[0.0, 0.5], [1.0, 0.2]])], title="Digits"),
    "several": lambda: study_page([study(), study(("random", "margin", "entropy"))], title="Two"),
    "one seed": lambda: study_page([study(n_seeds=1)], title="Once"),
    "alone": lambda: study_page([study(("random",))], title="Alone"),
    "many": lambda: study_page([study(("random", *"abcdefghij"), 3)], title="Many"),
    "free": lambda: study_page([study(price=0.0)], title="Free"),
    "hostile": lambda: study_page([study(("random", HOSTILE), preview=HOSTILE)], title=HOSTILE),
    "project": lambda: project_page(PROJECT),
    "empty project": lambda: project_page(ProjectView("tickets", "topic")),
    "hostile project": lambda: project_page(
        ProjectView(HOSTILE, HOSTILE, {HOSTILE: 1}, status=(HOSTILE,), next_steps=(HOSTILE,), facts={HOSTILE: HOSTILE})
    ),
}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: make() for name, make in PAGES.items()}


each = pytest.mark.parametrize("name", list(PAGES))


@each
def test_every_tag_is_closed_where_it_should_be(pages: dict[str, str], name: str) -> None:
    assert Page(pages[name]).all("main")


@each
def test_a_page_asks_nothing_of_the_network_and_runs_no_script(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])
    assert not page.all("script", "link", "iframe", "object", "form", "base")
    for _, attributes in page.tags:
        for key in ("src", "href", "xlink:href", "action", "srcset"):
            assert (attributes.get(key) or "#").startswith(("#", "data:image/png"))
        assert not [key for key in attributes if key.startswith("on") or key == "style"]
    assert "url(" not in page.style
    assert "@import" not in page.style


@each
def test_the_policy_allows_this_style_sheet_and_no_other(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy") or ""
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


@each
def test_headings_are_in_order_and_table_heads_have_a_scope(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    assert all("alt" in picture for picture in page.all("img"))


@each
def test_no_number_is_missing_or_infinite(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])
    assert not re.search(r"\b(nan|inf|None)\b", page.text)
    for tag, attributes in page.tags:
        for key in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"):
            if tag not in ("meta", "img") and attributes.get(key) is not None:
                assert math.isfinite(float(attributes[key] or "nan"))
        if tag == "path":
            numbers = re.findall(r"[^\sMLZ]+", attributes["d"] or "")
            assert numbers
            assert all(math.isfinite(float(number)) for number in numbers)


@each
def test_each_chart_has_a_name_and_a_description(pages: dict[str, str], name: str) -> None:
    page = Page(pages[name])
    for at, (tag, attributes) in enumerate(page.tags):
        if tag == "svg":
            assert attributes["role"] == "img"
            assert [t for t, _ in page.tags[at + 1 : at + 3]] == ["title", "desc"]


@pytest.mark.parametrize("name", ["hostile", "hostile project"])
def test_hostile_text_is_shown_and_not_obeyed(pages: dict[str, str], name: str) -> None:
    assert "<script" not in pages[name]
    assert HOSTILE in Page(pages[name]).text


def test_every_strategy_class_reason_and_fact_is_on_the_page(pages: dict[str, str]) -> None:
    text = Page(pages["several"]).text
    for word in ("random", "margin", "entropy", "margin: gap 2", "no better than chance yet", "tickets", "yes", "$50"):
        assert word in text


def test_a_page_of_several_studies_links_to_each(pages: dict[str, str]) -> None:
    page = Page(pages["several"])
    targets = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert [f"#{target}" for target in targets] == [a["href"] for a in page.all("a")]
    assert len(set(targets)) == 2


def test_a_project_page_shows_what_it_was_given(pages: dict[str, str]) -> None:
    text = Page(pages["project"]).text
    for word in ("12 of 100 labels bought.", "ab" * 32, "8.0%", "asked for 10%", "$3", "legal", "round-2.csv", "v1"):
        assert word in text
    assert "<code>round-2.csv</code>" in pages["project"]


def test_an_empty_project_says_so(pages: dict[str, str]) -> None:
    assert "Nothing is labeled yet." in pages["empty project"]
    assert "Nothing measured yet." in pages["empty project"]


def test_pictures_are_shown_as_pictures(pages: dict[str, str]) -> None:
    assert len(Page(pages["pictures"]).all("img")) == 6
    assert not Page(pages["study"]).all("img")


def test_only_as_many_items_and_rounds_are_shown_as_a_reader_can_take() -> None:
    asked = tuple(AskedItem(i, f"reason {i}", "yes", "text") for i in range(100))
    rounds = tuple(Round(k, "margin", k, asked) for k in range(80))
    long = Run("random", 0, (Point(1, 0, {"a": 0.5}),), rounds=rounds)
    text = Page(study_page([assemble("Long", [long], "a", baseline="random")], title="Long")).text
    assert "and 76 more" in text
    assert "30 of 80 are shown" in text
    assert "Round 79" in text


def test_pictures_that_are_no_table_of_numbers_are_left_out() -> None:
    broken = study(preview=[[0.1, 0.2], [0.3]])
    assert not Page(study_page([broken], title="Broken")).all("img")


def test_numbers_that_are_not_finite_are_written_as_a_dash() -> None:
    nan = np.array([np.nan, 0.5])
    c = Curve("random", "accuracy", np.array([1.0, 2.0]), np.zeros(2), nan, nan, np.array([np.inf, 0.6]), n_runs=2)
    facts = {"x": float("nan"), "nested": {"deep": [{"y": float("inf")}, float("nan")]}}
    page = Page(study_page([Study("Gap", "accuracy", "random", (), (c,), (), (), facts)], title="Gap"))
    assert not re.search(r"\b(nan|inf|infinity)\b", page.text.lower())


def test_a_strategy_keeps_its_color_over_the_studies_of_a_page() -> None:
    html = study_page([study(("random", "margin")), study(("random", "entropy", "margin"))], title="Two")
    assert set(re.findall(r'<span class="name (c\d)">margin</span>', html)) == {"c1"}


def test_no_study_is_refused() -> None:
    with pytest.raises(InvalidInput, match="studies: must hold at least one"):
        study_page([], title="None")
