"""`querist.open`: a project that is there, or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from querist.core.errors import NotFound
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service import projects
from querist.service.location import locate
from querist.service.projects import SeedRule


def open(
    name: str | None = None,
    url: str | None = None,
    *,
    classes: Sequence[str] | None = None,
    target: str = "label",
    schema: Schema | None = None,
    policy: Policy | None = None,
    learner: Any = None,
    encoder: str | None = None,
    instructions: str = "",
    test_share: float = 0.2,
    calibration_share: float = 0.05,
    strata: str | None = None,
    rules: Sequence[SeedRule] = (),
    warm_start: bool = False,
) -> Project:
    """Open a project, or start it where there is none and its answers are named.

    Parameters
    ----------
    name : str, optional
        By default what `querist.toml` here or above, or QUERIST_PROJECT, says.
    url : str, optional
        The database; by default what `querist.toml` or QUERIST_URL says, else `querist.db` in this folder.
    classes : sequence of str, optional
        The answers to choose from, to start a project. `schema` says more than that.
    target : str
        What is asked.
    policy : Policy, optional
        How to choose; on a project that is there, from now on.
    learner : scikit-learn estimator, Learner or Recipe, optional
        In place of what suits the items. It must be passed again each time the project is opened.
    encoder : str, optional
        The sentence encoder that reads text: a folder, or a name on the Hugging Face hub; by default its words count.
        The project remembers it; on a project that is there, it reads from now on.
    instructions : str
        What annotators are told.
    test_share, calibration_share : float
        Shares of the items that no strategy may ask about.
    strata : str, optional
        The field whose values the start `stratified` draws from in proportion.
    rules : sequence of SeedRule
        For the start `rules`. One with a function must be passed again each time the project is opened.
    warm_start : bool
        Whether each model continues from the last, where the learner can.

    Returns
    -------
    project : Project

    Raises
    ------
    NotFound
        If there is no such project, and neither `classes` nor `schema` says what a new one would ask.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, open(
    ...     "tickets", f"{folder}/tickets.db", classes=["bug", "wish"], test_share=0.0
    ... ) as tickets:
    ...     _ = tickets.add([{"id": "1", "text": "It crashes"}, {"id": "2", "text": "Dark mode, please"}])
    ...     batch = tickets.ask(1)
    ...     tickets.tell({batch.entries[0].item_id: "bug"}).n_labeled
    1
    """
    where = locate(name, url)
    wanted = schema or (Schema(target, tuple(classes)) if classes is not None else None)
    try:
        work = projects.open_at(where, own=learner, rules=rules)
    except NotFound:
        if wanted is None:
            raise
        work = projects.create(
            where.url,
            where.project,
            schema=wanted,
            policy=policy,
            instructions=instructions,
            shares={"test": test_share, "calibration": calibration_share},
            strata=strata,
            rules=rules,
            warm_start=warm_start,
            encoder=encoder,
            own=learner,
        )
        return Project(work)
    try:
        projects.agree(work, schema=wanted, policy=policy, instructions=instructions, encoder=encoder)
    except BaseException:
        work.close()
        raise
    return Project(work)
