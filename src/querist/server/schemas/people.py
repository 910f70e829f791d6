"""Signing in, people, invitations, keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from querist.core.people import PersonRole, Scope
from querist.server.schemas.base import In, Moment, Name, Out, ShortText, left_out

Password = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra={"format": "password"})]
Token = Annotated[str, Field(min_length=1, max_length=200, description="From a link that works once.")]


class Health(Out):
    """Whether the server can do its work."""

    status: Literal["ok"]
    version: str
    database: Literal["sqlite", "postgresql"]


class Provider(Out):
    """An identity provider to sign in with."""

    name: str


class Welcome(Out):
    """What the page for signing in needs to know."""

    needs_setup: bool = Field(description="Whether nobody is here yet: the one-time link makes the first admin.")
    oidc: Provider | None
    version: str


class Me(Out):
    """Who is signed in."""

    name: str
    full_name: str
    role: PersonRole
    csrf: str | None = Field(description="To be sent as `X-Querist-CSRF` with every change by cookie.")
    must_set_up: bool = False
    preferences: dict[str, Any] = Field(description="The page's own: keys, theme, what is open.")


class SetUp(In):
    """The first admin, by the one-time link."""

    token: Token
    name: Name
    full_name: ShortText = ""
    password: Password


class SignIn(In):
    """A name and its password."""

    name: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(max_length=1000, json_schema_extra={"format": "password"})]


class MeChange(In):
    """What is to change of oneself; what is left out stays."""

    full_name: ShortText = left_out()
    preferences: dict[str, Any] = left_out("Replaces all of them; at most 16 kB.")
    password: Password = left_out()
    old_password: Annotated[str, Field(max_length=1000, json_schema_extra={"format": "password"})] = left_out()


class Person(Out):
    """Somebody who may sign in."""

    name: str
    full_name: str
    role: PersonRole
    skills: list[str]
    tier: int
    daily_cap: int | None
    disabled: bool
    created_at: Moment
    last_seen_at: Moment | None


class People(Out):
    """Everybody."""

    people: list[Person]


class NewPerson(In):
    """Somebody to let in."""

    name: Name
    full_name: ShortText = ""
    role: PersonRole
    password: Password


class PersonChange(In):
    """What is to change of a person; what is left out stays."""

    full_name: ShortText = left_out()
    role: PersonRole = left_out()
    skills: Annotated[list[ShortText], Field(max_length=100)] = left_out()
    tier: Annotated[int, Field(ge=0, le=100)] = left_out()
    daily_cap: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(None, description="Null for none.")
    disabled: bool = left_out()
    password: Password = left_out()


class NewInvitation(In):
    """A link to send to somebody."""

    role: PersonRole
    project: Name | None = Field(None, description="The only project they will see.")
    skills: Annotated[list[ShortText], Field(max_length=100)] = Field(default_factory=list)
    note: ShortText = ""
    days: Annotated[int, Field(ge=1, le=90)] = 7


class Invited(Out):
    """An invitation that was made: the only time that its link is shown."""

    id: int
    url: str
    token: str
    role: PersonRole
    expires_at: Moment


class Invitation(Out):
    """An invitation as it stands."""

    id: int
    role: PersonRole
    project: str | None
    skills: list[str]
    note: str
    invited_by: str | None
    created_at: Moment
    expires_at: Moment


class Invitations(Out):
    """Those that are open."""

    invitations: list[Invitation]


class InvitationLook(Out):
    """What a link is for."""

    role: PersonRole
    project: str | None
    invited_by: str | None


class Acceptance(In):
    """Somebody who comes by a link."""

    token: Token
    name: Name
    full_name: ShortText = ""
    password: Password


class NewKey(In):
    """A key for a program."""

    label: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    days: Annotated[int, Field(ge=1, le=3650)] | None = None


class MadeKey(Out):
    """A key that was made: the only time that it is shown."""

    id: int
    label: str
    scopes: list[Scope]
    key: str
    created_at: Moment
    expires_at: Moment | None


class Key(Out):
    """A key as it stands."""

    id: int
    label: str
    scopes: list[Scope]
    created_at: Moment
    expires_at: Moment | None
    used_at: Moment | None


class Keys(Out):
    """One's own keys."""

    keys: list[Key]
