"""Secrets that a machine makes, and the hash of each that is kept in its place."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Literal

Prefix = Literal["qs_", "qk_", "ql_", "qc_"]
SESSION: Prefix = "qs_"
KEY: Prefix = "qk_"  # a prefix of its own, so that a scanner finds a key that was committed by mistake
LINK: Prefix = "ql_"
CSRF: Prefix = "qc_"
RANDOM_BYTES = 32
CHARACTERS = 43  # of 32 bytes in base64, unpadded


def new(prefix: Prefix) -> str:
    """A secret that nobody can guess, fit for a URL, a header and a cookie.

    Examples
    --------
    >>> secret = new(KEY)
    >>> secret.startswith("qk_"), len(secret)
    (True, 46)
    """
    return prefix + secrets.token_urlsafe(RANDOM_BYTES)


def digest(secret: str) -> str:
    """The hash by which a secret is looked up: SHA-256, since a secret of 256 random bits cannot be tried out.

    Examples
    --------
    >>> digest("qk_1")[:8]
    '5f28eaf9'
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def is_one(prefix: Prefix, text: object) -> bool:
    """Whether `text` has the form of such a secret; one that has not need not be looked up."""
    return isinstance(text, str) and text.startswith(prefix) and len(text) == len(prefix) + CHARACTERS


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how far they agree."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
