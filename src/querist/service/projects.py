"""Projects: make one, open one."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from querist.catalogue import suited_policy
from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.items import FIELD_KINDS
from querist.core.policy import Policy
from querist.core.queueing import QueueSettings
from querist.core.schema import Schema
from querist.learners import SentenceEncoder
from querist.loop.coldstart import SeedRule
from querist.loop.stopping import (
    OF_THE_STOP_SET,
    ErrorBound,
    StoppingRule,
    rule_from_json,
    rule_from_text,
    rule_to_json,
)
from querist.metrics import METRICS
from querist.service.certifying import CERTIFIED
from querist.service.glancing import GLANCED
from querist.service.location import Location
from querist.service.location import remember as write_location
from querist.service.workspace import Workspace
from querist.store import projects
from querist.store.db import Database

__all__ = [
    "SeedRule",
    "agree",
    "change_policy",
    "check_policy",
    "create",
    "open_at",
    "open_in",
    "remember",
    "seed_rules",
    "set_encoder",
    "set_instructions",
    "set_policy",
    "set_queue",
    "stopping_rule",
]

HELD_OUT = ("test", "calibration")


def create(
    where: str | Path | Database,
    name: str,
    *,
    schema: Schema,
    policy: Policy | None = None,
    instructions: str = "",
    kinds: Mapping[str, str] | None = None,
    shares: Mapping[str, float] | None = None,
    stopping: Sequence[Mapping[str, Any]] = (),
    strata: str | None = None,
    rules: Sequence[SeedRule] = (),
    warm_start: bool = False,
    show_suggestions: bool = True,
    encoder: str | None = None,
    queue: QueueSettings | None = None,
    own: Any = None,
) -> Workspace:
    """Start a project.

    Parameters
    ----------
    where : str, Path or Database
        A database by its URL, or one that is open, which then stays its opener's to close.
    name : str
    schema : Schema
    policy : Policy, optional
        By default `Policy()`: `auto`, 20 items a batch, a tenth of them at random.
    instructions : str
        What annotators are told.
    kinds : mapping of str to str
        What a field is, where it is not plain to see.
    shares : mapping of {"test", "calibration"} to float
        Of the items, kept from every strategy.
    stopping : sequence of mappings
        Stopping rules as plain JSON.
    strata : str, optional
        The field whose values the start `stratified` draws from in proportion.
    rules : sequence of SeedRule
        For the start `rules`. Those with a pattern are kept; those with a function must be handed in at each opening.
    warm_start : bool
        Whether each model continues from the last, where the learner can.
    show_suggestions : bool
        Whether worksheets show what the model would answer.
    encoder : str, optional
        The sentence encoder that reads text: a folder, or a name on the Hugging Face hub. By default its words count.
    queue : QueueSettings, optional
        How questions reach people.
    own : Recipe, Learner or scikit-learn estimator, optional
        In place of what suits the fields.

    Raises
    ------
    InvalidInput
        If the name is taken, or a setting is not as it must be.
    """
    policy = policy or Policy()
    check_policy(policy, schema, strata, rules)
    for kind in (kinds or {}).values():
        checks.one_of("kind", kind, FIELD_KINDS)
    held_out = dict(shares) if shares is not None else {"test": 0.2, "calibration": 0.05}
    for split, share in held_out.items():
        checks.one_of("shares", split, HELD_OUT)
        checks.share(f"shares[{split!r}]", share)
    if sum(held_out.values()) >= 1:
        raise InvalidInput(f"shares: must leave items to ask about; got {held_out}, 1 or more together. Lower them.")
    for body in stopping:
        _check_rule(rule_from_json(body), schema)
    for rule in rules:
        schema.read(rule.label)
    settings = {
        "kinds": dict(kinds or {}),
        "shares": held_out,
        "stopping": [dict(body) for body in stopping],
        "strata": strata,
        "rules": [rule.to_json() for rule in rules if rule.function is None],
        "warm_start": warm_start,
        "show_suggestions": show_suggestions,
    }
    if encoder is not None:
        settings["encoder"] = _sentence_encoder(encoder)
    if queue is not None:
        settings["queue"] = queue.to_json()
    lent = isinstance(where, Database)
    database = where if isinstance(where, Database) else Database.open(where)
    try:
        with database.transaction() as conn:
            record = projects.create(conn, name, settings=settings)
            projects.add_schema(conn, record.id, schema)
            projects.add_policy(conn, record.id, policy)
            if instructions:
                projects.add_instructions(conn, record.id, instructions)
    except BaseException:
        if not lent:
            database.close()
        raise
    return Workspace(database, record.id, name, own, tuple(rules), lent)


def open_at(location: Location, *, own: Any = None, rules: Sequence[SeedRule] = ()) -> Workspace:
    """Open a project that is there.

    Raises
    ------
    NotFound
        If there is none of the name, or no database.
    """
    database = Database.open(location.url, create=False)
    try:
        work = open_in(database, location.project, own=own, rules=rules)
    except BaseException:
        database.close()
        raise
    work.shares = False
    return work


def open_in(database: Database, name: str, *, own: Any = None, rules: Sequence[SeedRule] = ()) -> Workspace:
    """Open a project of a database that is open, and stays so when the project is closed.

    Raises
    ------
    NotFound
        If there is none of the name.
    """
    with database.reading() as conn:
        record = projects.get(conn, name)
    by_name = {body["name"]: SeedRule.from_json(body) for body in record.settings.get("rules", [])}
    by_name |= {rule.name: rule for rule in rules}
    return Workspace(database, record.id, record.name, own, tuple(by_name.values()), shares=True)


def remember(work: Workspace, folder: Path) -> Path | None:
    """Write `querist.toml`, so that commands in this folder know the project."""
    return write_location(Location(str(work.database.url), work.name), folder)


def set_policy(work: Workspace, policy: Policy) -> None:
    """Choose otherwise from the next round on."""
    with work.database.transaction() as conn:
        schema = work.schema(conn)
        check_policy(policy, schema, work.settings(conn).get("strata"), work.seed_rules)
        projects.add_policy(conn, work.project_id, policy)


def set_queue(work: Workspace, changes: Mapping[str, Any]) -> QueueSettings:
    """Hand questions out otherwise from now on; slots that are open already stay as many as they are.

    Raises
    ------
    InvalidInput
        If a setting is unknown or a value is not as it must be; nothing is then changed.
    """
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        settings = work.queue(conn).with_(**changes)
        if (field := settings.skill_field) is not None and (known := work.spec(conn).kinds):
            checks.one_of("settings.skill_field", field, list(known))
        now = projects.settings(conn, work.project_id)
        projects.update_settings(conn, work.project_id, {**now, "queue": settings.to_json()})
    return settings


def set_encoder(work: Workspace, encoder: str) -> None:
    """Have text read by this sentence encoder from the next model on, or by the same one from another folder."""
    body = _sentence_encoder(encoder)
    with work.database.transaction() as conn:
        projects.update_settings(conn, work.project_id, {**projects.settings(conn, work.project_id), "encoder": body})


def _sentence_encoder(model: str) -> dict[str, Any]:
    """Its record; a folder by its whole path, since the next command may run in another."""
    folder = Path(model).expanduser()
    return SentenceEncoder(str(folder.resolve()) if folder.is_dir() else model).describe()


def set_instructions(work: Workspace, text: str) -> None:
    """Tell annotators otherwise from the next answer on."""
    with work.database.transaction() as conn:
        projects.add_instructions(conn, work.project_id, text)


def stopping_rule(text: str) -> dict[str, Any]:
    """A stopping rule from words: its name and its settings in their order, as `target:METRIC:VALUE`.

    Examples
    --------
    >>> stopping_rule("target:macro_f1:0.9")
    {'rule': 'target', 'metric': 'macro_f1', 'target': 0.9}
    >>> stopping_rule("error_bound:0.02")
    {'rule': 'error_bound', 'most': 0.02, 'confidence': 0.95}
    """
    return rule_to_json(rule_from_text(text))


def agree(
    work: Workspace, *, schema: Schema | None, policy: Policy | None, instructions: str, encoder: str | None = None
) -> None:
    """See that an open project asks what its opener thinks it asks; take on what else is new.

    Raises
    ------
    InvalidInput
        If it asks something else.
    """
    with work.database.reading() as conn:
        now, choosing = work.schema(conn), work.policy(conn)
    if schema is not None and replace(schema, version=now.version) != now:
        raise InvalidInput(
            f"schema: must be the project's; {work.name!r} asks for {now.target} of {list(now.classes)}, "
            f"not {schema.target} of {list(schema.classes)}. Open it without classes, or start another project."
        )
    if policy is not None and policy != choosing:
        set_policy(work, policy)
    if instructions:
        set_instructions(work, instructions)
    if encoder is not None:
        set_encoder(work, encoder)


def change_policy(work: Workspace, changes: Sequence[str]) -> Policy:
    """Change settings given as `name=value`, the value as JSON or plain text; a dot reaches into costs and budget.

    Returns
    -------
    policy : Policy
        As it is from the next round on.

    Raises
    ------
    InvalidInput
        If a setting is unknown or a value is not as it must be; nothing is then changed.
    """
    with work.database.reading() as conn:
        body = work.policy(conn).to_json()
    for text in changes:
        name, equals, raw = text.partition("=")
        if not equals:
            raise InvalidInput(f"set: must be NAME=VALUE; got {text!r}. Write it like batch_size=50.")
        try:
            value = json.loads(raw)
        except ValueError:
            value = raw
        outer, dot, inner = name.partition(".")
        if dot and isinstance(body.get(outer), dict):
            body[outer][inner] = value
        else:
            body[name] = value
    policy = Policy.from_json(body)
    if changes:
        set_policy(work, policy)
    return policy


def seed_rules(path: Path) -> tuple[SeedRule, ...]:
    """Seed rules from a TOML file: a `[[rule]]` table each, with name, label, pattern and, if wanted, fields.

    Raises
    ------
    InvalidInput
        If the file is not such a one.
    """
    try:
        bodies = tomllib.loads(path.read_text("utf-8"))["rule"]
        return tuple(SeedRule.from_json(body) for body in bodies)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"rules: must be a TOML file of [[rule]] tables with name, label and pattern; {path}: {error!r}. Mend it."
        ) from None


def _check_rule(rule: StoppingRule, schema: Schema) -> None:
    """See that a rule can ever say something of such answers."""
    body = rule_to_json(rule)
    if "metric" in body:
        _check_metric(body["metric"], schema)
    if "of" in body:
        checks.one_of("stop", body["of"], schema.options)
    for tasks, kinds in ((CERTIFIED, (ErrorBound,)), (GLANCED, OF_THE_STOP_SET)):
        if isinstance(rule, kinds) and schema.task not in tasks:
            raise InvalidInput(
                f"stop: must not be {body['rule']!r} where answers are {schema.asked}; it is for {', '.join(tasks)}. "
                "Set a budget: it stops the loop."
            )


def _check_metric(metric: str, schema: Schema) -> None:
    if not METRICS[schema.task]:
        raise InvalidInput(
            f"stop: must not go by a metric where no model learns the answers, which are {schema.asked}; got "
            f"{metric!r}. Set a budget: it stops the loop."
        )
    checks.one_of("stop", metric, METRICS[schema.task])


def check_policy(policy: Policy, schema: Schema, strata: str | None, rules: Sequence[SeedRule]) -> None:
    """See that a policy has what it draws by.

    Raises
    ------
    InvalidInput
        If it does not suit the task, or lacks its rules, its strata or a class of its quotas.
    """
    suited_policy(policy, schema.task)
    if rules and schema.task != "choice":
        raise InvalidInput(f"rules: must be left out where the answer is {schema.asked}; a seed rule names one class.")
    if policy.start == "rules" and not rules:
        raise InvalidInput(
            "start: must have what it draws by; 'rules' needs seed rules, and there are none. Write them to a file and "
            "name it, `querist init ... --rules FILE`, or start with 'k_means'."
        )
    if policy.start == "stratified" and strata is None:
        raise InvalidInput(
            "start: must have what it draws by; 'stratified' needs a field whose values are the groups, and none is "
            "named. Name it, `querist init ... --strata FIELD`, or start with 'k_means'."
        )
    for name in policy.quotas:
        checks.one_of("quotas", name, schema.options)
    if policy.group_quotas and strata is None:
        raise InvalidInput(
            "group_quotas: must be of a project with a strata field; this one has none. Name it: "
            "`querist init ... --strata FIELD`."
        )
