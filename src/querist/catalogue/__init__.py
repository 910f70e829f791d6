"""The one place that knows every strategy by name, and lets one choose under a policy."""

from querist.catalogue.choose import PolicyChooser, ask, least_picks
from querist.catalogue.names import (
    find,
    functions,
    plain_strategy,
    reads_answers,
    register,
    resolve,
    strategy_names,
    suited,
    suited_policy,
    trusts_model,
)

__all__ = [
    "PolicyChooser",
    "ask",
    "find",
    "functions",
    "least_picks",
    "plain_strategy",
    "reads_answers",
    "register",
    "resolve",
    "strategy_names",
    "suited",
    "suited_policy",
    "trusts_model",
]
