"""Near-duplicates found as items enter, and splits that never have one of them on each side."""

from querist.splits.copies import ALIKE_TEXTS, LEAST_AGREED, SURELY, alike_texts, alike_vectors, candidates, texts_in
from querist.splits.drawing import draw_groups
from querist.splits.leaks import find_giveaways, find_repeats, find_target_leak
from querist.splits.placing import Placement, Splitter, near_groups
from querist.splits.seen import Seen
from querist.splits.sketch import SKETCH_BYTES, Sketches, sketch

__all__ = [
    "ALIKE_TEXTS",
    "LEAST_AGREED",
    "SKETCH_BYTES",
    "SURELY",
    "Placement",
    "Seen",
    "Sketches",
    "Splitter",
    "alike_texts",
    "alike_vectors",
    "candidates",
    "draw_groups",
    "find_giveaways",
    "find_repeats",
    "find_target_leak",
    "near_groups",
    "sketch",
    "texts_in",
]
