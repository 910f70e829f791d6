"""Streams for users: where the loop's budget managers meet a model and its labels."""

from querist.streaming.decisions import Decision, Decisions, Told
from querist.streaming.settings import Settings
from querist.streaming.stream import Stream

__all__ = ["Decision", "Decisions", "Settings", "Stream", "Told"]
