"""Results in, pictures and pages out: numbers become sentences, charts and self-contained HTML."""

from querist.report.advice import advice_plan, advice_table, next_steps
from querist.report.html import advice_page, project_page, study_page
from querist.report.project import ProjectView, VersionRow
from querist.report.text import study_reading, study_sentence, study_table, study_title

__all__ = [
    "ProjectView",
    "VersionRow",
    "advice_page",
    "advice_plan",
    "advice_table",
    "next_steps",
    "project_page",
    "study_page",
    "study_reading",
    "study_sentence",
    "study_table",
    "study_title",
]
