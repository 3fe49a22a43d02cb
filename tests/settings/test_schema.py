"""The published schema is the shape that is read."""

import json
import tomllib

import jsonschema

from bot.settings import schema
from tests.settings.reading import GOOD, ROOT


def test_the_schema_is_published_as_it_is() -> None:
    assert json.loads((ROOT / "schema/outrider.schema.json").read_text(encoding="utf-8")) == schema()


def test_the_schema_takes_what_the_settings_take() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    for text in (GOOD, (ROOT / "outrider.example.toml").read_text(encoding="utf-8")):
        assert list(validator.iter_errors(tomllib.loads(text))) == []
    for wrong in ('[people.a]\nslak = "x"', "[x]", '[rooms."a b"]', '[[targets.shop.gates]]\nname = "x"'):
        assert list(validator.iter_errors(tomllib.loads(f"{GOOD}\n{wrong}")))


def test_every_key_of_the_schema_is_described() -> None:
    for name, table in schema()["$defs"].items():
        assert all("description" in key for key in table["properties"].values()), name
