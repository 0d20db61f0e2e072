"""The spelling of filters as text: ``status = FAILED and name like "sweep%"``.

filter: or-list; "or" binds less than "and", "and" less than "not"; parentheses group
test:   FIELD = != < <= > >= VALUE
        FIELD [not] in (VALUE, …)            FIELD [not] between VALUE and VALUE
        FIELD [not] like|contains|starts|ends VALUE; ilike, icontains, … ignore case
        FIELD is [not] null
VALUE:  "text" or 'text' (a backslash quotes), number, true, false, or a word: FAILED, 2026-11-01
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn, cast

import msgspec

from ..model.errors import InvalidRequest
from ..model.filters import And, Compare, Filter, In, IsNull, Like, Not, Or, Test, Value

LONGEST = 10_000  # characters
DEEPEST = 20  # parentheses and "not" inside one another

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<sign><=|>=|<>|!=|==|≠|≤|≥|[=<>(),])
    |(?P<word>[\w.:+-]+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_SIGNS = {"==": "=", "<>": "!=", "≠": "!=", "≤": "<=", "≥": ">="}
_COMPARED = ("=", "!=", "<", "<=", ">", ">=")
_LIKE = {"like": "pattern", "contains": "contains", "starts": "starts", "ends": "ends"}
_LIKES = (*_LIKE, *(f"i{word}" for word in _LIKE))
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "null", "between", *_LIKES})


class _Token(NamedTuple):
    kind: str  # quoted, sign, word or end
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The keyword this is, or ""."""
        word = self.text.lower() if self.kind == "word" else ""
        return word if word in _KEYWORDS else ""


def parse(text: str, place: str = "filter") -> Filter:
    """Return the tree that `text` spells; `InvalidRequest` naming `place` and the character."""
    if len(text) > LONGEST:
        raise InvalidRequest(
            f"{place} may have {LONGEST:,} characters.",
            field=place,
            value=len(text),
            hint="A list of ids can be given to POST jobs/search in parts.",
        )
    return _Parser(text, place).whole()


class _Parser:
    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place
        self._tokens = self._split()
        self._next = 0
        self._depth = 0

    def whole(self) -> Filter:
        """Return the tree of the whole text."""
        tree = self._or()
        if self._token.kind != "end":
            self._fail("`and` or `or`, or the end,")
        return tree

    def _split(self) -> list[_Token]:
        tokens, at, end = [], 0, len(self._text.rstrip())
        while at < end:
            match = _TOKEN.match(self._text, at)
            if match is None:
                start = at + len(self._text[at:]) - len(self._text[at:].lstrip())
                self._refuse(f"there is no sense in {self._text[start : start + 12]!r}", start)
            kind = str(match.lastgroup)
            tokens.append(_Token(kind, match[kind], match.start(kind)))
            at = match.end()
        return [*tokens, _Token("end", "", end)]

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += token.kind != "end"
        return token

    def _took(self, keyword: str) -> bool:
        if self._token.keyword != keyword:
            return False
        self._take()
        return True

    def _sign(self, sign: str) -> bool:
        if (self._token.kind, self._token.text) != ("sign", sign):
            return False
        self._take()
        return True

    def _or(self) -> Filter:
        found = [self._and()]
        while self._took("or"):
            found.append(self._and())
        return found[0] if len(found) == 1 else Or(found)

    def _and(self) -> Filter:
        found = [self._not()]
        while self._took("and"):
            found.append(self._not())
        return found[0] if len(found) == 1 else And(found)

    def _not(self) -> Filter:
        self._depth += 1
        if self._depth > DEEPEST:
            self._refuse(f"more than {DEEPEST} levels", self._token.start)
        tree: Filter
        if self._took("not"):
            tree = Not(self._not())
        elif self._sign("("):
            tree = self._or()
            if not self._sign(")"):
                self._fail("`)`")
        else:
            tree = self._test()
        self._depth -= 1
        return tree

    def _test(self) -> Filter:
        field = self._token
        if field.kind != "word" or field.keyword:
            self._fail("the name of a field")
        self._take()
        if self._took("is"):
            opposite = self._took("not")
            if not self._took("null"):
                self._fail("`null`")
            return _maybe_not(IsNull(field.text), opposite)
        if self._token.kind == "sign":
            return self._compare(field.text)
        opposite = self._took("not")
        return _maybe_not(self._wordy(field.text), opposite)

    def _compare(self, field: str) -> Test:
        operator = _SIGNS.get(self._token.text, self._token.text)
        if operator not in _COMPARED:
            self._fail("an operator")
        self._take()
        return Compare(field, cast(Any, operator), self._value())

    def _wordy(self, field: str) -> Filter:
        word = self._token.keyword
        if word == "in":
            self._take()
            return In(field, self._values())
        if word == "between":
            self._take()
            low = self._value()
            if not self._took("and"):
                self._fail("`and`")
            return And([Compare(field, ">=", low), Compare(field, "<=", self._value())])
        if word not in _LIKES:
            self._fail("an operator")
        self._take()
        how = _LIKE[word if word in _LIKE else word[1:]]
        return Like(field, str(self._quoted()), cast(Any, how), word not in _LIKE)

    def _values(self) -> list[Value]:
        if not self._sign("("):
            self._fail("`(`")
        values = [self._value()]
        while self._sign(","):
            values.append(self._value())
        if not self._sign(")"):
            self._fail("`,` or `)`")
        return values

    def _value(self) -> Value:
        token = self._token
        if token.kind != "word":
            return self._quoted()
        word = token.text
        if word.lower() in ("true", "false"):
            self._take()
            return word.lower() == "true"
        if _NUMBER.fullmatch(word):
            self._take()
            return self._number(token)
        return self._quoted()

    def _number(self, token: _Token) -> int | float:
        try:
            found: int | float = msgspec.json.decode(token.text.lstrip("+"), type=int | float)
        except msgspec.DecodeError:
            self._refuse(f"{token.text[:40]!r} is not a number that can be kept", token.start)
        return found

    def _quoted(self) -> str:
        token = self._token
        if token.kind == "quoted":
            self._take()
            return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL)
        if token.kind != "word" or token.keyword:
            self._fail("a value")
        return self._take().text

    def _fail(self, wanted: str) -> NoReturn:
        found = repr(self._token.text[:40]) if self._token.kind != "end" else "the end"
        self._refuse(f"{wanted} belongs where {found} is", self._token.start)

    def _refuse(self, what: str, start: int) -> NoReturn:
        raise InvalidRequest(
            f"{self._place}, at character {start + 1}: {what}.",
            field=self._place,
            value=self._text[start : start + 40],
            hint='For example: status = FAILED and name like "sweep%". Quote texts with spaces.',
        )


def _maybe_not(tree: Filter, opposite: bool) -> Filter:
    return Not(tree) if opposite else tree
