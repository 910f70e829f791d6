"""Looking at a project: its items page by page, one item's whole life, its versions, its card among others."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.items import SPLITS, Split
from querist.core.schema import Schema
from querist.core.state import Value
from querist.service.workspace import Workspace
from querist.store import answers, browse, items, projects, rounds, tallies, versions
from querist.store.browse import ItemState, SlotRow, Wanted
from querist.store.db import Connection, Database
from querist.store.events import Event

__all__ = [
    "Card",
    "Event",
    "ItemRow",
    "Life",
    "Page",
    "RoundLook",
    "all_rounds",
    "all_versions",
    "cards",
    "last_word",
    "life",
    "one_round",
    "page",
    "preview",
]

STATES: tuple[ItemState, ...] = get_args(ItemState)
MOST_ROWS = 200  # a page
QUERIES = 1000  # of a round, at one look
LOOKED_THROUGH = 4000  # items that one search looks at before it says how to go on
AT_ONCE = 250  # of them; a hundred kilobytes each are still little memory
SEARCH_S = 0.12  # after which a search says how to go on, having found what it has
PREVIEW_CHARACTERS = 200

_NO_WORDS = ("data:", "[", "{")  # how a text begins that is a picture, a list or a map
_CURSOR = re.compile(r"s([0-9]{1,16})")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as a list shows it; `round` is the one that asked about it last."""

    item_id: str
    split: Split
    fields: Mapping[str, Any]
    state: ItemState
    label: Value | None
    n_answers: int
    round: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, and how to go on: `next` is None at the end. A page may be short or empty and yet have a next."""

    items: tuple[ItemRow, ...]
    next: str | None
    searched: int


@dataclass(frozen=True, slots=True)
class Life:
    """Everything that happened to one item."""

    item: ItemRow
    events: tuple[Event, ...]
    queries: tuple[Mapping[str, Any], ...]
    slots: tuple[SlotRow, ...]
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A project at a glance."""

    name: str
    target: str
    task: str
    n_items: int
    n_labeled: int
    n_waiting: int
    paused: bool
    created_at: datetime


def page(
    work: Workspace,
    *,
    after: str | None = None,
    limit: int = 50,
    split: str | None = None,
    state: str | None = None,
    label: str | None = None,
    annotator: str | None = None,
    number: int | None = None,
    search: str | None = None,
    cut: int | None = None,
) -> Page:
    """The next items that are wanted, in the order they came in.

    A call looks through a bounded number of items: where it found few of them, `next` says how to go on.

    Parameters
    ----------
    after : str, optional
        Where the page before ended: its `next`.
    limit : int
        The most items of a page, up to 200.
    split : {"pool", "test", "calibration", "excluded"}, optional
    state : {"unlabeled", "labeled", "pending"}, optional
    label : str, optional
        A class that the label is, or names.
    annotator : str, optional
        Somebody who has answered.
    number : int, optional
        A round that asked about it.
    search : str, optional
        Words in the item's id or in any of its fields; case does not matter.
    cut : int, optional
        So many characters of each text are wanted. JSON and data: URLs are whole: the beginning of one is nothing.

    Raises
    ------
    InvalidInput
        If one of these is not as it must be.
    """
    if split is not None:
        checks.one_of("split", split, SPLITS)
    if state is not None:
        checks.one_of("state", state, STATES)
    if not 1 <= limit <= MOST_ROWS:
        raise InvalidInput(f"limit: must be from 1 to {MOST_ROWS}; got {limit}. Ask for the next page for more.")
    known: ItemState | None = next((each for each in STATES if each == state), None)
    wanted = Wanted(split, known, annotator, number, labeled=label is not None)
    began = time.monotonic()
    at, n_seen, at_end = _place(after), 0, False
    # A plain list needs no more than its own rows; where a row may be passed over, more are looked at together.
    picky = search is not None or label is not None or annotator is not None or state is not None or number is not None
    with work.database.reading() as conn:
        schema = work.schema(conn)
        fits = _Fits(schema, label, search)
        found: list[browse.Row] = []
        while not at_end and len(found) <= limit and n_seen < LOOKED_THROUGH:
            step = AT_ONCE if picky else limit + 1
            seqs = browse.candidates(conn, work.project_id, wanted, after=at, most=step)
            at_end = len(seqs) < step
            if not seqs:
                break
            found += filter(fits, browse.matching(conn, work.project_id, wanted, seqs))
            n_seen += len(seqs)
            at = seqs[-1]
            if time.monotonic() - began > SEARCH_S:
                break
        shown = found[:limit]
        asked_in = browse.last_rounds(conn, work.project_id, [row.seq for row in shown])
    if len(found) > limit:
        on: str | None = f"s{shown[-1].seq}"
    else:
        on = None if at_end else f"s{at}"
    rows = (_row(row, asked_in.get(row.seq)) for row in shown)
    if cut is not None:
        rows = (replace(row, fields=_cut(row.fields, cut)) for row in rows)
    return Page(tuple(rows), on, n_seen)


def life(work: Workspace, item_id: str) -> Life:
    """Everything that happened to one item, oldest first.

    Raises
    ------
    NotFound
        If the project has no such item.
    """
    with work.database.reading() as conn:
        row = browse.row_of(conn, work.project_id, item_id)
        asked_in = browse.last_rounds(conn, work.project_id, [row.seq])
        return Life(
            item=_row(row, asked_in.get(row.seq)),
            events=tuple(answers.history(conn, work.project_id, row.seq)),
            queries=tuple(browse.queries_about(conn, work.project_id, row.seq)),
            slots=tuple(browse.slots_about(conn, work.project_id, row.seq)),
            versions=tuple(browse.versions_with(conn, work.project_id, item_id)),
        )


