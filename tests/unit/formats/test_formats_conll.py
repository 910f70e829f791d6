"""CoNLL files as texts with spans: every scheme of tags, offsets in code points, and errors that name the line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.formats import open_table, write_table
from querist.formats.names import format_of

WORDS = ["Ann", "Lee", "met", "Bo", "in", "New", "York"]
SPANS = [(0, 7, "PER"), (12, 14, "PER"), (18, 26, "LOC")]
SCHEMES = {
    "IOB2": "B-PER I-PER O B-PER O B-LOC I-LOC",
    "IOB1": "I-PER I-PER O I-PER O I-LOC I-LOC",
    "BIOES": "B-PER E-PER O S-PER O B-LOC E-LOC",
    "BILOU": "B-PER L-PER O U-PER O B-LOC L-LOC",
}


def read(path: Path, text: str) -> list[tuple[int, str, list[tuple[int, int, str]]]]:
    path.write_text(text, "utf-8")
    found = []
    for batch in open_table(path).batches(2):
        for line, words, spans in zip(batch.lines, batch.columns["text"], batch.columns["spans"], strict=True):
            found.append((line, words, [(s["start"], s["end"], s["label"]) for s in spans]))
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("between", [" ", "\t", " NNP _ "])
def test_every_scheme_marks_the_same_spans(scheme: str, between: str, tmp_path: Path) -> None:
    lines = [f"{word}{between}{tag}" for word, tag in zip(WORDS, SCHEMES[scheme].split(), strict=True)]
    sentence = "\n".join(lines)
    text = f"-DOCSTART- -X- O\n\n# sent_id = 1\n{sentence}\n\n\n{sentence}"
    assert read(tmp_path / "a.conll", text) == [(4, " ".join(WORDS), SPANS), (13, " ".join(WORDS), SPANS)]


def test_neighbors_of_one_class_are_two_spans_where_one_begins(tmp_path: Path) -> None:
    assert read(tmp_path / "a.iob", "Ann I-PER\nBo B-PER\nCy I-PER\nRome I-LOC\n")[0][2] == [
        (0, 3, "PER"),
        (4, 9, "PER"),
        (10, 14, "LOC"),
    ]
    assert read(tmp_path / "b.bio", "Ann S-PER\nBo I-PER\nCy E-PER\nDi I-PER\n")[0][2] == [
        (0, 3, "PER"),
        (4, 9, "PER"),
        (10, 12, "PER"),
    ]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(blacklist_categories=("Z", "C")), min_size=1, max_size=5).filter(
                lambda word: not word.startswith(("#", "-DOC", "\ufeff"))
            ),
            st.sampled_from(["O", "B-a", "B-b"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_span_is_the_words_it_marks_whatever_their_characters(
    tmp_path_factory: pytest.TempPathFactory, sentence: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("words") / "a.conll"
    ((_, text, spans),) = read(path, "".join(f"{word}\t{tag}\r\n" for word, tag in sentence))
    assert text == " ".join(word for word, _ in sentence)
    assert [text[start:end] for start, end, _ in spans] == [word for word, tag in sentence if tag != "O"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Ann", "line 3 is 'Ann'"),
        ("Ann PER", "each line must end in a tag, O or a mark and a class as in B-PER"),
        ("Ann X-PER", "line 3 is 'Ann X-PER'"),
        ("Ann B-", "line 3 is 'Ann B-'"),
    ],
)
def test_a_line_without_a_tag_is_named(line: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(tmp_path / "a.conll", f"Bo B-PER\n\n{line}\n")
    assert said in str(refused.value)


def test_a_hashtag_is_a_word_and_a_file_of_nothing_is_none(tmp_path: Path) -> None:
    assert read(tmp_path / "a.conll", "#Rome\tB-LOC\n# O\n")[0][1:] == ("#Rome #", [(0, 5, "LOC")])
    with pytest.raises(InvalidInput, match="rows"):
        read(tmp_path / "b.conll", "\n\n-DOCSTART- O\n\n")


def test_a_cell_of_blanks_is_no_word_and_marks_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "a.conll", "Ann\tB-PER\n \tO\n\tO\nleft\tO\n \t \nBo\tB-PER\n")[0][1] == "Ann left"
    with pytest.raises(InvalidInput, match="line 1 is"):
        read(tmp_path / "b.conll", "\tB-PER\n")


def test_it_may_be_gzipped_and_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "names.conll.txt.gz"
    path.write_bytes(gzip.compress(b"Ann B-PER\nleft O\n"))
    (batch,) = open_table(path).batches()
    assert batch.columns["text"] == ["Ann left"]
    with pytest.raises(InvalidInput, match="format: must be one of"):
        write_table(tmp_path / "out.conll", ["text"], [["Ann"]])


def test_a_number_of_each_word_is_no_word_and_a_hard_blank_parts_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="in the sentence on line 1 it numbers them"):
        read(tmp_path / "a.conll", "1\tAnn\tB-PER\n2\tleft\tO\n3\tBonn\tB-LOC\n")
    assert read(tmp_path / "b.conll", "10\u00a0000 B-QTY\n#x=y O\n")[0][1:] == ("10\u00a0000 #x=y", [(0, 6, "QTY")])
    assert read(tmp_path / "c.conll", "Ann\tB-PER\n \tO\nLee\tI-PER\n")[0][2] == [(0, 3, "PER"), (4, 7, "PER")]


@pytest.mark.parametrize("name", ["a.conll.csv", "a.conll.jsonl", "a.conll.parquet"])
def test_a_suffix_behind_it_tells(name: str) -> None:
    assert format_of(Path(name)) == name.rpartition(".")[2]
    assert format_of(Path("a.conll.txt")) == format_of(Path("a.conll.gz")) == "conll"
