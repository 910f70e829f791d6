"""Two equal values have equal bytes; the fast way and the plain way agree on all of them."""

from __future__ import annotations

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from querist.core.hashing import canonical, canonical_rows, content_hash, is_missing

plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


@given(values)
def test_canonical_json_is_json_and_stable(value: object) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(st.dictionaries(st.text(), values, max_size=4))
def test_the_order_of_fields_and_the_missing_ones_do_not_count(fields: dict[str, object]) -> None:
    backwards = dict(reversed(fields.items()))
    assert content_hash(fields) == content_hash(backwards) == content_hash({**fields, "\x00 not there": None})


@given(st.lists(st.text(), min_size=1, max_size=3, unique=True), st.data())
def test_rows_made_by_column_equal_rows_made_one_by_one(names: list[str], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 5))
    columns = {name: data.draw(st.lists(values, min_size=n, max_size=n)) for name in names}
    rows = [{name: columns[name][i] for name in names if columns[name][i] is not None} for i in range(n)]
    assert canonical_rows(columns) == [canonical(row) for row in rows]


@given(st.floats())
def test_only_not_a_number_is_a_missing_number(value: float) -> None:
    assert is_missing(value) == math.isnan(value)
