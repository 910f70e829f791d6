"""What every body has in common, and the few kinds of values that many have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from querist.core import checks

MOST_CHARACTERS = 1_000_000
MOST_NUMBER = 2**53 - 1  # what JavaScript counts without a slip; below what either database can hold


def left_out(description: str | None = None) -> Any:
    """The default of what may be left out but not be null: none is named to whoever reads of it."""
    nothing: Any = lambda: None  # noqa: E731
    return Field(default_factory=nothing, description=description)


class In(BaseModel):
    """A body that comes in."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, str_max_length=MOST_CHARACTERS)

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, given: Any) -> Any:
        checks.shallow("body", given)
        check_text(given)
        return given


class Out(BaseModel):
    """A body that goes out, made from an object of the same attributes."""

    model_config = ConfigDict(from_attributes=True, ser_json_inf_nan="null")


def check_text(value: Any) -> None:
    """See that no text in it holds what a database cannot: a NUL character, or half of a surrogate pair.

    Raises
    ------
    ValueError
        If one does.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("must not hold a NUL character")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("must be valid Unicode; it holds half of a surrogate pair") from None
    elif isinstance(value, dict):
        for name, inner in value.items():
            check_text(name)
            check_text(inner)
    elif isinstance(value, list):
        for inner in value:
            check_text(inner)


def _has_a_zone(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("must say its zone, as in 2026-03-01T12:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie within the years 1 to 9999 in UTC") from None


Moment = Annotated[
    datetime,
    Field(strict=False, description="ISO 8601, in UTC.", examples=["2026-03-01T12:00:00.000Z"]),
    AfterValidator(_has_a_zone),
]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Whole = Annotated[int, Field(ge=0, le=MOST_NUMBER)]
Positive = Annotated[int, Field(ge=1, le=MOST_NUMBER)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Share = Annotated[float, Field(ge=0, le=1)]
ShortText = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Value = Annotated[
    Any,
    Field(
        description="An answer in the form of the project's task: a class, a list of labels, a number, spans, boxes, "
        "polygons, an order, a rating, a text, or a review.",
        examples=["spam"],
    ),
]
Fields = Annotated[
    dict[str, Any], Field(description="The item's content, by field.", examples=[{"text": "It crashes when I print."}])
]


class Problem(Out):
    """What went wrong."""

    code: str = Field(description="A word for programs.", examples=["invalid_input"])
    message: str = Field(description="What is wrong.", examples=["n: must be a whole number of at least 1; got 0."])
    hint: str = Field(description="What to do about it; may be empty.", examples=["Ask for more."])
    rows: list[str] = Field(default_factory=list, description="Of a refused import: each wrong row, and why.")


class ErrorBody(Out):
    """The envelope of every 4xx and 5xx."""

    error: Problem


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorBody, "description": "The request was refused; nothing was changed."},
    "5XX": {"model": ErrorBody, "description": "Something went wrong here, or is out of reach."},
}
