"""What each role and each scope permits. What stands in no table here is refused."""

from __future__ import annotations

from collections.abc import Collection

from querist.core.people import PERMISSIONS, ROLES, SCOPES, Permission, PersonRole, Scope

# read: the projects one may enter, and one's own work. audit: everybody's answers, and whether all is sound.
PERMITTED: dict[PersonRole, frozenset[Permission]] = {
    "annotator": frozenset({"read", "label"}),
    "adjudicator": frozenset({"read", "label", "adjudicate"}),
    "manager": frozenset({"read", "label", "adjudicate", "manage", "audit"}),
    "auditor": frozenset({"read", "audit"}),
    "admin": frozenset(PERMISSIONS),
}
OPENED: dict[Scope, frozenset[Permission]] = {
    "read": frozenset({"read", "audit"}),
    "annotate": frozenset({"read", "label", "adjudicate"}),
    "manage": frozenset({"read", "audit", "manage"}),
    "admin": frozenset({"read", "audit", "manage", "administer"}),
}
# What a scope is for: whoever lacks it has no use for a key of that scope, and gets none.
NEEDED: dict[Scope, Permission] = {"read": "read", "annotate": "label", "manage": "manage", "admin": "administer"}
INVITED: dict[PersonRole, frozenset[PersonRole]] = {
    "manager": frozenset({"annotator", "adjudicator"}),
    "admin": frozenset(ROLES),
}
SEES_ALL: frozenset[PersonRole] = frozenset({"manager", "auditor", "admin"})


def permits(role: str, scopes: Collection[str] = SCOPES) -> frozenset[Permission]:
    """What somebody of this role may do with these scopes: never more than either allows.

    Examples
    --------
    >>> sorted(permits("auditor"))
    ['audit', 'read']
    >>> sorted(permits("annotator", ["read", "admin"]))
    ['read']
    >>> permits("owner")
    frozenset()
    """
    of_role = PERMITTED.get(role, frozenset())  # type: ignore[call-overload]
    opened: frozenset[Permission] = frozenset().union(*(_opened(scope) for scope in scopes))
    return frozenset(of_role & opened)


def scopes_of(role: str) -> frozenset[Scope]:
    """The scopes that a key of somebody of this role may have.

    Examples
    --------
    >>> sorted(scopes_of("auditor")), sorted(scopes_of("manager"))
    (['read'], ['annotate', 'manage', 'read'])
    """
    may = permits(role)
    return frozenset(scope for scope, permission in NEEDED.items() if permission in may)


def may_invite(role: str, invited: str) -> bool:
    """Whether somebody of this role may let in somebody of that one.

    Examples
    --------
    >>> may_invite("manager", "annotator"), may_invite("manager", "manager")
    (True, False)
    """
    return invited in INVITED.get(role, frozenset())  # type: ignore[call-overload]


def _opened(scope: str) -> frozenset[Permission]:
    found: frozenset[Permission] = OPENED.get(scope, frozenset())  # type: ignore[call-overload]
    return found
