"""The data sets, read from a folder that is no part of the project; and of each what is measured, and the budgets."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from querist.core.checks import Array
from querist.core.items import Columns, take
from querist.core.rng import generator

MOST_ITEMS = 9000  # of a set, the same in every run: a pool of 6000 and a test set of 2700 need no more
FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Budget:
    """Labels at the start, in a batch, and in all."""

    start: int
    batch: int
    total: int


@dataclass(frozen=True, slots=True)
class DataSet:
    """Items, their true classes, and how they are judged.

    Parameters
    ----------
    items : list of str, Columns or (n_items, n_columns) array
    y : (n_items,) int
        Class numbers in order of `classes`.
    metric : str
        A key of what `benchmarks.labels.score.scores` measures.
    """

    name: str
    items: Any
    y: Array
    classes: tuple[str, ...]
    metric: str
    budget: Budget

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True, slots=True)
class Entry:
    """A set that can be read."""

    kind: Literal["text", "table"]
    metric: str
    budget: Budget
    read: Callable[[Path], tuple[Any, list[str]]]
    files: tuple[str, ...] = ()


class Missing(Exception):
    """A file of a set is not there."""


def names() -> tuple[str, ...]:
    """Every set, in the order of the tables."""
    return tuple(SETS)


def load(name: str, folder: Path = FOLDER) -> DataSet:
    """The set, cut to `MOST_ITEMS`.

    Raises
    ------
    Missing
        If a file of it is not there.
    """
    entry = SETS[name]
    for file in entry.files:
        if not (folder / file).is_file():
            raise Missing(f"{name}: {folder / file} is not there")
    items, labels = entry.read(folder)
    classes = tuple(sorted(set(labels)))
    number = {label: i for i, label in enumerate(classes)}
    y = np.array([number[label] for label in labels], dtype=np.int64)
    if len(y) > MOST_ITEMS:
        rows = np.sort(generator(0, "cut", name).choice(len(y), MOST_ITEMS, replace=False))
        items, y = take(items, rows), y[rows]
    return DataSet(name, items, y, classes, entry.metric, entry.budget)


def _open(path: Path, encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(gzip.open(path), encoding=encoding, newline="")


def _label_first(*files: str, coarse: bool = False) -> Callable[[Path], tuple[list[str], list[str]]]:
    """Lines of a label, a space and a text."""

    def read(folder: Path) -> tuple[list[str], list[str]]:
        texts, labels = [], []
        for file in files:
            with _open(folder / file, "latin-1") as lines:
                for line in lines:
                    label, _, text = line.rstrip("\r\n").partition(" ")
                    texts.append(text)
                    labels.append(label.partition(":")[0] if coarse else label)
        return texts, labels

    return read


def _sms(folder: Path) -> tuple[list[str], list[str]]:
    with _open(folder / "sms_spam/sms.tsv.gz") as lines:
        pairs = [line.rstrip("\r\n").split("\t", 1) for line in lines]
    return [text for _, text in pairs], [label for label, _ in pairs]


def _banking(folder: Path) -> tuple[list[str], list[str]]:
    rows: list[dict[str, str]] = []
    for file in SETS["banking77"].files:
        with _open(folder / file) as lines:
            rows += csv.DictReader(lines)
    return [row["text"] for row in rows], [row["category"] for row in rows]


def _digits(_: Path) -> tuple[Array, list[str]]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X, [str(label) for label in y]


def _segment(folder: Path) -> tuple[Array, list[str]]:
    rows = []
    with zipfile.ZipFile(folder / "weka_small/weka-datasets.zip") as archive:
        for part in ("challenge", "test"):
            text = archive.read(f"data/segment-{part}.arff").decode("ascii")
            rows += [line.split(",") for line in text.partition("@data")[2].split() if line.count(",") == 19]
    return np.array([row[:-1] for row in rows], dtype=np.float64), [row[-1] for row in rows]


def _numbers(file: str) -> Callable[[Path], tuple[Array, list[str]]]:
    """Rows of numbers, the class last."""

    def read(folder: Path) -> tuple[Array, list[str]]:
        with _open(folder / file) as lines:
            rows = [row for row in csv.reader(lines) if row]
        return np.array([row[:-1] for row in rows], dtype=np.float64), [row[-1].strip("'") for row in rows]

    return read


def _adult(folder: Path) -> tuple[Columns, list[str]]:
    rows: list[list[str]] = []
    for file in SETS["adult"].files:
        with _open(folder / file) as lines:
            rows += [[cell.strip() for cell in row] for row in csv.reader(lines) if row]
    numeric = {0, 2, 4, 10, 11, 12}
    columns: dict[str, Any] = {
        f"column {j}": np.array([float(row[j]) for row in rows]) if j in numeric else [row[j] for row in rows]
        for j in range(14)
    }
    return Columns(columns), [row[14].rstrip(".") for row in rows]


SETS: dict[str, Entry] = {
    "trec": Entry(
        "text",
        "accuracy",
        Budget(12, 12, 360),
        _label_first("trec/TREC.train.gz", "trec/TREC.test.gz", coarse=True),
        ("trec/TREC.train.gz", "trec/TREC.test.gz"),
    ),
    "sms_spam": Entry("text", "macro_f1", Budget(10, 10, 250), _sms, ("sms_spam/sms.tsv.gz",)),
    "subj": Entry("text", "accuracy", Budget(10, 10, 250), _label_first("subj/subj.all.gz"), ("subj/subj.all.gz",)),
    "cr": Entry("text", "accuracy", Budget(10, 10, 250), _label_first("cr/custrev.all.gz"), ("cr/custrev.all.gz",)),
    "sst2": Entry(
        "text",
        "accuracy",
        Budget(10, 10, 250),
        _label_first(*(f"sst2/stsa.binary.{part}.gz" for part in ("train", "dev", "test"))),
        tuple(f"sst2/stsa.binary.{part}.gz" for part in ("train", "dev", "test")),
    ),
    "banking77": Entry(
        "text",
        "accuracy",
        Budget(77, 77, 1155),
        _banking,
        ("banking77/train.csv.gz", "banking77/test.csv.gz"),
    ),
    "digits": Entry("table", "accuracy", Budget(20, 10, 300), _digits),
    "segment": Entry("table", "accuracy", Budget(14, 10, 250), _segment, ("weka_small/weka-datasets.zip",)),
    "phoneme": Entry(
        "table", "accuracy", Budget(10, 10, 300), _numbers("phoneme/phoneme.csv.gz"), ("phoneme/phoneme.csv.gz",)
    ),
    "mammography": Entry(
        "table",
        "average_precision",
        Budget(20, 10, 300),
        _numbers("mammography/mammography.csv.gz"),
        ("mammography/mammography.csv.gz",),
    ),
    "adult": Entry(
        "table",
        "balanced_accuracy",
        Budget(20, 20, 600),
        _adult,
        ("adult/adult-train.csv.gz", "adult/adult-test.csv.gz"),
    ),
}
