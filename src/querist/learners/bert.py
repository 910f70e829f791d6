"""The forward pass of BERT-family sentence encoders, in NumPy: from texts to vectors, without torch."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from querist.core.checks import Array, Floats
from querist.core.errors import InvalidInput, MissingExtra
from querist.core.threads import in_threads

Pooling = Literal["mean", "cls"]
POOLINGS: tuple[Pooling, ...] = ("mean", "cls")
CONFIG, TOKENIZER, WEIGHTS = "config.json", "tokenizer.json", "model.safetensors"
FILES = (CONFIG, TOKENIZER, WEIGHTS)
POOLING_FILE = "1_Pooling/config.json"
FAMILIES = ("bert", "roberta", "xlm-roberta")
TOKENS_AT_ONCE = 1024  # a block's widest layer then takes some 6 MB: near the cache, and long enough for fast products
GELU_ROWS = 16  # of some 1536 numbers: the working arrays then stay in the nearest cache
ROOT_HALF = np.float32(math.sqrt(0.5))
ERF_P = np.float32(0.3275911)
ERF_A = tuple(np.float32(a) for a in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592))


class SentenceModel:
    """A loaded encoder: weights as contiguous float32 matrices, and its tokenizer.

    Texts are not padded: the layers run over the tokens of many texts laid end to end, attention over runs of texts of
    one length. So no text's vector depends on the others but for rounding (about 1e-7).

    Parameters
    ----------
    folder : path
        With `config.json`, `tokenizer.json` and `model.safetensors`.
    max_tokens : int
        What is longer is cut, at most at what the model has positions for.
    pooling : {"mean", "cls"}
        Whether a text's vector is the mean of its tokens' or that of its first.

    Raises
    ------
    MissingExtra
        If tokenizers or safetensors is not installed.
    InvalidInput
        If a file is missing, or the model is of another family.

    Notes
    -----
    Devlin, Chang, Lee and Toutanova (2019); sentence vectors as by Reimers and Gurevych (2019), arXiv:1908.10084.
    """

    def __init__(self, folder: Path, *, max_tokens: int, pooling: Pooling) -> None:
        tokenizers, safetensors = _libraries()
        config = read_config(folder)
        tensors = _tensors(safetensors, folder / WEIGHTS)
        self._pooling = pooling
        self._heads = int(config["num_attention_heads"])
        self._eps = np.float32(config.get("layer_norm_eps", 1e-12))
        self._act = _activation(config.get("hidden_act", "gelu"))
        padded = config["model_type"] != "bert"  # RoBERTa counts positions from after that of its padding token
        self._first = int(config.get("pad_token_id", 1)) + 1 if padded else 0
        self._embeddings = _Embeddings.of(tensors)
        self._layers = [_Layer.of(tensors, f"encoder.layer.{i}.") for i in range(int(config["num_hidden_layers"]))]
        positions = len(self._embeddings.positions) - self._first
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=min(max_tokens, positions))

    @property
    def n_dims(self) -> int:
        """Length of a vector."""
        return int(self._embeddings.words.shape[1])

    def vectors(self, texts: Sequence[str], *, threads: int | None = None) -> Floats:
        """(n_texts, n_dims) float32, not normalized."""
        out = np.zeros((len(texts), self.n_dims), dtype=np.float32)
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        ids = [np.array(each.ids, dtype=np.int64) for each in encoded]
        kinds = [np.array(each.type_ids, dtype=np.int64) for each in encoded]
        lengths = np.array([len(each) for each in ids], dtype=np.int64)
        order = np.argsort(lengths, kind="stable")
        order = order[lengths[order] > 0]

        def work(rows: Array) -> None:
            out[rows] = self._forward([ids[i] for i in rows], [kinds[i] for i in rows], lengths[rows])

        with threadpool_limits(1, "blas"):  # threads of its own for each product would wait for one another
            in_threads(work, _blocks(order, lengths), threads=threads)
        return out

    def _forward(self, ids: list[Array], kinds: list[Array], lengths: Array) -> Floats:
        places = np.concatenate([np.arange(n) for n in lengths]) + self._first
        x = self._embeddings.apply(np.concatenate(ids), places, np.concatenate(kinds), self._eps)
        runs = list(_runs(lengths))
        for layer in self._layers:
            x = layer.apply(x, runs, self._heads, self._eps, self._act)
        if self._pooling == "cls":
            return np.concatenate([x[a : a + n * t : t] for a, n, t in runs])
        return np.concatenate([x[a : a + n * t].reshape(n, t, -1).mean(axis=1) for a, n, t in runs])


@dataclass(frozen=True, slots=True)
class _Norm:
    scale: Floats
    shift: Floats

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], name: str) -> _Norm:
        return cls(_tensor(tensors, f"{name}.weight"), _tensor(tensors, f"{name}.bias"))

    def apply(self, x: Floats, eps: np.float32) -> Floats:
        """Each row with mean 0 and variance 1, scaled and shifted; in place."""
        x -= x.mean(axis=1, keepdims=True)
        x /= np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1]) + eps)
        x *= self.scale
        x += self.shift
        return x


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: Floats
    bias: Floats

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], *names: str) -> _Linear:
        """One product for several layers that read the same."""
        weight = np.concatenate([_tensor(tensors, f"{name}.weight") for name in names])
        return cls(np.ascontiguousarray(weight.T), np.concatenate([_tensor(tensors, f"{name}.bias") for name in names]))

    def apply(self, x: Floats) -> Floats:
        y = x @ self.weight
        y += self.bias
        return y


@dataclass(frozen=True, slots=True)
class _Embeddings:
    words: Floats
    positions: Floats
    kinds: Floats
    norm: _Norm

    @classmethod
    def of(cls, tensors: Mapping[str, Floats]) -> _Embeddings:
        words, positions, kinds = (
            _tensor(tensors, f"embeddings.{name}_embeddings.weight") for name in ("word", "position", "token_type")
        )
        return cls(words, positions, kinds, _Norm.of(tensors, "embeddings.LayerNorm"))

    def apply(self, ids: Array, places: Array, kinds: Array, eps: np.float32) -> Floats:
        x = self.words[ids]
        x += self.positions[places]
        x += self.kinds[kinds]
        return self.norm.apply(x, eps)


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: _Linear
    attended: _Linear
    attended_norm: _Norm
    wide: _Linear
    narrow: _Linear
    norm: _Norm

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], at: str) -> _Layer:
        return cls(
            qkv=_Linear.of(tensors, *(f"{at}attention.self.{name}" for name in ("query", "key", "value"))),
            attended=_Linear.of(tensors, f"{at}attention.output.dense"),
            attended_norm=_Norm.of(tensors, f"{at}attention.output.LayerNorm"),
            wide=_Linear.of(tensors, f"{at}intermediate.dense"),
            narrow=_Linear.of(tensors, f"{at}output.dense"),
            norm=_Norm.of(tensors, f"{at}output.LayerNorm"),
        )

    def apply(self, x: Floats, runs: list[tuple[int, int, int]], heads: int, eps: np.float32, act: Any) -> Floats:
        qkv = self.qkv.apply(x)
        mixed = np.concatenate([_attention(qkv[a : a + n * t].reshape(n, t, 3, heads, -1)) for a, n, t in runs])
        y = self.attended.apply(mixed)
        y += x
        y = self.attended_norm.apply(y, eps)
        z = self.narrow.apply(act(self.wide.apply(y)))
        z += y
        return self.norm.apply(z, eps)


def _attention(qkv: Floats) -> Floats:
    """Softmax(q k' / sqrt(d)) v of texts of one length: (n, t, 3, heads, d) to (n * t, heads * d)."""
    n, t, _, heads, d = qkv.shape
    q, k, v = qkv.transpose(2, 0, 3, 1, 4)
    weights = np.matmul(q, k.swapaxes(2, 3))
    weights *= np.float32(1 / math.sqrt(d))
    weights -= weights.max(axis=3, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=3, keepdims=True)
    mixed: Floats = np.matmul(weights, v)
    return mixed.transpose(0, 2, 1, 3).reshape(n * t, heads * d)


def _gelu(x: Floats) -> Floats:
    """x times the normal distribution at x (Hendrycks and Gimpel 2016), to float32's last digits; in place.

    The error function is Abramowitz and Stegun's 7.1.26, off by at most 1.5e-7: as near as SciPy's in float32, and at
    half its time, which would be as long as that of all products together.
    """
    for start in range(0, len(x), GELU_ROWS):
        block = x[start : start + GELU_ROWS]
        z = np.abs(block)
        z *= ROOT_HALF
        t = z * ERF_P
        t += 1
        np.reciprocal(t, out=t)
        tail = t * ERF_A[0]
        for coefficient in ERF_A[1:]:
            tail += coefficient
            tail *= t
        np.square(z, out=z)
        np.negative(z, out=z)
        np.exp(z, out=z)
        tail *= z
        tail *= np.float32(0.5)
        np.subtract(1, tail, out=t)
        np.copyto(tail, t, where=block > 0)
        block *= tail
    return x


def _relu(x: Floats) -> Floats:
    return np.maximum(x, 0, out=x)


def _activation(name: str) -> Any:
    known = {"gelu": _gelu, "relu": _relu}
    if name not in known:
        raise InvalidInput(
            f"model: must use {' or '.join(known)} between its layers; its {CONFIG} says {name!r}. Choose another."
        )
    return known[name]


def _blocks(order: Array, lengths: Array) -> list[Array]:
    """Rows in order of length, cut where a block would have too many tokens."""
    ends = np.cumsum(lengths[order])
    blocks, start, taken = [], 0, 0
    while start < len(order):
        stop = max(start + 1, int(np.searchsorted(ends, taken + TOKENS_AT_ONCE, side="right")))
        blocks.append(order[start:stop])
        start, taken = stop, int(ends[stop - 1])
    return blocks


def _runs(lengths: Array) -> Iterator[tuple[int, int, int]]:
    """First token, number of texts, and length, of each run of texts of one length."""
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(lengths)) + 1, [len(lengths)]])
    token = 0
    for a, b in pairwise(cuts.tolist()):
        n, t = b - a, int(lengths[a])
        yield token, n, t
        token += n * t


