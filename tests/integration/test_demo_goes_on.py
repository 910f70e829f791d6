"""The demo's project, once served, goes from round to round by itself."""

from __future__ import annotations

from pathlib import Path

from querist import demo
from querist.core.ports import silent
from querist.service import answering, queue
from querist.service.driving import Driver
from querist.service.workspaces import Workspaces


def test_after_twenty_digits_the_next_round_is_chosen_and_the_curve_has_a_point_more(tmp_path: Path) -> None:
    with Workspaces.at(f"sqlite:///{demo.leave_project(tmp_path, silent)}") as opened:
        work, ann = opened.open("digits"), queue.Annotator("ann")
        while claimed := queue.claim(work, ann, 1).assignments:
            one = claimed[0]
            answering.act(work, ann, answering.Act(one.token, "submit", one.item_id, one.slot, one.token, "7"))
        driver = Driver(opened)
        assert driver.step()
        assert len(queue.claim(work, ann, 5).assignments) == 5
