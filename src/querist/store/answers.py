"""Answers: recorded once and for good (`append`), read back as events, and as the labels they come to."""

from querist.store.events import Event, events, facts_of, head, history, last_taken_back
from querist.store.labels import CurrentLabel, Workload, current, label_counts, labels, workloads
from querist.store.projects import lock
from querist.store.recording import AnswerDraft, Recorded, append

__all__ = [
    "AnswerDraft",
    "CurrentLabel",
    "Event",
    "Recorded",
    "Workload",
    "append",
    "current",
    "events",
    "facts_of",
    "head",
    "history",
    "label_counts",
    "labels",
    "last_taken_back",
    "lock",
    "workloads",
]
