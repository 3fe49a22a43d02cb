"""The environment comes to Settings, and its secrets to nowhere else."""

import dataclasses
import re
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import find
from hypothesis import strategies as st

from bot.ports.platform import Variable
from bot.settings import config_path
from bot.settings.variables import example, variables
from tests.settings.reading import ENVIRON, GOOD, ROOT, complaints, settled


def test_every_secret_is_known_and_in_no_repr() -> None:
    tokens = {one.name: f"value-of-{one.name}" for one in variables().values() if one.secret and one.form is None}
    tokens |= {"SLACK_BOT_TOKEN": "xoxb-value", "SLACK_APP_TOKEN": "xapp-value", "TELEGRAM_BOT_TOKEN": "1:value"}
    others = {"STRIPE_KEY": "sk", "AWS_SECRET_ACCESS_KEY": "long-enough", "USE_TOKENS": "true", "SHOP": "shop-word"}
    text = GOOD + 'token_env = "SHOP"\n'
    environ = {
        **ENVIRON,
        **tokens,
        **others,
        "DATABASE_URL": "postgresql://a:p%40ss@db/x",
        "HTTPS_PROXY": "http://u:px@p",
    }
    got = settled(text, environ)
    expected = {*tokens.values(), "sk", "long-enough", "shop-word", "p%40ss", "p@ss", "px"}
    assert got.secrets == expected
    assert got.named == {"SHOP": "shop-word"}
    assert [one for one in got.secrets - {"sk", "px"} if one in repr(got)] == []


def test_a_token_that_a_source_of_counts_names_is_read_and_kept_secret() -> None:
    text = GOOD + '[[targets.shop.metrics]]\nsource = "probes"\ntoken_env = "SHOP"\n'
    got = settled(text, {**ENVIRON, "SHOP": "shop-word"})
    assert got.named == {"SHOP": "shop-word"}
    assert "shop-word" in got.secrets
    said = "it is not set, and a check or a source of counts names it"
    assert [line for line in complaints(text) if "SHOP" in line and said in line]


def test_secrets_of_one_variable_with_commas_are_each_known() -> None:
    got = settled(GOOD, {**ENVIRON, "HTTP_TOKEN": "first-secret, second-secret,x"})
    assert {"first-secret", "second-secret", "first-secret, second-secret,x"} <= got.secrets
    assert "x" not in got.secrets


@pytest.mark.parametrize(
    "secret",
    ["xoxb-1234567890-abcdef", "ghp_" + "a" * 36, "12345678:" + "A" * 35, "AKIA" + "A" * 16, "sk-" + "a" * 24],
)
def test_a_secret_in_the_file_is_found_and_not_repeated(secret: str) -> None:
    (line,) = complaints(GOOD + f'json = {{ word = "{secret}" }}\n')
    last = GOOD.count("\n") + 1
    assert line.startswith(f"outrider.toml:{last}: targets.shop.verify[1].json.word: this looks like a secret.")
    said = "\n".join(complaints(GOOD.replace('room = "ops"', f'room = "{secret}"')))
    assert "no room is called" in said
    assert secret not in said


def test_a_password_in_an_address_is_found_and_not_repeated() -> None:
    said = "\n".join(complaints(GOOD.replace("https://shop.test", "htps://u:pass-word@shop.test")))
    assert "no address" in said
    assert "pass-word" not in said


def test_a_secret_variable_of_the_wrong_form_is_not_repeated() -> None:
    (line,) = complaints(GOOD, {**ENVIRON, "SLACK_BOT_TOKEN": "xapp-oops"})
    assert line == "environment: SLACK_BOT_TOKEN: its value is no bot token. Take the one that begins with xoxb-."


def test_the_example_of_the_environment_is_the_table() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert text == example()
    shown = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    assert shown == {one.name: one.default for one in variables().values()}


def test_the_contract_names_these_variables() -> None:
    named = """SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET DISCORD_BOT_TOKEN TELEGRAM_BOT_TOKEN
    TELEGRAM_WEBHOOK_SECRET CLOUDFLARE_API_TOKEN CLOUDFLARE_ACCOUNT_ID GITHUB_TOKEN DATABASE_URL PORT
    SLACK_API_BASE_URL DISCORD_API_BASE_URL TELEGRAM_API_BASE_URL CLOUDFLARE_API_BASE_URL GITHUB_API_BASE_URL"""
    assert set(named.split()) <= {one.name for one in variables().values()}


def another(variable: Variable, known: Collection[str]) -> str:
    """A value of the variable's form that is none of those."""
    if variable.form is None:
        return "other"
    fitting = st.from_regex(re.compile(variable.form.pattern, re.ASCII), fullmatch=True)
    return find(fitting, lambda value: value not in {"", *known} and value.isprintable() and " " not in value)


