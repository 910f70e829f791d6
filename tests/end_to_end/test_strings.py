"""Writing of all kinds at the desk: what is marked is what is stored, in code points, and labels are shown whole."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from tests.end_to_end.conftest import DESK, PHONE, Desks
from tests.end_to_end.desks import ITEM, answer, events, shown, submit
from tests.end_to_end.marking import TEXT, chosen, drag_over, marked, step_to

from querist.core.schema import Schema

NAMES = Schema("names", ("name", "place"), task="spans")


class Writing(NamedTuple):
    """A text, the part of it to mark with the mouse, and the word or sign to reach by keys."""

    text: str
    by_mouse: str
    by_keys: str
    rtl: bool = False


WRITINGS = {
    "arabic": Writing("😀 مرحبا بالعالم، هذا كتابٌ جديد من القاهرة", "كتابٌ جديد", "القاهرة", rtl=True),
    "hebrew": Writing("שָׁלוֹם עוֹלָם 🎉 זה סֵפֶר חדש מירושלים", "סֵפֶר חדש", "מירושלים", rtl=True),
    "hebrew-in-english": Writing("😀 The word שָׁלוֹם means peace, in Haifa as well", "שָׁלוֹם", "Haifa", rtl=True),
    "chinese-and-japanese": Writing("𠮷野家で牛丼を食べた。我住在北京,东京タワーも見た。", "タワー", "北京"),
    "families": Writing("Here 👨‍👩‍👧‍👦 meets 👩🏽‍🚀👩🏿‍🤝‍👨🏻 at noon", "👩🏽‍🚀", "👨‍👩‍👧‍👦"),
    "flags": Writing("🇩🇪🇫🇷🇯🇵 beat 🇧🇷, then 🏴󠁧󠁢󠁳󠁣󠁴󠁿 won", "🇫🇷", "🇧🇷"),
    "combining-marks": Writing("𝒜 e̊́x cafe\u0301 in Sa\u0303o Paulo, n\u0303o? Z͑ͫ̓a̴l̷g̸o̵", "cafe\u0301", "Z͑ͫ̓a̴l̷g̸o̵"),
    "astral": Writing("𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈𐌰𐌽𐌳 𝟙𝟚𝟛 and 𓀀𓁐 end", "𐍈𐌰𐌽𐌳", "𝟙𝟚𝟛"),
}


@pytest.mark.parametrize("name", WRITINGS)
def test_a_part_marked_by_mouse_or_by_keys_is_stored_in_code_points(desks: Desks, name: str) -> None:
    text, by_mouse, by_keys, rtl = WRITINGS[name]
    desks.project(name, [{"id": "one", "text": text}], NAMES)
    page = desks.open(name)
    assert page.locator(TEXT).inner_text() == text

    assert drag_over(page, text, by_mouse, rtl=rtl) == by_mouse
    assert chosen(page) == by_mouse, "the page shows what the browser selected"
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    step_to(page, by_keys)
    page.keyboard.press("2")
    assert sorted(marked(page).split("|")) == sorted([by_mouse, by_keys])

    submit(page)
    (event,) = events(desks.site, name)
    assert {mark["label"]: text[mark["start"] : mark["end"]] for mark in event.value} == {
        "name": by_mouse,
        "place": by_keys,
    }
    assert {mark["start"] for mark in event.value} == {text.index(by_mouse), text.index(by_keys)}


def test_marks_of_before_are_shown_where_they_were_made(desks: Desks) -> None:
    writing = WRITINGS["families"]
    desks.project("again", [{"id": f"item-{i}", "text": f"{i} {writing.text}"} for i in range(2)], NAMES)
    page = desks.open("again")
    text = page.locator(TEXT).inner_text()
    drag_over(page, text, writing.by_mouse)
    page.keyboard.press("1")
    submit(page)
    page.go_back()
    page.locator("[data-o][data-marked]").first.wait_for()
    assert marked(page) == writing.by_mouse


LABELS = ("שָׁלוֹם", "مرحبا", "東京タワー", "👨‍👩‍👧‍👦 family", "🇧🇷", "cafe\u0301", "𝔘𝔫𝔦", "<b>&amp;")
FROM_RIGHT = LABELS[:2]


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_texts_and_labels_of_all_kinds_are_shown_whole_and_chosen_by_digits(
    desks: Desks, viewport: dict[str, int], request: pytest.FixtureRequest
) -> None:
    project = f"choice-{request.node.callspec.id}"
    rows = [{"id": name, "text": writing.text} for name, writing in WRITINGS.items()]
    desks.project(project, rows, Schema("word", LABELS))
    desks.window.page.set_viewport_size(viewport)
    page = desks.open(project)
    options = page.get_by_role("group", name="Options").get_by_role("button")
    said = {}
    for i, label in enumerate(LABELS):
        item = shown(page)
        assert page.locator(ITEM).inner_text().splitlines()[-1] == WRITINGS[item].text
        assert [looks(option) for option in options.all()] == [
            {"label": name, "digit": str(1 + k), "direction": "rtl" if name in FROM_RIGHT else "ltr", "cut": False}
            for k, name in enumerate(LABELS)
        ]
        said[answer(page, str(1 + i))] = label
    page.locator("[data-testid=save-state][data-state=saved]").wait_for()
    assert {event.item_id: event.value for event in events(desks.site, project)} == said


def looks(option: Any) -> dict[str, Any]:
    """What is seen of a label to choose, and whether some of it is cut off."""
    found: dict[str, Any] = option.evaluate(
        """option => {
          const label = option.querySelector('[dir]');
          return {
            label: label.textContent,
            digit: option.querySelector('[aria-hidden]').textContent,
            direction: getComputedStyle(label).direction,
            cut: label.scrollWidth > label.clientWidth + 1 && getComputedStyle(label).overflow !== 'visible',
          };
        }"""
    )
    return found
