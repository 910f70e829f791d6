"""What every table is made of: columns of one kind each, and keys that stay within a project."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from querist.store.columns import Json, Moment

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER
Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by code point everywhere, as in Python


def id_(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, Big, sa.Identity(), primary_key=True)


def of_project() -> sa.Column[int]:
    return sa.Column("project_id", Big, sa.ForeignKey("project.id"), nullable=False)


def in_project(column: str, table: str, key: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["project_id", column], [f"{table}.project_id", f"{table}.{key}"])


def one_of(column: str, allowed: tuple[str, ...]) -> sa.CheckConstraint:
    # Not `IN (...)`: SQLite makes a set of the words anew for every row, which halves the speed of an import.
    return sa.CheckConstraint(" OR ".join(f"{column} = {word!r}" for word in allowed), name=column)


def text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null)


def number(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=null)


def json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Json, nullable=null)


def moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Moment, nullable=null)
