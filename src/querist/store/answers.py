"""Answers: recorded once and for good (`append`), read back as events, and as the labels they come to."""

from querist.store.chain import Standing, Step
from querist.store.drafts import AnswerDraft
from querist.store.events import (
    Event,
    did,
    events,
    events_of,
    facts_of,
    head,
    history,
    last_received,
    last_taken_back,
    said,
    standings,
    undone,
    work_of,
)
from querist.store.labels import CurrentLabel, Workload, current, guessed, label_counts, labels, n_answers, workloads
from querist.store.projects import lock
from querist.store.recording import Recorded, append, known

__all__ = [
    "AnswerDraft",
    "CurrentLabel",
    "Event",
    "Recorded",
    "Standing",
    "Step",
    "Workload",
    "append",
    "current",
    "did",
    "events",
    "events_of",
    "facts_of",
    "guessed",
    "head",
    "history",
    "known",
    "label_counts",
    "labels",
    "last_received",
    "last_taken_back",
    "lock",
    "n_answers",
    "said",
    "standings",
    "undone",
    "work_of",
    "workloads",
]
