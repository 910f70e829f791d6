"""People and what they may do, as words: roles, scopes of keys, permissions, and how names are written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from querist.core.errors import InvalidInput

PersonRole = Literal["annotator", "adjudicator", "manager", "auditor", "admin"]
Scope = Literal["read", "annotate", "manage", "admin"]
Permission = Literal["read", "label", "adjudicate", "manage", "audit", "administer"]
Kind = Literal["session", "key", "console"]

ROLES: tuple[PersonRole, ...] = get_args(PersonRole)
SCOPES: tuple[Scope, ...] = get_args(Scope)
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

NAME_CHARACTERS = 100
FULL_NAME_CHARACTERS = 200
SKILLS = 50
SKILL_CHARACTERS = 100
SIGNS = " ._-+@'"
TAKEN = ("anonymous", "operator")  # who answered unnamed, and who sits at the server's own console


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who is signed in, as far as the question goes what they may do.

    Parameters
    ----------
    name : str
    role : str
    kind : {"session", "key", "console"}
        Signed in on the page, by an API key, or in command of the database itself.
    person_id : int
        The store's number; 0 at the console.
    scopes : frozenset of str
        What a key was made for. A session has all scopes.
    csrf : str, optional
        What a change by this session must bring along; None where no cookie is involved.
    proof : str
        The hash of the session's token or of the key.
    """

    name: str
    role: PersonRole
    kind: Kind
    person_id: int
    scopes: frozenset[Scope] = frozenset(SCOPES)
    csrf: str | None = field(default=None, repr=False)
    proof: str = field(default="", repr=False)


OPERATOR = Principal("operator", "admin", "console", 0)


def folded(name: str) -> str:
    """A name as it is compared: two that look or read alike are one.

    Examples
    --------
    >>> folded("Ａnna") == folded("ANNA")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def person_name(name: str) -> str:
    """`name` in its composed form, if a person may be called so.

    Raises
    ------
    InvalidInput
        If it is empty or too long, or holds what a URL, a file or a reader would stumble over.

    Examples
    --------
    >>> person_name("  zoë@example.org ")
    'zoë@example.org'
    """
    written = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(written) <= NAME_CHARACTERS:
        raise InvalidInput(f"name: must have 1 to {NAME_CHARACTERS} characters; got {len(written)}. Choose another.")
    odd = [sign for sign in written if not _is_letter(sign) and sign not in SIGNS]
    if odd or not _is_letter(written[0]):
        raise InvalidInput(
            f"name: must be of letters, digits and {SIGNS.strip()}, and begin with one of the first two; "
            f"got {written!r}. Choose another."
        )
    if folded(written) in TAKEN:
        raise InvalidInput(f"name: must be a person's own; {written!r} has a meaning here already. Choose another.")
    return written


def full_name_of(text: str) -> str:
    """A full name as it is kept, without spaces that nobody sees.

    Raises
    ------
    InvalidInput
        If it is too long.
    """
    if len(text) > FULL_NAME_CHARACTERS:
        raise InvalidInput(
            f"full_name: must have at most {FULL_NAME_CHARACTERS} characters; got {len(text)}. Shorten it."
        )
    return " ".join(text.split())


def skills_of(words: Iterable[str]) -> list[str]:
    """Skills as they are kept: each once, in order.

    Raises
    ------
    InvalidInput
        If there are too many, or one is blank or too long.

    Examples
    --------
    >>> skills_of(["law", " german ", "law"])
    ['german', 'law']
    """
    kept = sorted({word.strip() for word in words})
    if len(kept) > SKILLS or any(not 1 <= len(word) <= SKILL_CHARACTERS for word in kept):
        raise InvalidInput(
            f"skills: must be at most {SKILLS} words of 1 to {SKILL_CHARACTERS} characters; got {kept!r:.200}. "
            "Mend them."
        )
    return kept


def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LMN"
