"""Databases for tests: a SQLite file, and a PostgreSQL server of the session's own, each test with a fresh copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

from benchmarks import postgres

# In CI the same examples each time, so that a red run is about the change; at a desk new ones, so that they find more.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

SERVER = "QUERIST_TEST_POSTGRES"
NO_POSTGRES = f"no PostgreSQL server found: install one, set PG_BIN to its programs, or {SERVER} to a URL"
DATABASES = ("sqlite", "postgresql")
_serial = count(1)


@pytest.fixture(scope="session")
def missing() -> Callable[[str], NoReturn]:
    """What to call where a service a test needs is not on this machine: it skips the test, but in CI it fails it."""

    def end(reason: str) -> NoReturn:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(reason)  # where everything is meant to be checked, a skip would hide a part of the suite
        pytest.skip(reason)

    return end


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty Querist database, once for each kind."""
    if request.param == "sqlite":
        path = tmp_path / "querist.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    admin, template = request.getfixturevalue("postgres_template")
    name = f"{template}_{next(_serial)}"
    _run_sql(admin, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _with_database(admin, name)
    finally:
        _run_sql(admin, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str) -> Iterator[Any]:
    """An open `querist.store.db.Database`, empty, once for each kind."""
    from querist.store.db import Database

    with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
def shop(database: Any) -> Any:
    """A project with a schema and ten items, `item-0` to `item-9`, and short words for what tests do with it."""
    return Shop(database)


class Shop:
    """A project under test. Each call is one transaction."""

    def __init__(self, database: Any, name: str = "shop", n_items: int = 10) -> None:
        from querist.core.policy import Policy
        from querist.core.schema import Schema
        from querist.store import projects

        self.db = database
        self.policy = Policy(seed=7)
        with database.transaction() as conn:
            self.id = projects.create(conn, name).id
            projects.add_schema(conn, self.id, Schema("kind", ("spam", "ham")))
            projects.add_policy(conn, self.id, self.policy)
            projects.add_instructions(conn, self.id, "Read it, then decide.")
        self.add(*({"text": f"text {i}"} for i in range(n_items)))

    def add(self, *fields: dict[str, Any], **more: Any) -> None:
        """Items named by their place, `item-0` first."""
        from querist.store import items

        with self.db.transaction() as conn:
            first = sum(items.counts(conn, self.id).values())
            new = [items.pack(each, id=f"item-{first + i}", **more) for i, each in enumerate(fields)]
            items.insert(conn, self.id, new)

    def seq(self, place: int) -> int:
        """The store's number of an item."""
        from querist.store import items

        with self.db.reading() as conn:
            return items.existing(conn, self.id, [f"item-{place}"])[f"item-{place}"].seq

    def ask(self, *places: int, number: int = 1, **more: Any) -> Any:
        """A round about these items."""
        from querist.core.state import Batch, Query
        from querist.store import rounds

        queries = tuple(
            Query(place, number, rank, 0.5 - rank / 100, 1.0, "margin", "strategy", "it is unsure", 0.25)
            for rank, place in enumerate(places)
        )
        batch = Batch(number, queries, "margin", self.policy.digest, 10)
        seqs = [self.seq(place) for place in places]
        with self.db.transaction() as conn:
            return rounds.open_round(
                conn, self.id, batch=batch, seqs=seqs, policy=self.policy, purpose="strategy", **more
            )

    def act(self, place: int, value: Any = None, annotator: str = "ann", **more: Any) -> Any:
        """One draft about an item."""
        return self.tell((place, value, {"annotator": annotator, **more}))[0]

    def tell(self, *drafts: tuple[int, Any, dict[str, Any]], **more: Any) -> list[Any]:
        """Drafts, in one transaction."""
        from querist.store import answers

        made = [
            answers.AnswerDraft(self.seq(place), value, **{"annotator": "ann", **fields})
            for place, value, fields in drafts
        ]
        with self.db.transaction() as conn:
            return answers.append(conn, self.id, made, **more)

    def labels(self) -> dict[str, Any]:
        """The labels that stand."""
        from querist.store import answers

        with self.db.reading() as conn:
            return {label.item_id: label.value for label in answers.labels(conn, self.id)}

    def pending(self) -> list[str]:
        """What is out with annotators."""
        from querist.store import rounds

        with self.db.reading() as conn:
            return [query.item_id for query in rounds.pending(conn, self.id)]

    def problems(self) -> list[Any]:
        """What verify finds."""
        from querist.store import audit

        with self.db.reading() as conn:
            return audit.verify(conn, self.id)

    def sql(self, statement: str) -> None:
        """Raw SQL, behind the store's back."""
        with self.db.transaction() as conn:
            conn.exec_driver_sql(statement)


TINY = {"hidden_size": 12, "intermediate_size": 20, "num_attention_heads": 3, "num_hidden_layers": 2}
TINY_WORDS = (
    "free",
    "prize",
    "win",
    "now",
    "see",
    "you",
    "at",
    "lunch",
    "the",
    "ticket",
    "doctor",
    "money",
    "said",
    "a",
)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Writes a folder with a BERT of random weights and a tokenizer of few words: `tiny_bert(**config)`."""

    def write(seed: int = 0, **config: Any) -> Path:
        folder = tmp_path_factory.mktemp("tiny_bert")
        _write_tiny_bert(folder, seed, {"model_type": "bert", "layer_norm_eps": 1e-12, **TINY, **config})
        return folder

    return write


def _write_tiny_bert(folder: Path, seed: int, config: dict[str, Any]) -> None:
    import json

    import numpy as np
    import tokenizers
    from safetensors.numpy import save_file

    rng = np.random.default_rng(seed)
    d, wide = config["hidden_size"], config["intermediate_size"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *TINY_WORDS]
    shapes = {
        "embeddings.word_embeddings.weight": (len(words), d),
        "embeddings.position_embeddings.weight": (40, d),
        "embeddings.token_type_embeddings.weight": (2, d),
        "embeddings.LayerNorm.weight": (d,),
        "embeddings.LayerNorm.bias": (d,),
    }
    for i in range(config["num_hidden_layers"]):
        for name, (out, into) in {
            "attention.self.query": (d, d),
            "attention.self.key": (d, d),
            "attention.self.value": (d, d),
            "attention.output.dense": (d, d),
            "intermediate.dense": (wide, d),
            "output.dense": (d, wide),
        }.items():
            shapes[f"encoder.layer.{i}.{name}.weight"] = (out, into)
            shapes[f"encoder.layer.{i}.{name}.bias"] = (out,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{i}.{name}.weight"] = shapes[f"encoder.layer.{i}.{name}.bias"] = (d,)
    prefix = "" if config["model_type"] == "bert" else "roberta."
    tensors = {prefix + name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    vocabulary = {word: i for i, word in enumerate(words)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_padding(length=16)  # as some models' files have it; the encoder must not heed it
    tokenizer.save(str(folder / "tokenizer.json"))


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which this test's vectors are kept."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("QUERIST_CACHE", str(folder))
    return folder


@pytest.fixture(params=DATABASES)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that Querist has never opened, once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    admin = request.getfixturevalue("postgres_server")
    name = f"querist_blank_{os.getpid()}_{next(_serial)}"
    _run_sql(admin, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield _with_database(admin, name)
    finally:
        _run_sql(admin, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty file to copy: the migrations need to run once only."""
    from querist.store.db import Database

    path = tmp_path_factory.mktemp("template") / "template.db"
    Database.open(path).close()
    return path


@pytest.fixture(scope="session")
def postgres_server(missing: Callable[[str], NoReturn]) -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database: `$QUERIST_TEST_POSTGRES`, or one started here."""
    if given := os.environ.get(SERVER):
        yield given
        return
    binaries = postgres.binaries_found()
    if binaries is None:
        missing(NO_POSTGRES)
    with postgres.server(binaries) as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[tuple[str, str]]:
    """The server's URL, and the name of a migrated, empty database to copy."""
    from querist.store.db import Database

    name = f"querist_template_{os.getpid()}"  # by process: several workers may share one server
    _run_sql(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        Database.open(_with_database(postgres_server, name)).close()
        yield postgres_server, name
    finally:
        _run_sql(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def durable_postgres(missing: Callable[[str], NoReturn]) -> Iterator[postgres.Postgres]:
    """A PostgreSQL server that keeps what it has acknowledged, to be killed."""
    binaries = postgres.binaries_found()
    if binaries is None:
        missing(NO_POSTGRES)
    with postgres.server(binaries, options="", folder="/tmp") as server:
        yield server


def _with_database(url: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _run_sql(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as conn:
        conn.execute(statement)  # type: ignore[call-overload]
