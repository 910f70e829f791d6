"""The one place that knows every strategy by name, and lets one choose under a policy."""

from querist.catalogue.choose import PolicyChooser, ask
from querist.catalogue.names import default_strategy, find, register, strategy_names, suited

__all__ = ["PolicyChooser", "ask", "default_strategy", "find", "register", "strategy_names", "suited"]
