"""Copies planted on the other side of a test set, changed as copies are in life: how many are found, and what else is.

Of each set a fifth of the texts is the test set. Copies of some of them, each changed one to three times, are put among
the others; a look over all of them is to find the copies. What it finds beside them is no error where the two are alike
by another measure than its own: where of their letters and digits at least 65 % stay in place (one minus Levenshtein's
distance over the longer length), the words taken as they are or sorted. For a person could not tell such natural copies
from planted ones.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.labels import data
from querist.core.hashing import content_hash
from querist.core.items import FieldSpec
from querist.splits import ALIKE_TEXTS, Sketches, alike_texts, candidates, sketch

SETS = ("banking77", "trec", "sms_spam", "sst2", "subj", "cr")  # the limits were set by the first four
N_COPIES = 600
MOST_TEXTS = 6000
LEAST = 0.95
ALIKE_SKETCHES = 13  # of 16 min-hashes: what an import goes by where it places an item
ALIKE = 0.65  # of the letters and digits, by edit distance
SHORTEST = 8  # bytes; below, only equality counts
TEXT = FieldSpec({"text": "text"})

SAME = {
    "account": "profile",
    "bad": "poor",
    "begin": "start",
    "big": "large",
    "buy": "purchase",
    "call": "ring",
    "can": "could",
    "city": "town",
    "film": "movie",
    "funny": "comic",
    "get": "receive",
    "good": "fine",
    "great": "superb",
    "help": "assist",
    "money": "cash",
    "movie": "film",
    "need": "require",
    "payment": "transaction",
    "phone": "telephone",
    "tell": "inform",
    "want": "wish",
}
FILLERS = ("please", "really", "just", "so", "the", "then", "very", "now")

Change = Callable[[random.Random, str], str]


def typo(rng: random.Random, text: str) -> str:
    """A letter left out, put in, changed, or changed places with the next."""
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    if len(letters) < 2:
        return text
    i, other = rng.choice(letters[:-1]), rng.choice(string.ascii_lowercase)
    middle = rng.choice(["", other + text[i], other, None])
    if middle is None:
        return text[:i] + text[i + 1 : i + 2] + text[i] + text[i + 2 :]
    return text[:i] + middle + text[i + 1 :]


def case(rng: random.Random, text: str) -> str:
    """Capitals where there were none, or none where there were some."""
    return rng.choice([text.upper(), text.lower(), text.title()])


def punctuation(rng: random.Random, text: str) -> str:
    """All of it left out, or some put in."""
    return rng.choice([re.sub(r"[^\w\s]", "", text), f"{text}!!", text.replace(" ", ", ", 1), f"{text} ..."])


def blanks(rng: random.Random, text: str) -> str:
    """Other blanks."""
    return rng.choice([text.replace(" ", "  "), f"\n{text} ", text.replace(" ", "\n", 1)])


def quotes(rng: random.Random, text: str) -> str:
    """As somebody quotes it."""
    return rng.choice([f'"{text}"', f"> {text}", f"\u201c{text}\u201d", f"'{text}'"])


def prefix(rng: random.Random, text: str) -> str:
    """As it is forwarded, or begins politely."""
    return rng.choice(["Re: ", "Fwd: ", "FW: ", "Hi, ", "Hello, ", "Q: "]) + text


def swap(rng: random.Random, text: str) -> str:
    """Two neighboring words in the other order."""
    words = text.split()
    if len(words) < 3:
        return text
    i = rng.randrange(len(words) - 1)
    words[i], words[i + 1] = words[i + 1], words[i]
    return " ".join(words)


def drop(rng: random.Random, text: str) -> str:
    """A word left out."""
    words = text.split()
    if len(words) < 5:
        return text
    del words[rng.randrange(len(words))]
    return " ".join(words)


def add(rng: random.Random, text: str) -> str:
    """A word put in."""
    words = text.split()
    words.insert(rng.randrange(len(words) + 1), rng.choice(FILLERS))
    return " ".join(words)


def synonym(rng: random.Random, text: str) -> str:
    """Another word for the same."""
    words = text.split()
    known = [i for i, word in enumerate(words) if word.lower() in SAME]
    if known:
        i = rng.choice(known)
        words[i] = SAME[words[i].lower()]
    return " ".join(words)


CHANGES: tuple[Change, ...] = (
    typo,
    typo,
    case,
    punctuation,
    blanks,
    quotes,
    prefix,
    swap,
    drop,
    add,
    synonym,
)


def changed(rng: random.Random, text: str, times: int) -> str:
    """A text changed so many times."""
    for _ in range(times):
        text = rng.choice(CHANGES)(rng, text)
    return text


def folded(text: str) -> str:
    """Its words in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def in_place(one: str, other: str) -> float:
    """How many of the characters of two texts stay in place, as a share of the longer; words as they are, or sorted."""
    a, b = folded(one), folded(other)
    return max(_in_place(a, b), _in_place(" ".join(sorted(a.split())), " ".join(sorted(b.split()))))


