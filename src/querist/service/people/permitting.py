"""What somebody may do, and in which projects. What nothing allows is refused."""

from __future__ import annotations

from querist.access import roles
from querist.core.errors import Forbidden, NotFound
from querist.core.people import Permission, Principal
from querist.store import people, projects
from querist.store.db import Connection, Database


def may(database: Database, principal: Principal, permission: Permission, project: str | None = None) -> bool:
    """Whether somebody may do such things, at all or in a project.

    Parameters
    ----------
    database : Database
    principal : Principal
    permission : {"read", "label", "adjudicate", "manage", "audit", "administer"}
    project : str, optional
        Its name. Annotators and adjudicators enter the projects they were let into, and those that are open to all.
    """
    if permission not in roles.permits(principal.role, principal.scopes):
        return False
    if project is None:
        return True
    with database.reading() as conn:
        return _enters(conn, principal, _found(conn, project))


def require(conn: Connection, principal: Principal, permission: Permission, project: str | None = None) -> None:
    """See that somebody may do such things.

    Raises
    ------
    Forbidden
        If the role, or the scopes of the key, do not allow it.
    NotFound
        If there is no such project, or none for this person: which of the two, they are not told.
    """
    allow(principal, permission)
    if project is None:
        return
    if principal.role in roles.SEES_ALL:
        projects.get(conn, project)  # whoever sees all is helped with a slip in the name
    elif not _enters(conn, principal, _found(conn, project)):
        raise NotFound(
            f"project: must be one that you may enter; got {project!r}. Look at the list of your projects, "
            "or ask a manager to let you in."
        )


def allow(principal: Principal, permission: Permission) -> None:
    """See that a role and its scopes allow something, whatever the project.

    Raises
    ------
    Forbidden
        If they do not.
    """
    if permission in roles.permits(principal.role, principal.scopes):
        return
    if permission in roles.permits(principal.role):
        raise Forbidden(
            f"key: must have a scope that allows to {permission}; this one has {', '.join(sorted(principal.scopes))}. "
            "Make another key."
        )
    raise Forbidden(
        f"role: must allow to {permission}; yours is {principal.role}. Ask somebody whose role does, or an admin."
    )


def enterable(database: Database, principal: Principal) -> list[str]:
    """The names of the projects that somebody may enter.

    Raises
    ------
    Forbidden
        If the scopes of the key do not allow to read.
    """
    allow(principal, "read")
    with database.reading() as conn:
        found = projects.listed(conn)
        mine = people.projects_of(conn, principal.person_id)
    sees_all = principal.role in roles.SEES_ALL
    return [each.name for each in found if sees_all or each.name in mine or is_open(each)]


def members(database: Database, principal: Principal, project: str) -> list[people.Person]:
    """Who was let into a project by name.

    Raises
    ------
    Forbidden
        If the role does not allow to manage.
    NotFound
        If there is no such project.
    """
    allow(principal, "manage")
    with database.reading() as conn:
        return people.members(conn, projects.get(conn, project).id)


def let_in(database: Database, principal: Principal, project: str, name: str) -> None:
    """Let a person enter a project.

    Raises
    ------
    Forbidden
        If the role does not allow to manage.
    NotFound
        If there is no such project or person.
    """
    allow(principal, "manage")
    with database.transaction() as conn:
        people.join(conn, projects.get(conn, project).id, people.get(conn, name).id)


def put_out(database: Database, principal: Principal, project: str, name: str) -> bool:
    """Let a person enter a project no longer; whether they were let in by name. One open to all stays open to them.

    Raises
    ------
    Forbidden
        If the role does not allow to manage.
    NotFound
        If there is no such project or person.
    """
    allow(principal, "manage")
    with database.transaction() as conn:
        return people.leave(conn, projects.get(conn, project).id, people.get(conn, name).id)


def is_open(project: projects.Project) -> bool:
    """Whether everybody who may label may do so here."""
    return bool(project.settings.get("queue", {}).get("open_to_all", True))


def _enters(conn: Connection, principal: Principal, project: projects.Project | None) -> bool:
    if project is None or principal.role in roles.SEES_ALL or is_open(project):
        return project is not None
    return people.is_member(conn, project.id, principal.person_id)


def _found(conn: Connection, name: str) -> projects.Project | None:
    try:
        return projects.get(conn, name)
    except NotFound:
        return None
