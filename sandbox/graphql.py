"""Just enough GraphQL to read an analytics query: fields, aliases, arguments, variables. Pure.

Fragments and directives are refused: no query of the vendor's examples needs them.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}()\[\]:$!=@]|\.\.\.|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[_A-Za-z]\w*')
_IGNORED = re.compile(r"#[^\n]*|,")


class BadQuery(Exception):
    """Why the query cannot be read."""


@dataclass
class Field:
    """A selected field: its name, the key it has in the answer, its arguments, what is selected below it."""

    name: str
    key: str
    arguments: Json = field(default_factory=dict)
    below: list["Field"] = field(default_factory=list)

    def child(self, name: str) -> "Field | None":
        """The field of this name right below; None if it is not selected."""
        return next((one for one in self.below if one.name == name), None)


def parse(text: str, variables: Json) -> list[Field]:
    """The selection of the query's one operation, with the variables put in."""
    reader = _Reader(_TOKEN.findall(_without_comments(text)), variables)
    selection = reader.operation()
    if reader.tokens:
        raise BadQuery(f"unexpected {reader.tokens[0]!r} after the query")
    return selection


def _without_comments(text: str) -> str:
    parts = re.split(r'("(?:\\.|[^"\\])*")', text)
    return "".join(part if part.startswith('"') else _IGNORED.sub(" ", part) for part in parts)


class _Reader:
    """Reads tokens from the front."""

    def __init__(self, tokens: list[str], variables: Json) -> None:
        self.tokens = tokens
        self._variables = variables

    def operation(self) -> list[Field]:
        if self._peek() == "query":
            while self._peek() not in ("{", "("):
                self._next()
            if self._peek() == "(":
                self._skip_definitions()
        return self._selection()

    def _skip_definitions(self) -> None:
        """The declared types of the variables say nothing that is needed; a default is honoured."""
        self._take("(")
        while self._peek() != ")":
            if self._next() == "$":
                name = self._next()
                self._take(":")
                while self._peek() not in ("$", ")", "="):
                    self._next()
                if self._peek() == "=":
                    self._next()
                    self._variables = {name: self._value(), **self._variables}
        self._take(")")

    def _selection(self) -> list[Field]:
        self._take("{")
        found = []
        while self._peek() != "}":
            found.append(self._field())
        self._take("}")
        return found

    def _field(self) -> Field:
        name = key = self._name()
        if self._peek() == ":":
            self._next()
            name = self._name()
        read = Field(name, key)
        if self._peek() == "(":
            read.arguments = self._pairs("(", ")")
        if self._peek() == "{":
            read.below = self._selection()
        return read

    def _pairs(self, begin: str, end: str) -> Json:
        self._take(begin)
        found = {}
        while self._peek() != end:
            name = self._name()
            self._take(":")
            found[name] = self._value()
        self._take(end)
        return found

    def _value(self) -> Any:
        if self._peek() == "{":
            return self._pairs("{", "}")
        if self._peek() == "[":
            return self._list()
        token = self._next()
        if token == "$":
            return self._variables.get(self._next())
        try:
            return json.loads(token)
        except ValueError:
            return token

    def _list(self) -> list[Any]:
        self._take("[")
        found = []
        while self._peek() != "]":
            found.append(self._value())
        self._take("]")
        return found

    def _name(self) -> str:
        token = self._next()
        if not re.fullmatch(r"[_A-Za-z]\w*", token):
            raise BadQuery(f"a name was expected, not {token!r}")
        return token

    def _peek(self) -> str:
        if not self.tokens:
            raise BadQuery("the query ends too early")
        return self.tokens[0]

    def _next(self) -> str:
        self._peek()
        return self.tokens.pop(0)

    def _take(self, token: str) -> None:
        found = self._next()
        if found != token:
            raise BadQuery(f"{token!r} was expected, not {found!r}")
