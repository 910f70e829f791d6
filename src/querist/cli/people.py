"""Commands on people and their keys, by whoever commands the database itself."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from querist.cli import output
from querist.core.people import PersonRole
from querist.service import people
from querist.service.people import OPERATOR, ApiKey, Person

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Url = Annotated[str | None, typer.Option("--url", help="Database, where querist.toml does not say.")]
Name = Annotated[str, typer.Argument(help="The person's name.")]

people_app = typer.Typer(name="people", help="Who may sign in on the page.", no_args_is_help=True)
keys_app = typer.Typer(name="keys", help="API keys, by which programs sign in.", no_args_is_help=True)


@people_app.command("list")
def people_list(url: Url = None, as_json: Json = False) -> None:
    """Show who may sign in."""
    with people.database_at(url) as database:
        found = people.listed(database, OPERATOR)
    if as_json:
        output.emit({"people": [_shown(person) for person in found]})
        return
    rows = [
        [p.name, p.role, ", ".join(p.skills), _day(p.created_at), _day(p.last_seen_at), "yes" if p.disabled else ""]
        for p in found
    ]
    output.table([["name", "role", "skills", "added", "last here", "disabled"], *rows])


@people_app.command("add")
def people_add(
    name: Name,
    role: Annotated[PersonRole, typer.Option(help="What they may do.")] = "annotator",
    full_name: Annotated[str, typer.Option(help="How they are shown.")] = "",
    skill: Annotated[list[str] | None, typer.Option(help="What they know; may be repeated.")] = None,
    without_password: Annotated[
        bool, typer.Option("--without-password", help="They sign in at the identity provider under this name.")
    ] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Add a person. The password is asked for, or read from standard input."""
    password = None if without_password else _password()
    with people.database_at(url, create=True) as database:
        made = people.add_person(
            database, OPERATOR, name, role, password=password, full_name=full_name, skills=skill or ()
        )
    if as_json:
        output.emit(_shown(made))
        return
    output.out.print(f"[bold]{output.escape(made.name)}[/] may sign in as {made.role}.")


@people_app.command("change")
def people_change(
    name: Name,
    role: Annotated[PersonRole | None, typer.Option(help="What they may do from now on.")] = None,
    full_name: Annotated[str | None, typer.Option(help="How they are shown.")] = None,
    skill: Annotated[
        list[str] | None, typer.Option(help="What they know, in place of before; may be repeated.")
    ] = None,
    tier: Annotated[int | None, typer.Option(help="The level of what they are given.")] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password, or read it.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Change a person."""
    given = {"role": role, "full_name": full_name, "skills": skill or None, "tier": tier}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if password:
        changes["password"] = _password()
    _change(name, changes, url, as_json, "is changed.")


@people_app.command("disable")
def people_disable(name: Name, url: Url = None, as_json: Json = False) -> None:
    """Keep a person out: sessions end and keys are revoked at once. Their answers stay."""
    _change(name, {"disabled": True}, url, as_json, "may no longer sign in.")


@people_app.command("enable")
def people_enable(name: Name, url: Url = None, as_json: Json = False) -> None:
    """Let a person in again who was kept out. Keys stay revoked."""
    _change(name, {"disabled": False}, url, as_json, "may sign in again.")


@keys_app.command("list")
def keys_list(url: Url = None, as_json: Json = False) -> None:
    """Show the keys that open something, without their secrets."""
    with people.database_at(url) as database:
        found = people.keys(database, OPERATOR, everybodys=True)
    if as_json:
        output.emit({"keys": [_key(key) for key in found]})
        return
    rows = [
        [str(k.id), k.owner, k.label, ", ".join(k.scopes), _day(k.created_at), _day(k.expires_at), _day(k.used_at)]
        for k in found
    ]
    output.table([["id", "owner", "label", "scopes", "made", "until", "last used"], *rows])


@keys_app.command("make")
def keys_make(
    name: Annotated[str, typer.Argument(help="Whose key it is: it can do no more than they may.")],
    label: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="What it opens: read, annotate, manage, admin; may be repeated.")],
    days: Annotated[int | None, typer.Option(help="How long it is good; until revoked by default.")] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is printed this once."""
    with people.database_at(url) as database:
        made = people.make_key(database, OPERATOR, label, scope, days=days, owner=name)
    if as_json:
        output.emit({**_key(made.key), "key": made.secret})
        return
    output.err.print(f"Key {made.key.id} of {output.escape(made.key.owner)}, {', '.join(made.key.scopes)}. Keep it:")
    print(made.secret)


@keys_app.command("revoke")
def keys_revoke(
    key: Annotated[int, typer.Argument(help="The key's number, as `querist keys list` shows it.")],
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Let a key open nothing from now on."""
    with people.database_at(url) as database:
        people.revoke_key(database, OPERATOR, key)
    output.emit({"revoked": key}) if as_json else output.out.print(f"Key {key} opens nothing any longer.")


def _change(name: str, changes: dict[str, Any], url: str | None, as_json: bool, said: str) -> None:
    with people.database_at(url) as database:
        changed = people.change_person(database, OPERATOR, name, changes)
    output.emit(_shown(changed)) if as_json else output.out.print(f"[bold]{output.escape(changed.name)}[/] {said}")


def _password() -> str:
    """A new password: asked for twice on a terminal, otherwise the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _shown(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "full_name": person.full_name,
        "role": person.role,
        "skills": list(person.skills),
        "tier": person.tier,
        "daily_cap": person.daily_cap,
        "disabled": person.disabled,
        "created_at": _moment(person.created_at),
        "last_seen_at": _moment(person.last_seen_at),
    }


def _key(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "owner": key.owner,
        "label": key.label,
        "scopes": list(key.scopes),
        "created_at": _moment(key.created_at),
        "expires_at": _moment(key.expires_at),
        "used_at": _moment(key.used_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
