"""Texts as vectors of a pretrained sentence encoder, or of any function of the user's; each is computed once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import file_digest
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput, NotFound
from querist.core.hashing import digest
from querist.core.ports import Progress, silent
from querist.learners.bert import FILES, POOLING_FILE, POOLINGS, Pooling, SentenceModel, pooling_of, read_config
from querist.learners.reduce import unit_norm
from querist.learners.text import TextEncoder, texts_of
from querist.learners.vector_cache import cached_vectors

KEPT = 2  # the pool and the test set
TEXTS_AT_ONCE = 512  # some seconds of work: how often progress is told, and what an interruption can cost


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """Text as the vectors of a pretrained BERT-family sentence encoder, run in NumPy; kept in a cache.

    Needs the extra `text`.

    Parameters
    ----------
    model : str or path
        A folder with `config.json`, `tokenizer.json` and `model.safetensors`, or a name on the Hugging Face hub
        (`sentence-transformers/all-MiniLM-L6-v2`), looked for in the local hub cache and, if huggingface_hub is
        installed, fetched from there.
    max_tokens : int
        What is longer is cut.
    pooling : {"mean", "cls"}, optional
        Whether a text's vector is the mean of its tokens' or that of its first; by default what the model's folder
        says, else the mean.
    normalize : bool
        Whether vectors have unit length.
    prefix : str
        Put before every text, for models trained with one, such as "query: ".
    fields : sequence of str
        Which fields of `Columns` to read, joined in this order; a list of texts needs none.
    digest : str, optional
        What the model's files must hash to. `describe` fills it in, so a record never means another model.

    Notes
    -----
    Some 100 short texts a second and core with a model of 6 layers of 384. See `docs/how-to/text-embeddings.md`.
    """

    model: str
    max_tokens: int = 256
    pooling: Pooling | None = None
    normalize: bool = True
    prefix: str = ""
    fields: tuple[str, ...] = ()
    digest: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", os.fspath(self.model))
        object.__setattr__(self, "fields", tuple(self.fields))
        checks.positive("max_tokens", self.max_tokens)
        if self.pooling is not None:
            checks.one_of("pooling", self.pooling, POOLINGS)

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe, the model's digest included.

        Raises
        ------
        NotFound
            If the model is not on this machine, and its digest was not given.
        """
        return {"class": "SentenceEncoder", "model": self.model, "fields": list(self.fields), **self._made_by()}

    def fit(self, X: Any, /) -> TextVectors:
        """Nothing is learned from the pool. The model is loaded once a text is met whose vector is not kept."""
        return TextVectors(self)

    def prepare(self, X: Any, /, progress: Progress) -> None:
        """Make the vectors of these items and keep them, saying how far it is."""
        self.vectors(texts_of(X, self.fields), progress)

    def vectors(self, texts: list[str], progress: Progress = silent) -> Floats:
        """(n_texts, n_dims) float32."""
        made_by = self._made_by()

        def encode(some: list[str]) -> Floats:
            folder = str(self._folder(made_by["digest"]))
            made = _loaded(folder, made_by["digest"], self.max_tokens, made_by["pooling"]).vectors(
                [self.prefix + text for text in some] if self.prefix else some
            )
            return np.asarray(unit_norm(made) if self.normalize else made, dtype=np.float32)

        return cached_vectors(texts, encode, made_by, at_once=TEXTS_AT_ONCE, progress=progress)

    def _made_by(self) -> dict[str, Any]:
        pooling, model_digest = self.pooling, self.digest
        if pooling is None or model_digest is None:
            folder = model_folder(self.model)
            pooling = pooling or pooling_of(folder)
            model_digest = model_digest or folder_digest(folder)
        return {
            "max_tokens": self.max_tokens,
            "pooling": pooling,
            "normalize": self.normalize,
            "prefix": self.prefix,
            "digest": model_digest,
        }

    def _folder(self, wanted: str) -> Path:
        folder = model_folder(self.model)
        if (found := folder_digest(folder)) != wanted:
            raise InvalidInput(
                f"model: must be the one recorded, of digest {wanted[:12]}; {folder} has {found[:12]}. "
                "Put the model back, or make the encoder anew without a digest."
            )
        return folder