def last_word(work: Workspace, item_id: str, annotator: str) -> Event | None:
    """The last thing that somebody did about an item, in whichever window."""
    with work.database.reading() as conn:
        found = items.existing(conn, work.project_id, [item_id]).get(item_id)
        events = [] if found is None else answers.history(conn, work.project_id, found.seq)
    return next((event for event in reversed(events) if event.annotator == annotator), None)


def cards(database: Database, names: Collection[str] | None = None) -> list[Card]:
    """The projects of a database at a glance, by name; those named, or all."""
    with database.reading() as conn:
        records = [each for each in projects.listed(conn) if names is None or each.name in names]
        return [_card(conn, record) for record in records]


def all_versions(work: Workspace) -> list[versions.DatasetVersion]:
    """Every dataset version, in order."""
    with work.database.reading() as conn:
        return versions.listed(conn, work.project_id)


def all_rounds(work: Workspace) -> list[rounds.RoundRecord]:
    """Every round, in order."""
    with work.database.reading() as conn:
        return rounds.listed(conn, work.project_id)


@dataclass(frozen=True, slots=True)
class RoundLook:
    """A round, and its questions with a line about each item; `next` is the last one's rank where there are more."""

    round: rounds.RoundRecord
    queries: tuple[Mapping[str, Any], ...]
    next: int | None


def one_round(work: Workspace, number: int, *, after: int = -1, limit: int = QUERIES) -> RoundLook:
    """What a round asked, why, and what became of it.

    Parameters
    ----------
    number : int
    after : int
        The rank to go on from: the `next` of an earlier look.
    limit : int
        The most questions, up to 1,000.

    Raises
    ------
    NotFound
        If there is no such round.
    """
    if not 1 <= limit <= QUERIES:
        raise InvalidInput(f"limit: must be from 1 to {QUERIES}; got {limit}. Go on with `next` for more.")
    with work.database.reading() as conn:
        record = rounds.get(conn, work.project_id, number)
        asked = browse.queries_of(conn, work.project_id, record.id, after=after, most=limit + 1)
    shown = [{**each, "preview": preview(each.pop("fields"))} for each in map(dict, asked[:limit])]
    return RoundLook(record, tuple(shown), shown[-1]["rank"] if len(asked) > limit else None)


def preview(fields: Mapping[str, Any]) -> str:
    """An item in a line: its texts, the longest first.

    Examples
    --------
    >>> preview({"n": 3, "text": "It  crashes", "pixels": [0.0, 1.0]})
    'It crashes · n 3'
    """
    plain = {name: value for name, value in fields.items() if not isinstance(value, list | dict) and value is not None}
    parts = [value if isinstance(value, str) else f"{name} {value}" for name, value in plain.items()]
    parts.sort(key=len, reverse=True)
    text = " ".join(" · ".join(part[: 2 * PREVIEW_CHARACTERS] for part in parts).split())
    if not text:
        text = ", ".join(fields)
    return text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"


def _card(conn: Connection, record: projects.Project) -> Card:
    schema, counts = projects.schema(conn, record.id), tallies.of(conn, record.id)
    there, labeled = tallies.per_split(counts, "items"), tallies.per_split(counts, "labeled")
    return Card(
        name=record.name,
        target=schema.target,
        task=schema.task,
        n_items=sum(there.values()),
        n_labeled=sum(labeled.values()),
        n_waiting=counts.get(tallies.LIVE, 0),
        paused=bool(record.settings.get("paused", False)),
        created_at=record.created_at,
    )


def _row(row: browse.Row, asked_in: int | None) -> ItemRow:
    return ItemRow(row.item_id, row.split, browse.fields_in(row), row.state, row.label, row.n_answers, asked_in)


def _cut(fields: Mapping[str, Any], most: int) -> dict[str, Any]:
    return {
        name: value[:most] if isinstance(value, str) and not value.lstrip().startswith(_NO_WORDS) else value
        for name, value in fields.items()
    }


def _place(cursor: str | None) -> int:
    if cursor is None or cursor == "":
        return 0
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidInput(f"after: must be the `next` of a page; got {cursor[:40]!r}. Begin without it.")
    return int(found[1])


class _Fits:
    """Whether a row has the label and the words that are looked for."""

    def __init__(self, schema: Schema, label: str | None, search: str | None) -> None:
        self._schema = schema
        self._label = label
        self._words = (search or "").casefold().strip()
        # As the words stand inside JSON: most rows are told by their text, without taking it apart.
        self._raw = json.dumps(self._words, ensure_ascii=False)[1:-1]

    def __call__(self, row: browse.Row) -> bool:
        return self._has_label(row) and self._has_words(row)

    def _has_label(self, row: browse.Row) -> bool:
        if self._label is None:
            return True
        if row.label is None:
            return False
        if isinstance(row.label, bool | int | float | str):
            return self._label in (row.label, str(row.label))
        return self._label in self._schema.classes_of(row.label)

    def _has_words(self, row: browse.Row) -> bool:
        if not self._words or self._words in row.item_id.casefold():
            return True
        if self._raw not in row.fields.casefold():
            return False
        return any(self._words in text.casefold() for text in _texts(browse.fields_in(row)))


def _texts(value: Any) -> Iterator[str]:
    """Every text and number in a value, but not the names of its fields."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)