@pytest.mark.parametrize("name", [one for one in variables() if one != "OUTRIDER_CONFIG"])
def test_every_variable_reaches_the_settings(name: str) -> None:
    guard = variables()[name].guard
    guarded = {**ENVIRON, **({guard: "guard"} if guard else {})}
    without = flat(settled(GOOD, guarded))
    value = another(variables()[name], without)
    assert flat(settled(GOOD, {**guarded, name: f" {value}\n"})) - without >= {value}


def flat(value: object) -> set[str]:
    if dataclasses.is_dataclass(value):
        return {one for field in dataclasses.fields(value) for one in flat(getattr(value, field.name))}
    if isinstance(value, tuple):
        return {one for inner in value for one in flat(inner)}
    if isinstance(value, dict):
        return {one for inner in value.values() for one in flat(inner)}
    return {str(value)}


def test_the_configuration_is_where_the_environment_says() -> None:
    assert config_path({}) == Path("outrider.toml")
    assert config_path({"OUTRIDER_CONFIG": "/etc/outrider.toml"}) == Path("/etc/outrider.toml")


def test_npm_gets_its_settings_and_the_rest_does_not() -> None:
    npm = {"npm_config_registry": "http://npm.test", "NPM_CONFIG_CAFILE": "/ca"}
    got = settled(GOOD, {**ENVIRON, **npm, "PATH": "/bin", "OTHER": "x"})
    assert got.git.install_environment == npm
    assert got.git.environment == {}
    assert got.inherited == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("environ", "slack"),
    [
        ({}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKN": "x"}, "SLACK_BOT_TOKEN is not set (but SLACK_BOT_TOKN is: was it meant?)"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-x"},
            "neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (webhooks) is set",
        ),
        ({"SLACK_BOT_TOKEN": "xoxb-x", "SLACK_SIGNING_SECRET": "y"}, ""),
    ],
)
def test_a_platform_without_its_token_is_off_and_says_why(environ: dict[str, str], slack: str) -> None:
    found = {one.name: one for one in settled(GOOD, {**ENVIRON, **environ}).platforms}
    got = found.pop("slack")
    assert got.why_off == slack
    assert got.on is not bool(slack)
    assert {"discord", "telegram"} <= set(found)
    assert [one.name for one in found.values() if one.on] == []


def test_a_platform_gets_its_own_variables_and_no_others() -> None:
    environ = {**ENVIRON, "DISCORD_BOT_TOKEN": "d", "TELEGRAM_BOT_TOKEN": "1:t", "HTTP_TOKEN": "h"}
    found = {one.name: dict(one.values) for one in settled(GOOD, environ).platforms}
    assert found["discord"] == {"DISCORD_BOT_TOKEN": "d", "DISCORD_API_BASE_URL": "https://discord.com/api/v10"}
    assert found["telegram"]["TELEGRAM_BOT_TOKEN"] == "1:t"
    assert "console" not in found


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"PORT": "65536"}, 'PORT: "65536" is no port.'),
        ({"PORT": "eighty"}, 'PORT: "eighty" is no port.'),
        ({"LOG_LEVEL": "loud"}, 'LOG_LEVEL: "loud" is no level.'),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: its value is no address of a database."),
        ({"GITHUB_API_BASE_URL": "github"}, 'GITHUB_API_BASE_URL: "github" is no address.'),
        ({"OUTRIDER_CONFGI": "x"}, "OUTRIDER_CONFGI: there is no such variable. Did you mean OUTRIDER_CONFIG?"),
        ({"CLOUDFLARE_API_TOKEN": " "}, "CLOUDFLARE_API_TOKEN: it is not set"),
        (
            {"TELEGRAM_WEBHOOK_URL": "bot.example", "TELEGRAM_WEBHOOK_SECRET": "s"},
            'TELEGRAM_WEBHOOK_URL: "bot.example" is no address of a webhook.',
        ),
        (
            {"TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_WEBHOOK_URL": "https://bot.example/telegram/webhook"},
            "TELEGRAM_WEBHOOK_URL: it is set without TELEGRAM_WEBHOOK_SECRET",
        ),
        ({"TELEGRAM_WEBHOOK_SECRET": "a b"}, "TELEGRAM_WEBHOOK_SECRET: its value has other characters."),
        ({"GITHUB_TOKEN": "a\nb"}, "GITHUB_TOKEN: its value has invisible characters in it."),
    ],
)
def test_what_is_wrong_in_the_environment_is_said(environ: dict[str, str], line: str) -> None:
    (said,) = complaints(GOOD, {**ENVIRON, **environ})
    assert said.startswith(f"environment: {line}")
