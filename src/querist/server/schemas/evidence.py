"""What is known of a project's worth."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from querist.server.schemas.base import Moment, Out


class Figure(Out):
    """One figure, where it comes from, and how it is to be read."""

    name: str
    title: str
    value: str = Field(description="Short; a dash where nothing is known yet.")
    sentence: str
    source: str
    page: str = Field(description="The page of the documentation that explains it.")
    tone: Literal["good", "warn", "bad", "quiet"]
    lines: list[str]
    numbers: dict[str, float] = Field(description="`value`, `low`, `high`, and what it is compared with.")
    model: int | None
    at: Moment | None


class Evidence(Out):
    """Every figure, as it was last found."""

    figures: list[Figure]
