"""A sound at the desk: a key plays and pauses it, and it is answered like any other item."""

from __future__ import annotations

import base64

from tests.end_to_end.conftest import Desks
from tests.end_to_end.desks import SAVED, answer, events
from tests.end_to_end.media import wav

from querist.core.schema import Schema

SOUND = "audio[data-item-audio]"


def test_a_sound_plays_by_a_key_and_is_answered(desks: Desks) -> None:
    rows = []
    for i, pitch in enumerate((440.0, 880.0)):
        (desks.media / f"tone-{i}.wav").write_bytes(wav(3.0, pitch_hz=pitch))
        rows.append({"id": f"tone-{i}", "call": f"tone-{i}.wav"})
    desks.project("calls", rows, Schema("tone", ("low", "high")))
    page = desks.open("calls")
    for key in ("1", "2"):
        sound = page.locator(SOUND)
        page.wait_for_function("() => document.querySelector('audio').readyState >= 3")
        assert sound.evaluate("audio => audio.duration") == 3.0
        assert sound.evaluate("audio => audio.paused"), "nothing is heard unasked"
        page.keyboard.press("p")
        page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
        page.keyboard.press("p")
        page.wait_for_function("() => document.querySelector('audio').paused")
        assert sound.evaluate("audio => audio.error") is None
        answer(page, key)
    page.locator(SAVED).wait_for()
    assert [event.value for event in events(desks.site, "calls")] == ["low", "high"]


def test_a_sound_within_its_item_plays_too(desks: Desks) -> None:
    within = "data:audio/wav;base64," + base64.b64encode(wav(0.5)).decode()
    desks.project("calls-within", [{"id": "one", "call": within}], Schema("tone", ("low", "high")))
    page = desks.open("calls-within")
    page.keyboard.press("p")
    page.wait_for_function("() => document.querySelector('audio').ended")
