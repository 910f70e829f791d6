"""The one place that knows every strategy by name, and lets one choose under a policy."""

from querist.catalogue.choose import PolicyChooser, ask
from querist.catalogue.names import find, register, strategy_names

__all__ = ["PolicyChooser", "ask", "find", "register", "strategy_names"]
