"""The shapes of values: a project's vectors have one each, and nothing is nested deeper than can be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.core import checks
from querist.core.errors import RowProblem
from querist.core.items import FieldSpec
from querist.formats import shape_of


class Shapes:
    """The shape of each field of vectors, learned from the first batch that has some.

    Examples
    --------
    >>> shapes = Shapes({})
    >>> problems = shapes.check({"v": [[1.0, 2.0], [3.0]]}, FieldSpec({"v": "vector"}), [2, 3])
    >>> [(problem.line, problem.message) for problem in problems], shapes.known
    ([(3, "the field 'v' must hold 2 numbers; it has 1.")], {'v': [2]})
    """

    def __init__(self, known: Mapping[str, Sequence[int]]) -> None:
        self.known = {name: list(shape) for name, shape in known.items()}

    def check(self, columns: Mapping[str, Sequence[Any]], spec: FieldSpec, lines: Sequence[int]) -> list[RowProblem]:
        """The rows whose vector has another shape, or is not there: they cannot be compared with the rest."""
        problems = []
        for name in spec.named("vector"):
            shapes = [[] if value is None else list(shape_of(value)) for value in columns[name]]
            wanted = self.known.get(name) or max(shapes, default=[])
            if not wanted:
                said = f"the field {name!r} must hold numbers; it has none."
                problems += [RowProblem(line, None, said) for line in lines]
                continue
            self.known[name] = wanted
            for line, shape in zip(lines, shapes, strict=True):
                if shape != wanted:
                    got = f"it has {_times(shape)}" if shape else "it has none"
                    said = f"the field {name!r} must hold {_times(wanted)} numbers; {got}."
                    problems.append(RowProblem(line, None, said))
        return problems


def too_deep(columns: Mapping[str, Sequence[Any]], lines: Sequence[int]) -> list[RowProblem]:
    """The rows that hold a value nested so deep that it could be kept, but neither be shown nor written out.

    Examples
    --------
    >>> deep: list[object] = []
    >>> for _ in range(200):
    ...     deep = [deep]
    >>> [problem.line for problem in too_deep({"a": ["x", [1], deep]}, [1, 2, 3])]
    [3]
    """
    problems = []
    for name, values in columns.items():
        if not {list, tuple, dict} & set(map(type, values)):  # one look at all of them: most columns are text
            continue
        rule = f"must be nested at most {checks.MOST_DEPTH} deep; this is deeper. Flatten it."
        said = f"the field {checks.short(name)} {rule}"
        # The row itself is one level more, as in a body of JSON.
        problems += [
            RowProblem(line, None, said)
            for line, value in zip(lines, values, strict=True)
            if not checks.is_shallow({name: value})
        ]
    return sorted(problems, key=lambda problem: problem.line)


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
