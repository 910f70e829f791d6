"""Parts that both pages show: items asked, rounds, facts, and a chart drawn for each width."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from querist.core.evidence import AskedItem, Round
from querist.report.images import data_uri

ITEMS_SHOWN = 24
ROUNDS_SHOWN = 30
TEXT_SHOWN = 280
LIST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ItemCard:
    """One item asked, ready to show: a picture's address or a text, never both."""

    row: int
    label: str
    reason: str
    picture: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class RoundCard:
    """One round, ready to show."""

    number: int
    strategy: str
    n_labels: int
    held_back: str | None
    shared_reason: str | None
    items: tuple[ItemCard, ...]
    n_more: int
    has_pictures: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of how it was measured; `block` is preformatted text, for what does not fit a line."""

    name: str
    text: str
    block: str | None = None


def both(draw: Callable[[str], Markup]) -> Markup:
    """A chart drawn twice, for a wide page and for a telephone; the style sheet shows one of them."""
    wide = draw("wide")
    return wide if not wide.startswith("<svg") else wide + draw("narrow")


def round_cards(rounds: Sequence[Round]) -> tuple[RoundCard, ...]:
    """Rounds to show, evenly from first to last where they are many."""
    if len(rounds) > ROUNDS_SHOWN:
        rounds = [rounds[i] for i in np.unique(np.linspace(0, len(rounds) - 1, ROUNDS_SHOWN).round().astype(int))]
    return tuple(map(_round_card, rounds))


def facts(values: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Facts as lines: a list joined, a small mapping in one line, a large one as a block."""
    return tuple(_fact(_fact_name(str(name)), value) for name, value in values.items() if not _empty(value))


def _round_card(round_: Round) -> RoundCard:
    items = tuple(_item_card(item) for item in round_.asked[:ITEMS_SHOWN])
    reasons = {item.reason for item in items}
    return RoundCard(
        number=round_.number,
        strategy=round_.strategy,
        n_labels=round_.n_labels,
        held_back=round_.held_back,
        shared_reason=reasons.pop() if len(reasons) == 1 and len(items) > 1 else None,
        items=items,
        n_more=len(round_.asked) - len(items),
        has_pictures=any(item.picture for item in items),
    )


def _item_card(item: AskedItem) -> ItemCard:
    text = item.preview if isinstance(item.preview, str) else None
    if text is not None and len(text) > TEXT_SHOWN:
        text = text[: TEXT_SHOWN - 1].rstrip() + "…"
    return ItemCard(item.row, item.label, item.reason, _picture(item.preview), text)


def _picture(preview: object) -> str | None:
    if not isinstance(preview, list | tuple | np.ndarray):
        return None
    try:
        return data_uri(np.asarray(preview, dtype=np.float64))
    except ValueError:  # ragged or empty rows: the page goes without the picture, the item stays
        return None


def _fact(name: str, value: Any) -> Fact:
    if isinstance(value, Mapping):
        flat = " · ".join(f"{key} {_plain(v)}" for key, v in value.items())
        if len(flat) <= 120 and not any(isinstance(v, Mapping | list | tuple) for v in value.values()):
            return Fact(name, flat)
        return Fact(
            name, f"{len(value)} entries", json.dumps(_finite(value), indent=2, default=str, ensure_ascii=False)
        )
    if isinstance(value, list | tuple):
        shown = ", ".join(_plain(v) for v in value[:LIST_SHOWN])
        return Fact(name, shown + (f" and {len(value) - LIST_SHOWN} more" if len(value) > LIST_SHOWN else ""))
    return Fact(name, _plain(value))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _fact_name(key: str) -> str:
    words = key.replace("_", " ")
    return f"{words.removesuffix(' usd')}, US$" if words.endswith(" usd") else words


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,g}" if np.isfinite(value) else "unknown"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping) and len(value) == 0)
