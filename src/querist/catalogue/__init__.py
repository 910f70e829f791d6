"""The one place that knows every strategy by name, and lets one choose under a policy."""

from querist.catalogue.choose import PolicyChooser, ask, least_picks
from querist.catalogue.names import (
    default_strategy,
    find,
    functions,
    register,
    resolve,
    strategy_names,
    suited,
    trusts_model,
)

__all__ = [
    "PolicyChooser",
    "ask",
    "default_strategy",
    "find",
    "functions",
    "least_picks",
    "register",
    "resolve",
    "strategy_names",
    "suited",
    "trusts_model",
]
