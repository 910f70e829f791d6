"""Whole pages: one HTML file each, that asks nothing of the network and runs no script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from querist.core.advice import Advice
from querist.core.errors import InvalidInput
from querist.core.evidence import Study
from querist.report.advice import advice_view
from querist.report.charts import color_class
from querist.report.overview import overview
from querist.report.project import ProjectView, project_layout
from querist.report.study_view import strategy_colors, study_view

if TYPE_CHECKING:
    from jinja2 import Environment


def study_page(studies: Sequence[Study], *, title: str, next_steps: Sequence[str] | None = None) -> str:
    """One or several studies as a self-contained HTML page.

    For each: what was found, in a sentence; learning curves; labels saved; recall by class; what was asked and why;
    calibration; cost; how it was measured; and what the words mean.

    Parameters
    ----------
    studies : sequence of Study
        At least one.
    title : str
        Of the page.
    next_steps : sequence of str, optional
        What the reader can do now; `code` between backticks.

    Notes
    -----
    Everything that comes from data is escaped. The content security policy allows this very style sheet (by its hash)
    and pictures within the page, and nothing else: no script, no font, no request.

    Examples
    --------
    >>> import numpy as np
    >>> from querist.core.evidence import Curve
    >>> c = Curve("random", "accuracy", np.array([10.0]), np.zeros(1), *[np.array([0.5])] * 3, n_runs=1)
    >>> page = study_page([Study("Digits", "accuracy", "random", (), (c,), (), ())], title="A <try>")
    >>> "<h1>A &lt;try&gt;</h1>" in page
    True
    """
    if not studies:
        raise InvalidInput("studies: must hold at least one; got none. Simulate first.")
    colors = strategy_colors(studies)
    views = [study_view(study, colors, number) for number, study in enumerate(studies, start=1)]
    side_by_side = overview(studies, colors)
    return _render("study.html", title=title, studies=views, overview=side_by_side, next_steps=list(next_steps or ()))


def project_page(view: ProjectView) -> str:
    """A live project as a self-contained HTML page, under the same policy as a study's.

    Examples
    --------
    >>> "Nothing is labeled yet." in project_page(ProjectView("tickets", "topic"))
    True
    """
    return _render(
        "project.html", title=view.name, view=view, layout=project_layout(view), next_steps=list(view.next_steps)
    )


def advice_page(advice: Advice) -> str:
    """Advice before spending as a self-contained HTML page, under the same policy as a study's: the verdict, why, what
    labels will bring, and the plan.
    """
    return _render("advice.html", title=advice.title, view=advice_view(advice))


def _render(template: str, **context: object) -> str:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment().get_template(template).render(style=Markup(style), style_hash=digest, **context)


@cache
def _style() -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, "style.css")[0].strip()


@cache
def _environment() -> Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("querist.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["color"] = color_class
    environment.filters["code"] = _code
    return environment


def _code(text: str) -> Markup:
    """Text with what stands between backticks set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
