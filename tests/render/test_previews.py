"""What is shown of a value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mandala_lab.render.preview import one_line, preview


@pytest.mark.parametrize(
    ("value", "line", "text"),
    [
        (pd.Series([1, 2], name="x"), "<Series 2>", "2 values"),
        (pd.DataFrame({"a": [1, 2]}), "<DataFrame 2x1>", "2 rows x 1 column"),
        (np.zeros((2, 3)), "<float64 array 2x3>", "[[0. 0. 0.]\n [0. 0. 0.]]"),
        (np.array(1.5), "<float64 array 0-d>", "1.5"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_look_says_what_a_value_is(value, line, text):
    seen = preview(value)
    assert one_line(seen, 60) == line
    assert seen.text == text