@dataclass(frozen=True, slots=True)
class FunctionEncoder:
    """Text as the vectors that a function of your own gives, such as an embedding service; kept in a cache.

    Parameters
    ----------
    function : callable
        From a list of texts to (n_texts, n_dims) numbers.
    name : str
        What the vectors are known by.
    version : str
        Change it whenever the function gives other vectors: those kept are found by name and version.
    normalize : bool
        Whether vectors are scaled to unit length.
    fields : sequence of str
        As in `SentenceEncoder`.
    batch_size : int
        Texts handed over at once. What came back is kept before the next are.

    Examples
    --------
    >>> def lengths(texts):
    ...     return [[len(text), text.count(" ")] for text in texts]
    >>> FunctionEncoder(lengths, "lengths", "1").describe()["version"]
    '1'
    """

    function: Callable[[list[str]], Any] = field(repr=False)
    name: str
    version: str
    normalize: bool = True
    fields: tuple[str, ...] = ()
    batch_size: int = 256

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(self.fields))
        checks.positive("batch_size", self.batch_size)
        if not callable(self.function):
            raise InvalidInput(f"function: must be callable with a list of texts; got {self.function!r}.")
        for what in ("name", "version"):
            if not isinstance(value := getattr(self, what), str) or not value:
                raise InvalidInput(f"{what}: must be text that tells these vectors from others; got {value!r}.")

    def describe(self) -> dict[str, Any]:
        """Plain JSON that names the function; it cannot be made again from that."""
        return {"class": "FunctionEncoder", "fields": list(self.fields), **self._made_by()}

    def fit(self, X: Any, /) -> TextVectors:
        """Nothing is learned from the pool."""
        return TextVectors(self)

    def prepare(self, X: Any, /, progress: Progress) -> None:
        """Make the vectors of these items and keep them, saying how far it is."""
        self.vectors(texts_of(X, self.fields), progress)

    def vectors(self, texts: list[str], progress: Progress = silent) -> Floats:
        """(n_texts, n_dims) float32."""
        return cached_vectors(texts, self._checked, self._made_by(), at_once=self.batch_size, progress=progress)

    def _checked(self, texts: list[str]) -> Floats:
        made = checks.features(self.name, self.function(texts))
        if len(made) != len(texts) or made.shape[1] == 0:
            raise InvalidInput(
                f"{self.name}: must give a vector for each text; got shape {made.shape} for {len(texts)} texts."
            )
        return np.asarray(unit_norm(made) if self.normalize else made, dtype=np.float32)

    def _made_by(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version, "normalize": self.normalize}


class MakesVectors(Protocol):
    """An encoder of texts, item by item."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Which fields of a table it reads."""
        ...

    def vectors(self, texts: list[str], progress: Progress = silent) -> Floats:
        """(n_texts, n_dims) float32."""
        ...


ReadsText = TextEncoder | SentenceEncoder | FunctionEncoder


def reading(encoder: ReadsText, *names: str) -> ReadsText:
    """The encoder, told which fields to read."""
    return replace(encoder, fields=names)


class TextVectors:
    """The encoding of a `SentenceEncoder` or `FunctionEncoder`. It keeps the items it met last, which must not change.

    Features and embeddings of the same items are one array, so that a model linear in the one is so in the other.
    """

    def __init__(self, encoder: MakesVectors) -> None:
        self._encoder = encoder
        self._last: list[tuple[Any, Floats]] = []

    def features(self, X: Any, /) -> Floats:
        """(n_items, n_dims) float32."""
        for items, vectors in self._last:
            if items is X:
                return vectors
        vectors = self._encoder.vectors(texts_of(X, self._encoder.fields))
        self._last = [*self._last[1 - KEPT :], (X, vectors)]
        return vectors

    def embeddings(self, X: Any, /) -> Floats:
        """The features."""
        return self.features(X)


def model_folder(model: str) -> Path:
    """The folder of a model given by its path, or by its name on the Hugging Face hub.

    Raises
    ------
    NotFound
        If there is neither such a folder nor such a model in the local hub cache, and it cannot be fetched.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if model.count("/") != 1 or folder.is_absolute() or model.startswith((".", "~")):
        raise NotFound(f"model: must be a folder, or a name like 'owner/name'; there is no {model!r}. Check the path.")
    kept = _in_hub_cache(model)
    return kept if kept is not None else _fetched(model)


def _in_hub_cache(model: str) -> Path | None:
    """The snapshot of the hub cache that `main` points to, if it is whole."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{model.replace('/', '--')}"
    try:
        snapshot = hub / "snapshots" / (hub / "refs" / "main").read_text("utf-8").strip()
    except OSError:
        return None
    return snapshot if all((snapshot / name).is_file() for name in FILES) else None


def _fetched(model: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise NotFound(
            f"model: must be here; {model!r} is no folder, nor in the local hub cache, and huggingface_hub, which "
            "could fetch it, is not installed. Run `pip install huggingface_hub`, or pass a folder."
        ) from None
    try:
        return Path(snapshot_download(model, allow_patterns=[*FILES, POOLING_FILE]))
    except Exception as error:  # whatever the network or the hub says, it comes to this
        raise NotFound(
            f"model: must be here or on the hub; {model!r} could not be fetched: {error!s:.200}. Pass a folder."
        ) from None


def folder_digest(folder: Path) -> str:
    """SHA-256 over the model's configuration, tokenizer and weights."""
    read_config(folder)
    paths = [folder / name for name in FILES]
    return _digest_of(tuple((str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in paths))


@lru_cache(maxsize=32)
def _digest_of(files: tuple[tuple[str, int, int], ...]) -> str:
    def of(path: str) -> str:
        with Path(path).open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()

    return digest([[name, of(path)] for name, (path, _, _) in zip(FILES, files, strict=True)])


@lru_cache(maxsize=1)
def _loaded(folder: str, _: str, max_tokens: int, pooling: Pooling) -> SentenceModel:
    """The model used last; each may take hundreds of megabytes."""
    return SentenceModel(Path(folder), max_tokens=max_tokens, pooling=pooling)
