"""One error tree. A message reads `{argument}: {rule}; {what we got, and where}. {what to do}.`"""

from __future__ import annotations

import inspect
from typing import ClassVar


class QueristError(Exception):
    """Querist could not go on."""

    code: ClassVar[str] = "error"

    def __str__(self) -> str:
        return super().__str__() or inspect.cleandoc(type(self).__doc__ or "")


class InvalidInput(QueristError, ValueError):
    """What was handed in breaks a rule; nothing was changed."""

    code = "invalid_input"


class RowsRejected(InvalidInput):
    """Some rows were refused, so none was taken. `rows` says which, where and why."""

    code = "rows_rejected"

    def __init__(self, message: str, rows: tuple[RowProblem, ...]) -> None:
        super().__init__(message)
        self.rows = rows


class RowProblem:
    """One refused row: its place in the file, its id where it has one, and what to do about it.

    Examples
    --------
    >>> print(RowProblem(7, "a-3", "the label 'spma' is not in the schema; did you mean 'spam'?"))
    line 7 (a-3): the label 'spma' is not in the schema; did you mean 'spam'?
    """

    __slots__ = ("item_id", "line", "message")

    def __init__(self, line: int, item_id: str | None, message: str) -> None:
        self.line = line
        self.item_id = item_id
        self.message = message

    def __str__(self) -> str:
        who = f" ({self.item_id})" if self.item_id else ""
        return f"line {self.line}{who}: {self.message}"

    def __repr__(self) -> str:
        return f"RowProblem({self.line!r}, {self.item_id!r}, {self.message!r})"


class LeakFound(InvalidInput):
    """The answer, or a copy of a test item, stands where the model or a strategy would see it."""

    code = "leak_found"


class UnsuitableLearner(InvalidInput):
    """The learner cannot do what was asked of it."""

    code = "unsuitable_learner"


class OneClassOnly(InvalidInput):
    """The labels hold one class only, so there is nothing to tell apart. Label items of another class first."""

    code = "one_class_only"


class NotFound(QueristError, LookupError):
    """There is no such thing here."""

    code = "not_found"


class Conflict(QueristError):
    """Somebody else changed the project in between. Look at its state, then try again."""

    code = "conflict"


class NotSignedIn(QueristError):
    """Nobody is signed in here, or no longer. Sign in, or send an API key that is still good."""

    code = "not_signed_in"


class Forbidden(QueristError):
    """Your role does not allow this. Ask somebody whose role does."""

    code = "forbidden"


class ForeignRequest(Forbidden):
    """The request does not show that it comes from the page you signed in to. Load the page again."""

    code = "csrf"


class TooMany(QueristError):
    """There were too many attempts in too short a time. `retry_after_s` says when to try again."""

    code = "too_many"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Busy(Conflict):
    """The database was in other hands for too long. Try again."""

    code = "busy"


class BudgetSpent(QueristError):
    """The labeling budget is spent. Raise `budget`, or stop the loop."""

    code = "budget_spent"


class PoolExhausted(QueristError):
    """Every item is labeled, pending or set aside, so there is nothing left to ask. Add items, or stop the loop."""

    code = "pool_exhausted"


class MissingExtra(QueristError, ImportError):
    """An optional dependency is not installed."""

    code = "missing_extra"
