"""The page on filters."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from jobs_ext.model import filters as model
from jobs_ext.service import narrowing
from jobs_ext.service.filters import LONGEST_PATTERN, MOST_TESTS, MOST_VALUES, MOST_WILDCARDS
from jobs_ext.service.filtertext import DEEPEST, LONGEST
from jobs_ext.store import listing, sorting, walks

from .markdown import fields, table

FILTERS_INTRODUCTION = f"""\
[How to find jobs](../how-to/find.md) has examples. A filter is a text (`GET jobs?filter=`,
`jx.jobs(filter=…)`) of at most {LONGEST:,} characters, or a tree as JSON (`POST jobs/search`).
Either has at most {MOST_TESTS} tests, {DEEPEST} levels and {MOST_VALUES} values in lists; a
pattern has 1 to {LONGEST_PATTERN} characters, {MOST_WILDCARDS} of them `%`. Whatever is wrong is a
400 that names the place.

A test of a field that has no value does not hold, and so its opposite does: `project != "p"` finds
the jobs without a project, too.

What is *indexed* finds its jobs at once, in a test that the field is one value or one of a few, and
that must hold (it stands outside `or` and `not`). Otherwise one page looks at {listing.STEP:,}
jobs, and may hold fewer than `limit` and still have a `next`; so it is in lists of other things,
of {narrowing.STEP} at a look.

`order` is `newest`, `oldest`, in a batch `index`, or up to five fields with commas, `-` for
descending: `-priority,name`. Orders by fields sort what is found: at most {sorting.MOST:,} jobs.
"""
OPERATORS = {
    "`=` `!=`": ("all", "the same, another"),
    "`<` `<=` `>` `>=`, `between … and …`": ("text, number, time", "in its order; both ends count"),
    "`in (…)`": ("all", "one of them"),
    "`contains` `starts` `ends`": ("text", "has the text in it, at its start, at its end"),
    "`like`": ("text", "fits a pattern: `%` any text, `_` any character, a backslash quotes"),
    "`icontains` `istarts` `iends` `ilike`": ("text", "the same, A to Z in either case"),
    "`is null`": ("all", "has no value"),
    "`not` `and` `or` `( )`": ("", "in this order; also `not in`, `not like`, `is not null`"),
}


def filters() -> str:
    """Return the page on filters: operators, trees, and the fields of each listing."""
    parts = ["# Filters\n", FILTERS_INTRODUCTION, "## Operators\n"]
    rows = ((spelling, *told) for spelling, told in OPERATORS.items())
    parts.append(table(("operator", "for", "holds when the field…"), rows))
    parts.append("## Fields of jobs\n")
    rows = (
        (*row, "yes" if name in walks.INDEXED else "")
        for name, row in zip(model.JOB_FIELDS, _filtered(model.JOB_FIELDS), strict=True)
    )
    parts.append(table(("field", "kind", "meaning", "indexed"), rows))
    for title, (path, known) in {
        "batches": ("batches", model.BATCH_FIELDS),
        "tools": ("tools", model.TOOL_FIELDS),
        "projects": ("projects", model.PROJECT_FIELDS),
        "data sets and their versions": ("projects/{project}/datasets", model.DATASET_FIELDS),
        "outputs": ("jobs/{job}/outputs", model.OUTPUT_FIELDS),
        "nodes": ("nodes", model.NODE_FIELDS),
        "API keys": ("keys", model.KEY_FIELDS),
    }.items():
        parts += [f"## Fields of {title}\n", f"`GET {path}?filter=`\n"]
        parts.append(table(("field", "kind", "meaning"), _filtered(known)))
    parts += ["## As a tree\n", "Each node has a `type` and:\n"]
    for node in (model.Compare, model.In, model.Like, model.IsNull, model.And, model.Or, model.Not):
        parts += [
            f"### `{node.__struct_config__.tag}`\n",
            f"{inspect.getdoc(node)}\n",
            fields(node),
        ]
    return "\n".join(parts)


def _filtered(known: Mapping[str, model.Field]) -> list[tuple[str, str, str]]:
    return [
        (f"`{name}`", f.kind + (", several" if f.many else ""), f.meaning + _words(f.choices))
        for name, f in known.items()
    ]


def _words(choices: Sequence[str]) -> str:
    """Return a few words that can be given; many have a page of their own."""
    return f": {', '.join(f'`{one}`' for one in choices)}" if 0 < len(choices) < 6 else ""
