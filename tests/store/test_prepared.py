"""Statements that are compiled once."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, create_engine, select

from jobs_ext.store.prepared import Prepared, Updates, insertion

metadata = MetaData()
thing = Table(
    "thing",
    metadata,
    Column("a", Integer, primary_key=True),
    Column("b", Integer, primary_key=True),
    Column("name", Text),
    Column("size", Integer),
)


@pytest.fixture
def connection():
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        rows = [{"a": 1, "b": b, "name": f"n{b}"} for b in range(4)]
        assert insertion(thing, frozenset(rows[0])).run_many(connection, rows) == 4
        yield connection
    engine.dispose()


def everything(connection):
    query = select(thing.c.b, thing.c.name, thing.c.size).order_by(thing.c.b)
    return [tuple(row) for row in connection.execute(query)]


def test_values_find_their_places_by_name(connection):
    query = Prepared(
        select(thing.c.b).where(thing.c.name == bindparam("called"), thing.c.a == bindparam("a"))
    )
    (row,) = query.run(connection, a=1, called="n2")
    assert row.b == 2
    assert query.run(connection, a=2, called="n2").all() == []


def test_nothing_to_insert_is_no_statement(connection):
    assert insertion(thing, frozenset({"a", "b"})).run_many(connection, []) == 0


def test_updates_set_what_was_gathered_and_nothing_else(connection):
    updates = Updates(thing)
    updates.set(1, 0, name="first")
    updates.set(1, 0, size=5)
    updates.set(1, 1, size=6)
    updates.set(1, 2, name="forgotten")
    updates.set(1, 3, name=None)
    updates.forget(1, 2)
    assert (len(updates), updates.get(1, 0)["size"], dict(updates.get(1, 2))) == (3, 5, {})
    updates.write(connection)
    assert everything(connection) == [
        (0, "first", 5),
        (1, "n1", 6),
        (2, "n2", None),
        (3, None, None),
    ]
    assert len(updates) == 0