def _in_place(a: str, b: str) -> float:
    if len(a) < len(b):
        a, b = b, a
    letters, steps = np.array(list(b)), np.arange(len(b) + 1)
    row = steps.copy()
    for i, letter in enumerate(a):
        best = np.r_[i + 1, np.minimum(row[:-1] + (letters != letter), row[1:] + 1)]
        row = np.minimum.accumulate(best - steps) + steps
    return float(1 - row[-1] / max(len(a), 1))


def planted(texts: Sequence[str], n_copies: int = N_COPIES, seed: int = 0) -> tuple[list[str], list[str], list[int]]:
    """A test set, the other texts with copies of some of it at their end, and of which each is a copy."""
    rng = random.Random(seed)
    own = [text for text in dict.fromkeys(texts) if len(folded(text)) >= SHORTEST]
    rng.shuffle(own)
    own = own[:MOST_TEXTS]
    n_test = len(own) // 5
    test, others = own[:n_test], own[n_test:]
    of = rng.sample(range(n_test), min(n_copies, n_test))
    return test, [*others, *(changed(rng, test[i], 1 + j % 3) for j, i in enumerate(of))], of


def sketched(texts: Sequence[str]) -> Sketches:
    """What a project keeps of them."""
    return sketch({"text": texts}, TEXT, [content_hash({"text": text}) for text in texts])


def measured(name: str, texts: Sequence[str], n_copies: int = N_COPIES) -> dict[str, Any]:
    """What became of the copies, and what else was found."""
    test, others, of = planted(texts, n_copies)
    one, other = candidates(sketched(test), sketched(others))
    pairs = list(zip(one.tolist(), other.tolist(), strict=True))
    found = [pair for pair in pairs if alike_texts(test[pair[0]], others[pair[1]]) >= ALIKE_TEXTS]
    first = len(others) - len(of)
    by_sketch = [
        np.count_nonzero(sketched([test[i]]).minhash == sketched([others[first + j]]).minhash) >= ALIKE_SKETCHES
        for j, i in enumerate(of)
    ]
    truth = {(i, first + j) for j, i in enumerate(of)}
    hits = sum(pair in truth for pair in found)
    natural = [in_place(test[i], others[j]) >= ALIKE for i, j in found if (i, j) not in truth]
    wrong = len(natural) - sum(natural)
    return {
        "set": name,
        "n_test": len(test),
        "n_others": len(others),
        "n_copies": len(of),
        "recall": hits / len(of),
        "recall_by_sketch": float(np.mean(by_sketch)),
        "precision": hits / max(hits + wrong, 1),
        "n_natural": sum(natural),
        "n_wrong": wrong,
    }


def holds(row: dict[str, Any]) -> bool:
    """Whether nearly all copies are found, and nearly nothing else."""
    return row["recall"] > LEAST and row["precision"] > LEAST


def run(folder: Path) -> list[dict[str, Any]]:
    """Every set, printed as it comes."""
    rows = []
    for name in SETS:
        try:
            some = data.load(name, folder)
        except data.Missing:
            continue
        row = measured(name, some.items)
        rows.append(row)
        print(
            f"{row['set']:<12} {row['n_copies']} copies in {row['n_others']:,} texts  recall {row['recall']:.3f}  "
            f"precision {row['precision']:.3f}  by sketches alone {row['recall_by_sketch']:.3f}  "
            f"natural copies beside them {row['n_natural']}" + ("" if holds(row) else "  NOT HELD"),
            flush=True,
        )
    return rows
