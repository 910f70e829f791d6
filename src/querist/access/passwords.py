"""Passwords: the rule they must keep, and their hashes by argon2id."""

from __future__ import annotations

import base64
import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from querist.core.errors import InvalidInput, MissingExtra, TooMany
from querist.core.people import folded

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 1000  # a hash is cheap to ask for and dear to make; the text itself shall not add to it
LEAST_BEYOND_THE_NAME = 6
LEAST_DISTINCT = 4

# RFC 9106's second choice, well above the least that OWASP names (19 MiB, 2 passes).
MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 4
HASH_BYTES = 32
SALT_BYTES = 16

AT_ONCE = min(4, os.cpu_count() or 1)  # bounds memory, 64 MiB each, and leaves processors to those at work
WAIT_S = 10
_turns = BoundedSemaphore(AT_ONCE)

_COMMON = """
password12 password123 password1234 password12345 passwordpassword passw0rd123 p@ssword123 p@ssw0rd123 mypassword
mypassword1 yourpassword newpassword newpassword1 letmein123 letmeinnow letmein1234 iloveyou12 iloveyou123 welcome123
welcome1234 welcome2023 welcome2024 welcome2025 welcome2026 admin12345 admin123456 administrator adminadmin changeme12
changeme123 changemenow default123 secret1234 secretsecret topsecret123 trustno1trustno1 qwertyuiop qwerty1234
qwerty12345 qwerty123456 qwertyqwerty qwertzuiop qwertz1234 azertyuiop azerty1234 asdfghjkl1 asdfghjkl; asdfasdfasdf
zxcvbnm123 1qaz2wsx3edc 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4t5 zaq12wsxcde3 abcdefghij abcdefghijk abcd123456 abc1234567
abc123abc123 a123456789 aa12345678 1234567890 12345678910 0123456789 9876543210 0987654321 123456789a 1234512345
123123123123 1231231231 1122334455 112233445566 123456abcd 123456789q football12 football123 baseball123 basketball
sunshine12 sunshine123 princess12 princess123 superman12 superman123 batman1234 pokemon123 starwars12 starwars123
michael123 charlie123 monkey1234 dragon1234 master1234 shadow1234 computer12 computer123 internet12 internet123
samsung123 whatever12 whatever123 liverpool1 chocolate1 butterfly1 summer2023 summer2024 summer2025 summer2026
winter2024 winter2025 winter2026 spring2025 spring2026 correcthorse correcthorsebatterystaple annotator1 annotator123
labeling123 testtest12 testtest123 test123456 test1234567 guest12345 user123456 username12 username123 opensesame
onceuponatime thisismypassword
"""
COMMON = frozenset(_COMMON.split())


def check(password: str, *, name: str) -> None:
    """See that a new password is not among the first that anybody would try.

    Raises
    ------
    InvalidInput
        If it is too short or too long, one of the commonest, hardly more than the name, or of very few characters.
        The message never holds the password.

    Examples
    --------
    >>> check("seven green kettles", name="anna")
    >>> check("password123", name="anna")
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: password: must not be one of the commonest; this one is. Choose another.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise InvalidInput(
            f"password: must have {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters; got {len(password)}. "
            "A few words that nobody would put together are easy to remember."
        )
    plain, own = folded(password), folded(name)
    if plain.replace(" ", "") in COMMON:
        raise InvalidInput("password: must not be one of the commonest; this one is. Choose another.")
    if own in plain and len(plain.replace(own, "")) < LEAST_BEYOND_THE_NAME:
        raise InvalidInput("password: must be more than the name; this one is hardly that. Choose another.")
    if len(set(plain)) < LEAST_DISTINCT:
        raise InvalidInput(
            f"password: must have at least {LEAST_DISTINCT} different characters; this one has {len(set(plain))}. "
            "Choose another."
        )


def hashed(password: str) -> str:
    """The hash to keep in place of a password, with its salt and its cost in it.

    Raises
    ------
    TooMany
        If so many wait for theirs that this one did not get its turn.
    """
    with _turn():
        return _hasher().hash(_bytes(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed; as slow where there is no hash, so that time tells nothing.

    Parameters
    ----------
    stored : str or None
        None for somebody unknown, or without a password.
    password : str

    Raises
    ------
    TooMany
        If so many wait for theirs that this one did not get its turn.
    """
    hasher = _hasher()
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MOST_CHARACTERS:
        stored, password = None, ""
    with _turn():
        try:
            return hasher.verify(stored or _nobodys(), _bytes(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with another cost than hashes are made with now."""
    return _hasher().check_needs_rehash(stored)


def _hasher() -> PasswordHasher:
    try:
        from argon2 import PasswordHasher
    except ImportError:
        raise MissingExtra(
            "password: hashing needs argon2-cffi; it is not installed. Run: pip install 'querist[server]'"
        ) from None
    return PasswordHasher(PASSES, MEMORY_KIB, LANES, HASH_BYTES, SALT_BYTES)


def _nobodys() -> str:
    """A hash of nothing: of the same cost as any, and equal to none."""
    salt, tag = (base64.b64encode(secrets.token_bytes(n)).decode().rstrip("=") for n in (SALT_BYTES, HASH_BYTES))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${tag}"


def _bytes(password: str) -> bytes:
    # One keyboard sends é as one character, another as two; NIST SP 800-63B has both mean the same password.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_S):
        raise TooMany(
            f"password: must wait its turn; more than {AT_ONCE} at once are being checked. Try again in a moment.",
            retry_after_s=WAIT_S,
        )
    try:
        yield
    finally:
        _turns.release()
