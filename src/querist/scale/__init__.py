"""Pools that outgrow memory: read block by block, scored in one pass, on as many processes as there are."""

from querist.scale.cache import embedded
from querist.scale.pool import Pool
from querist.scale.processes import fold, run

__all__ = ["Pool", "embedded", "fold", "run"]
