"""Documents: random acts against a dictionary, pages, versions, owners, refusals."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs_ext.model.errors import Conflict, Forbidden, InvalidRequest, NotFound, TooLarge
from jobs_ext.service import Principal
from jobs_ext.service.documents import LARGEST

ANN = Principal("ann", frozenset({"read", "submit"}))
BOB = Principal("bob", frozenset({"read", "submit"}))

KEYS = st.sampled_from(["a", "a/1", "a/10", "a/2", "aa", "b", "ä", "Z", "😀", "%_"])
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
ACTS = st.lists(
    st.tuples(st.sampled_from(["put", "delete"]), KEYS, BODIES, st.none() | st.integers(0, 3))
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS, prefix=st.sampled_from(["", "a", "a/", "a/1", "%"]), limit=st.integers(1, 4))
def test_documents_are_a_dictionary_with_versions(service, acts, prefix, limit):
    documents = service.documents
    for left in documents.list(ANN, "test", "k"):
        documents.delete(ANN, "test", "k", left.key)
    model = {}
    for act, key, body, version in acts:
        here = model.get(key, (0, None))[0]
        fits = version in (None, here)
        if act == "put" and fits:
            assert documents.put(ANN, "test", "k", key, body, version=version).version == here + 1
            model[key] = here + 1, body
        elif act == "put":
            with pytest.raises(Conflict):
                documents.put(ANN, "test", "k", key, body, version=version)
        elif here and fits:
            documents.delete(ANN, "test", "k", key, version=version)
            del model[key]
        else:
            with pytest.raises(Conflict if here else NotFound):
                documents.delete(ANN, "test", "k", key, version=version)
    for key, (version, body) in model.items():
        found = documents.get(ANN, "test", "k", key)
        assert (found.version, found.body, found.owner) == (version, body, "ann")
    wanted = sorted(key for key in model if key.startswith(prefix))
    assert list(walk(documents, prefix, limit)) == wanted
    rest = documents.list(ANN, "test", "k", prefix=prefix, skip=limit)
    assert [one.key for one in rest] == wanted[limit:]


def walk(documents, prefix, limit):
    after = ""
    while page := documents.list(ANN, "test", "k", prefix=prefix, after=after, limit=limit):
        assert len(page) <= limit
        yield from (one.key for one in page)
        after = page[-1].key


def test_one_owner_neither_sees_nor_changes_the_documents_of_another(service, who):
    documents = service.documents
    documents.put(ANN, "test", "k", "mine", 1)
    with pytest.raises(NotFound, match="no k 'mine'"):
        documents.get(BOB, "test", "k", "mine")
    with pytest.raises(NotFound):
        documents.delete(BOB, "test", "k", "mine")
    with pytest.raises(Conflict, match="taken"):
        documents.put(BOB, "test", "k", "mine", 2)
    assert documents.list(BOB, "test", "k") == []
    manager = Principal.all("boss")
    assert documents.put(manager, "test", "k", "mine", 3).owner == "ann"
    assert documents.get(ANN, "test", "k", "mine").body == 3


def test_a_shared_document_belongs_to_everybody(service):
    documents = service.documents
    documents.put(ANN, "test", "k", "ours", 1, shared=True)
    assert documents.put(BOB, "test", "k", "ours", 2, version=1).version == 2
    assert [one.body for one in documents.list(ANN, "test", "k")] == [2]


def test_kinds_and_dialects_are_apart(service):
    service.documents.put(ANN, "test", "k", "x", 1)
    for place in (("test", "other"), ("other", "k")):
        assert service.documents.list(ANN, *place) == []


def test_many_are_kept_or_none(service):
    documents = service.documents
    documents.put(ANN, "test", "k", "500", 0)
    bodies = {str(n): {"n": n} for n in range(1200)}
    with pytest.raises(Conflict, match="'500' is taken"):
        documents.put_all(ANN, "test", "k", bodies, version=0)
    assert len(documents.list(ANN, "test", "k")) == 1
    documents.put_all(ANN, "test", "k", bodies)
    assert len(documents.list(ANN, "test", "k", limit=2000)) == 1200
    assert documents.put_all(ANN, "test", "k", {}) == []


@pytest.mark.parametrize("key", ["", "x" * 1001, "a\0b", "a\nb", "\ud800"])
def test_keys_that_are_none_are_refused(service, key):
    with pytest.raises(InvalidRequest, match="one line"):
        service.documents.put(ANN, "test", "k", key, 1)
    with pytest.raises(NotFound):
        service.documents.get(ANN, "test", "k", key)


@pytest.mark.parametrize("prefix", ["a\0b", "\ud800"])
def test_nothing_is_below_a_prefix_that_no_key_has(service, prefix):
    assert service.documents.list(ANN, "test", "k", prefix=prefix) == []


def test_bodies_that_are_too_large_or_no_text_are_refused(service):
    with pytest.raises(TooLarge):
        service.documents.put(ANN, "test", "k", "x", "x" * LARGEST)
    with pytest.raises(InvalidRequest, match="valid Unicode"):
        service.documents.put(ANN, "test", "k", "x", {"a": "\udfff"})


def test_it_takes_a_verb_to_see_and_another_to_change(service):
    reader, nobody = Principal("ann", frozenset({"read"})), Principal("ann", frozenset())
    with pytest.raises(Forbidden):
        service.documents.put(reader, "test", "k", "x", 1)
    with pytest.raises(Forbidden):
        service.documents.delete(reader, "test", "k", "x")
    with pytest.raises(Forbidden):
        service.documents.list(nobody, "test", "k")
    with pytest.raises(Forbidden):
        service.documents.get(nobody, "test", "k", "x")
