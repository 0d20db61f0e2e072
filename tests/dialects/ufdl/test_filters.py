"""The filters of lists."""

from __future__ import annotations

import pytest

NODE = {"type": "isnull", "field": "node"}


FOUND = [
    ([{"type": "exact", "field": "description", "value": "Find ME"}], 1),
    ([{"type": "exact", "field": "description", "value": "find me"}], 0),
    ([{"type": "exact", "field": "description", "value": "find me", "case_insensitive": True}], 1),
    ([{"type": "contains", "field": "description", "sub_string": "ind M"}], 1),
    ([{"type": "contains", "field": "parameter_values", "sub_string": "needle"}], 1),
    ([{"type": "exact", "field": "template.name", "value": "Sums"}], 1),
    ([{"type": "exact", "field": "template__version", "value": "1"}], 1),
    ([{"type": "compare", "field": "creation_time", "operator": ">", "value": "2020-01-01"}], 1),
    ([{"type": "compare", "field": "creation_time", "operator": "<", "value": "2020-01-01"}], 0),
    ([{"type": "compare", "field": "start_time", "operator": ">=", "value": "2020-01-01"}], 0),
    (
        [
            {
                "type": "compare",
                "field": "start_time",
                "operator": "<",
                "value": "2020-01-01",
                "invert": True,
            }
        ],
        1,
    ),
    ([NODE, {"type": "or", "sub_expressions": [NODE | {"invert": True}, NODE]}], 1),
    ([{"type": "or", "sub_expressions": [NODE, NODE], "invert": True}], 0),
    ([{"type": "compare", "field": "progress_amount", "operator": "<", "value": 0.5}], 1),
    ([{"type": "isnull", "field": "outputs.name"}], 1),
]


@pytest.mark.parametrize(("expressions", "number"), FOUND)
def test_filters(ufdl, looked_for, expressions, number):
    own = {"type": "exact", "field": "pk", "value": looked_for}
    found = ufdl.ask("POST", "jobs/list", {"expressions": [own, *expressions]})
    assert len(found) == number


@pytest.fixture(scope="module")
def looked_for(ufdl, template):
    text = {"text": {"value": "needle", "type": "str"}}
    job = ufdl.job(template, description="Find ME", parameter_values=text)
    yield job
    ufdl.ask("DELETE", f"jobs/{job}/cancel")


@pytest.mark.parametrize(
    "spec",
    [
        {"limit": 5},
        {"expressions": [{"type": "exact", "field": "nope", "value": 1}]},
        {"expressions": [{"type": "exact", "field": "pk", "value": None}]},
        {"expressions": [{"type": "exact", "field": "pk", "value": 1, "x": 1}]},
        {"expressions": [{"type": "contains", "field": "pk", "sub_string": ""}]},
        {"expressions": [{"type": "is_null", "field": "pk"}]},
        {"expressions": [{"type": "compare", "field": "pk", "operator": "=", "value": 1}]},
        {"expressions": [{"type": "and", "sub_expressions": [NODE]}]},
        {
            "expressions": [
                {"type": "and", "sub_expressions": [{"type": "or", "sub_expressions": []}] * 2}
            ]
        },
        {"order_by": [{"field": "nope"}]},
        {"order_by": [{"field": "pk", "up": True}]},
        [],
    ],
)
def test_filters_that_cannot_be(ufdl, spec):
    answer = ufdl.send("POST", "jobs/list", spec)
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


def test_orders(ufdl, template):
    made = [ufdl.job(template, description=text) for text in ("b", "a", "c")]
    spec = {
        "expressions": [
            {"type": "compare", "field": "pk", "operator": ">=", "value": made[0]},
            {"type": "isnull", "field": "parent"},  # the numbers of children are greater, too
        ],
        "order_by": [{"field": "description", "ascending": False}],
    }
    assert [job["description"] for job in ufdl.ask("POST", "jobs/list", spec)] == ["c", "b", "a"]
    for job in made:
        ufdl.ask("DELETE", f"jobs/{job}/hard")


def test_what_workers_can_do_is_found_however_it_ended(ufdl, template):
    open_, cancelled = ufdl.job(template), ufdl.job(template)
    ufdl.ask("DELETE", f"jobs/{cancelled}/cancel")
    able = {"type": "isnull", "field": "template__workabletemplate", "invert": True}
    new = {"type": "compare", "field": "pk", "operator": ">=", "value": open_}

    def found(*tests):
        return [j["pk"] for j in ufdl.ask("POST", "jobs/list", {"expressions": [new, *tests]})]

    assert found(able) == [open_, cancelled]
    assert found(able, {"type": "isnull", "field": "error_reason"}) == [open_]
    for job in (open_, cancelled):
        ufdl.ask("DELETE", f"jobs/{job}/hard")
