"""The tables of who may come in: people, their sessions and keys, and invitations. `migrations/` makes them."""

from __future__ import annotations

from typing import get_args

import sqlalchemy as sa

from querist.core.people import PersonRole
from querist.store.parts import Big, Name, id_, json, metadata, moment, of_project, one_of, text, whole

person = sa.Table(
    "person",
    metadata,
    id_(),
    sa.Column("name", Name, nullable=False, unique=True),
    sa.Column("folded", Name, nullable=False, unique=True),  # two people whose names differ in case only cannot be
    text("full_name"),
    text("role"),
    text("password_hash", null=True),
    sa.Column("oidc_subject", Name, unique=True),
    json("skills"),
    whole("tier"),
    whole("daily_cap", null=True),
    json("preferences"),
    moment("created_at"),
    moment("last_seen_at", null=True),
    moment("disabled_at", null=True),
    one_of("role", get_args(PersonRole)),
    sqlite_autoincrement=True,
)

membership = sa.Table(
    "membership",
    metadata,
    of_project(),
    sa.Column("person_id", Big, sa.ForeignKey("person.id"), nullable=False),
    sa.PrimaryKeyConstraint("project_id", "person_id"),
    sa.Index(None, "person_id"),
)

# What is kept of a secret is its hash: who reads the database cannot sign in with it.
session = sa.Table(
    "session",
    metadata,
    sa.Column("hash", Name, primary_key=True),
    sa.Column("person_id", Big, sa.ForeignKey("person.id"), nullable=False),
    text("csrf"),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    sa.Index(None, "person_id"),
)

api_key = sa.Table(
    "api_key",
    metadata,
    id_(),
    sa.Column("hash", Name, nullable=False, unique=True),
    sa.Column("person_id", Big, sa.ForeignKey("person.id"), nullable=False),
    text("label"),
    json("scopes"),
    moment("created_at"),
    moment("expires_at", null=True),
    moment("used_at", null=True),
    moment("revoked_at", null=True),
    sa.Index(None, "person_id"),
    sqlite_autoincrement=True,
)

# The first admin's one-time link is an invitation that nobody sent.
invitation = sa.Table(
    "invitation",
    metadata,
    id_(),
    sa.Column("hash", Name, nullable=False, unique=True),
    text("role"),
    sa.Column("project_id", Big, sa.ForeignKey("project.id")),
    json("skills"),
    text("note"),
    sa.Column("invited_by", Big, sa.ForeignKey("person.id")),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
    sa.Column("used_by", Big, sa.ForeignKey("person.id")),
    moment("revoked_at", null=True),
    one_of("role", get_args(PersonRole)),
    sqlite_autoincrement=True,
)

# Counts attempts at signing in within a span of time, for all processes together.
throttle = sa.Table(
    "throttle",
    metadata,
    sa.Column("bucket", Name, primary_key=True),
    whole("n"),
    moment("since"),
)
