"""Active learning on labeled data, with an oracle for people: what a project would have saved."""

from querist.loop.stopping import StoppingRule, rule_from_json
from querist.simulation.advising import (
    Circumstances,
    advice_of,
    advice_plan,
    advice_rows,
    advise,
    next_steps,
    write_advice,
)
from querist.simulation.crowds import Crowd
from querist.simulation.data import Labeled, from_table, labeled
from querist.simulation.grid import simulate_grid
from querist.simulation.habits import Abstaining, Late, Priced
from querist.simulation.hindsight import Hindsight, hindsight
from querist.simulation.hindsight_words import hindsight_reading, hindsight_rows
from querist.simulation.kept import run_from_json, run_to_json
from querist.simulation.named_learners import learners_named
from querist.simulation.oracle_words import oracle_from_json, oracle_to_json, parse
from querist.simulation.oracles import Biased, ByClass, Drifting, Function, HardCases, Perfect, Tired, Uniform
from querist.simulation.page import study_reading, study_rows, study_title, write_page
from querist.simulation.run import Plan, run
from querist.simulation.runs_table import write_runs
from querist.simulation.scenes import digit_scenes
from querist.simulation.study import simulate
from querist.simulation.worlds import World, rare_from_words

__all__ = [
    "Abstaining",
    "Biased",
    "ByClass",
    "Circumstances",
    "Crowd",
    "Drifting",
    "Function",
    "HardCases",
    "Hindsight",
    "Labeled",
    "Late",
    "Perfect",
    "Plan",
    "Priced",
    "StoppingRule",
    "Tired",
    "Uniform",
    "World",
    "advice_of",
    "advice_plan",
    "advice_rows",
    "advise",
    "digit_scenes",
    "from_table",
    "hindsight",
    "hindsight_reading",
    "hindsight_rows",
    "labeled",
    "learners_named",
    "next_steps",
    "oracle_from_json",
    "oracle_to_json",
    "parse",
    "rare_from_words",
    "rule_from_json",
    "run",
    "run_from_json",
    "run_to_json",
    "simulate",
    "simulate_grid",
    "study_reading",
    "study_rows",
    "study_title",
    "write_advice",
    "write_page",
    "write_runs",
]