def read_config(folder: Path) -> dict[str, Any]:
    """What `config.json` says, if the folder holds a model that can be run.

    Raises
    ------
    InvalidInput
        If a file is missing, or the model is of another family.
    """
    for name in FILES:
        if not (folder / name).is_file():
            raise InvalidInput(
                f"model: must be a folder with {', '.join(FILES)}; {folder} has no {name}. "
                "Save the model in the safetensors format, with its fast tokenizer."
            )
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        family = config["model_type"]
        heads, size = int(config["num_attention_heads"]), int(config["hidden_size"])
        int(config["num_hidden_layers"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"model: must have a {CONFIG} of a BERT model; {folder / CONFIG}: {error!r}.") from None
    if family not in FAMILIES or config.get("position_embedding_type", "absolute") != "absolute" or size % heads:
        raise InvalidInput(
            f"model: must be of a family known here, {', '.join(FAMILIES)}, with absolute positions; {folder} is "
            f"{family!r}. Choose another model, or bring a function of your own: FunctionEncoder."
        )
    return dict(config)


def pooling_of(folder: Path) -> Pooling:
    """What the model's folder says of pooling; the mean where it says nothing.

    Raises
    ------
    InvalidInput
        If it is neither the mean nor the first token.
    """
    try:
        said = json.loads((folder / POOLING_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return "mean"
    except ValueError as error:
        raise InvalidInput(f"model: {POOLING_FILE} must be JSON; {error}. Mend it, or pass pooling.") from None
    on = [name for name, value in said.items() if name.startswith("pooling_mode_") and value is True]
    known: dict[tuple[str, ...], Pooling] = {("pooling_mode_mean_tokens",): "mean", ("pooling_mode_cls_token",): "cls"}
    if tuple(on) not in known:
        raise InvalidInput(
            f"model: must pool by the mean or the first token; its {POOLING_FILE} says {on or 'nothing'}. "
            "Choose another model, or pass pooling='mean' or 'cls'."
        )
    return known[tuple(on)]


def _libraries() -> tuple[Any, Any]:
    try:
        import safetensors.numpy
        import tokenizers
    except ImportError as error:
        raise MissingExtra(
            f"model: a sentence encoder needs tokenizers and safetensors; {error.name or error} is not installed. "
            "Run: pip install 'querist[text]'"
        ) from None
    return tokenizers, safetensors


def _tensors(safetensors: Any, path: Path) -> dict[str, Floats]:
    """Tensors by their names without the family's prefix."""
    try:
        loaded = safetensors.numpy.load_file(path)
    except Exception as error:  # its own errors derive from nothing nearer
        raise InvalidInput(f"model: must be whole; {path} cannot be read: {error}. Fetch it again.") from None
    out = {}
    for name, tensor in loaded.items():
        family, _, rest = name.partition(".")
        out[rest if family in ("bert", "roberta") else name] = tensor
    return out


def _tensor(tensors: Mapping[str, Floats], name: str) -> Floats:
    if name not in tensors:
        raise InvalidInput(f"model: must hold BERT's tensors; {WEIGHTS} has no {name!r}. Choose another model.")
    return np.ascontiguousarray(tensors[name], dtype=np.float32)
