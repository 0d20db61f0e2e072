"""The spelling of filters: what a text means, and what is said of one that means nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs_ext.model.errors import InvalidRequest
from jobs_ext.model.filters import JOB_FIELDS, And, Compare, In, IsNull, Like, Not, Or
from jobs_ext.service.filters import read_filter
from jobs_ext.service.filtertext import parse

A, B, C = (Compare("name", "=", letter) for letter in "abc")
MEANT = {
    "name = a or name = b and name = c": Or([A, And([B, C])]),
    "(name = a OR name == 'b') AND not name=\"c\"": And([Or([A, B]), Not(C)]),
    "pk>=-5 and pk<>1.5e3": And([Compare("pk", ">=", -5), Compare("pk", "!=", 1500.0)]),
    "pk not in (1, 2)": Not(In("pk", [1, 2])),
    "pk between 1 and 2 and held = TRUE": And(
        [And([Compare("pk", ">=", 1), Compare("pk", "<=", 2)]), Compare("held", "=", True)]
    ),
    "project is null or project is not null": Or([IsNull("project"), Not(IsNull("project"))]),
    "name ilike 'a%'": Like("name", "a%", "pattern", ignore_case=True),
    r"name not starts '\'\\n'": Not(Like("name", "'\\n", "starts")),
    "created ≤ 2026-11-01T09:30:00+13:00": Compare("created", "<=", "2026-11-01T09:30:00+13:00"),
    "name = '1' and name = 5e and name contains 7": And(
        [Compare("name", "=", "1"), Compare("name", "=", "5e"), Like("name", "7")]
    ),
}


@pytest.mark.parametrize(("text", "tree"), MEANT.items())
def test_what_a_text_means(text, tree):
    assert parse(text) == tree


def test_times_become_what_the_store_keeps():
    for given_, kept in {
        "2026-11-01": "2026-11-01T00:00:00.000000Z",
        "2026-11-01T09:30:00+13:00": "2026-10-31T20:30:00.000000Z",
        "0001-01-01": "0001-01-01T00:00:00.000000Z",
    }.items():
        wanted = Compare("created", "<", kept)
        assert read_filter(f"created < {given_}", JOB_FIELDS) == wanted
    with pytest.raises(InvalidRequest):
        read_filter("created < 0001-01-01T00:00:00+13:00", JOB_FIELDS)


TEXTS = [
    ("stauts = FAILED", "status"),
    ("status = FAILD", "FAILED"),
    ("status > FAILED", "="),
    ("created > yesterday", "2026-11-01"),
    ("priority = high", "number"),
    ("held = 1", "true or false"),
    ("priority like '1%'", "="),
    ("name like ''", "1 to 200"),
    ("name =", "character 7"),
    ("name = a b", "character 10"),
    ("(name = a", "character 10"),
    ("name in ()", "character 10"),
    ("name is a", "character 9"),
    ("name = 'a", "character 8"),
    ("and", "character 1"),
    ("priority = 1e999", "character 12"),
    ("priority = 99999999999999999999", "64 bits"),
    ("(" * 5000 + "name = a", "20 levels"),
    ("not " * 2000 + "name = a", "20 levels"),
    (" or ".join(["name = a"] * 101), "100 tests"),
    (f"pk in ({', '.join(['1'] * 1001)})", "1000 values"),
    ("name = " + "a" * 10_000, "10,000"),
]


@pytest.mark.parametrize(("text", "said"), TEXTS, ids=[text[:20] for text, _ in TEXTS])
def test_a_wrong_text_is_explained(text, said):
    with pytest.raises(InvalidRequest) as caught:
        read_filter(text, JOB_FIELDS)
    assert caught.value.field == "filter"
    assert said in str(caught.value)


WORDS = ["name", "pk", "=", "<", "(", ")", "and", "or", "not", "in", "is", "null", "'a'", "1", ","]


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=20))
@example("name = '\\")
@example("'")
@example("\x00")
def test_no_text_is_anything_but_a_filter_or_refused(text):
    with suppress(InvalidRequest):
        read_filter(text, JOB_FIELDS)
