"""Active learning on labeled data, with an oracle for people: what a project would have saved."""

from querist.loop.stopping import StoppingRule, rule_from_json
from querist.simulation.data import Labeled, from_table, labeled
from querist.simulation.oracles import (
    Abstaining,
    Biased,
    ByClass,
    Crowd,
    Drifting,
    Function,
    HardCases,
    Late,
    Perfect,
    Tired,
    Uniform,
    parse,
)
from querist.simulation.page import study_reading, study_rows, study_title, write_page
from querist.simulation.run import Plan, run
from querist.simulation.scenes import digit_scenes
from querist.simulation.study import run_from_json, run_to_json, simulate

__all__ = [
    "Abstaining",
    "Biased",
    "ByClass",
    "Crowd",
    "Drifting",
    "Function",
    "HardCases",
    "Labeled",
    "Late",
    "Perfect",
    "Plan",
    "StoppingRule",
    "Tired",
    "Uniform",
    "digit_scenes",
    "from_table",
    "labeled",
    "parse",
    "rule_from_json",
    "run",
    "run_from_json",
    "run_to_json",
    "simulate",
    "study_reading",
    "study_rows",
    "study_title",
    "write_page",
]
