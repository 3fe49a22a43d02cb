"""Environment and outrider.toml become `Settings`, or everything that is wrong with them at once."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from adapters.cloudflare.settings import CloudflareSettings
from adapters.git.settings import Settings as GitSettings
from bot.domain.targets import Estate
from bot.settings.checks import Channels, Sources, check_wrongs, metric_wrongs, options, source_options
from bot.settings.contradictions import people_and_rooms, same_names, secrets_in_file
from bot.settings.environment import (
    FOR_GIT,
    FOR_NPM,
    INHERITED,
    Environ,
    Values,
    environ_problems,
    npm_settings,
    platforms,
    problem,
    secret_values,
    taken,
)
from bot.settings.estate import estate_of
from bot.settings.lines import key_lines
from bot.settings.platforms import chat_platforms
from bot.settings.problems import Problem, Problems, Wrong, placed, shape_wrongs
from bot.settings.raw import Raw, members, tables, text
from bot.settings.repos import loopback
from bot.settings.shape import Document, schema
from bot.settings.targets import target_wrongs
from bot.settings.values import GitHub, Settings

NO_SOURCES: Sources = MappingProxyType({})
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)| \(at end of document\)")


def config_path(environ: Environ) -> Path:
    """Where the configuration is."""
    return Path(Values(environ)["OUTRIDER_CONFIG"])


def load(environ: Environ, path: Path, channels: Channels, sources: Sources = NO_SOURCES) -> Settings | Problems:
    """The settings, or all problems. `channels` validate what their checks say, `sources` what their metrics say."""
    wrong = list(environ_problems(environ))
    read = _read(path)
    if isinstance(read, Problem):
        return Problems((*wrong, read))
    content, raw = read
    found = list(_wrongs(raw, path.parent, channels, sources))
    try:
        document = Document.model_validate(raw)
    except ValidationError as error:
        found += shape_wrongs(error, _schema())
        document = None
    wrong += [*_missing(environ, raw), *placed(found, path.name, key_lines(content))]
    if wrong or document is None:
        return Problems(tuple(wrong))
    return _settings(environ, document, raw, path)


@cache
def _schema() -> Mapping[str, Any]:
    return schema(chat_platforms())


def _read(path: Path) -> tuple[str, dict[str, Any]] | Problem:
    """Text and document; a problem where the file cannot be read or is no TOML."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        fix = "Write one (the README has a short one), or say in OUTRIDER_CONFIG where it is."
        return Problem(str(path), 0, "", f"the configuration cannot be read ({error.strerror})", fix)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Problem(path.name, line, "", "this is not UTF-8", "Save the file as UTF-8.")
    try:
        return content, tomllib.loads(content)
    except RecursionError:
        return Problem(
            path.name, 1, "", "tables or lists are nested too deeply", "Take out what does not belong there."
        )
    except ValueError as error:
        return _no_toml(path, content, str(error))


def _no_toml(path: Path, content: str, said: str) -> Problem:
    place = _AT_LINE.search(said)
    line = int(place[1]) if place and place[1] else content.rstrip("\n").count("\n") + 1
    what = _AT_LINE.sub("", said).rstrip(".")
    return Problem(
        path.name, line, "", f"this is not TOML: {what[:1].lower()}{what[1:]}", "Look at this line and the one before."
    )


def _wrongs(raw: Raw, folder: Path, channels: Channels, sources: Sources) -> Iterator[Wrong]:
    yield from people_and_rooms(raw, chat_platforms())
    yield from same_names(raw)
    yield from secrets_in_file(raw)
    yield from target_wrongs(raw, folder)
    yield from check_wrongs(raw, channels)
    yield from metric_wrongs(raw, sources)


def _missing(environ: Environ, raw: Raw) -> Iterator[Problem]:
    """Variables that the configuration makes necessary."""
    values = Values(environ)
    if any(True for _ in tables(raw.get("targets"))):
        for name in ("CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"):
            if not values[name]:
                yield problem(name, "it is not set, and a target is deployed to Cloudflare", "Set it.")
    for name in sorted(_named(raw)):
        if not environ.get(name, "").strip():
            yield problem(
                name, "it is not set, and a check or a source of counts names it", "Set it, or take it out there."
            )


def _named(raw: Raw) -> frozenset[str]:
    """Variables that checks and sources of counts name in keys ending in `_env`."""
    targets = [target for _, target in tables(raw.get("targets"))]
    asked = [options(one) for target in targets for _, one in members(target.get("verify"))]
    asked += [source_options(one) for target in targets for _, one in members(target.get("metrics"))]
    named = [value for one in asked for key, value in one.items() if key.endswith("_env")]
    return frozenset(text(one) for one in named) - {""}


def _settings(environ: Environ, document: Document, raw: Raw, path: Path) -> Settings:
    values = Values(environ)
    estate, tokens = estate_of(document, path.parent)
    named = {name: environ[name].strip() for name in _named(raw)}
    required = {name for target in estate.targets for one in target.components for name in one.required_secrets}
    return Settings(
        estate=estate,
        platforms=platforms(environ),
        cloudflare=_cloudflare(values),
        git=_git(values, environ, estate, tokens),
        github=GitHub(values["GITHUB_API_BASE_URL"].rstrip("/"), values["GITHUB_TOKEN"]),
        database_url=values["DATABASE_URL"],
        host=values["HOST"],
        port=int(values["PORT"]),
        http_token=values["HTTP_TOKEN"],
        log_level=values["LOG_LEVEL"],
        log_format=values["LOG_FORMAT"],
        proxy=values["HTTPS_PROXY"],
        certificates=values["NODE_EXTRA_CA_CERTS"],
        named=named,
        inherited=taken(environ, INHERITED),
        secrets=secret_values(environ, {*required, *named}) | frozenset(tokens.values()),
    )


def _cloudflare(values: Values) -> CloudflareSettings:
    return CloudflareSettings(
        token=values["CLOUDFLARE_API_TOKEN"],
        account=values["CLOUDFLARE_ACCOUNT_ID"],
        base_url=values["CLOUDFLARE_API_BASE_URL"].rstrip("/"),
        proxy=values["HTTPS_PROXY"],
        certificates=values["NODE_EXTRA_CA_CERTS"],
        workspace=Path(values["OUTRIDER_WORKSPACE"]),
    )


def _git(values: Values, environ: Environ, estate: Estate, tokens: Mapping[str, str]) -> GitSettings:
    """GITHUB_TOKEN opens what is at github.com, unless an address brings a token of its own."""
    github = {"https://github.com": values["GITHUB_TOKEN"]} if values["GITHUB_TOKEN"] else {}
    servers = [urlsplit(target.repo) for target in estate.targets if "://" in target.repo]
    plain = any(one.scheme == "http" and loopback(one.hostname or "") for one in servers)
    return GitSettings(
        workspace=Path(values["OUTRIDER_WORKSPACE"]),
        tokens={**github, **tokens},
        environment=taken(environ, FOR_GIT),
        install_environment=taken(environ, FOR_NPM) | npm_settings(environ),
        protocols=("file", "https", "ssh", *(("http",) if plain else ())),
    )
