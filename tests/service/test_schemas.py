from __future__ import annotations

import pytest

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.service.schemas import ValueSchema


@pytest.mark.parametrize("value", [0.3, 0.7, 1, 0, 1.1, 1e-1])
def test_a_multiple_is_one_as_it_is_written(value):
    ValueSchema({"type": "number", "multipleOf": 0.1}, "k").check(value, "k")


@pytest.mark.parametrize("value", [0.35, 1e-2])
def test_no_multiple(value):
    with pytest.raises(InvalidRequest, match=r"is not a multiple of 0\.1"):
        ValueSchema({"type": "number", "multipleOf": 0.1}, "k").check(value, "k")
