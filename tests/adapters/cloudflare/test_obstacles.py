"""Why traffic cannot be split, told from a configuration and a small account."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.cloudflare import CloudflareDeployer
from adapters.cloudflare.versions import DEPLOYABLE
from bot.ports.deployer import Subject
from bot.ports.errors import Temporary
from tests.adapters.cloudflare.doubles import V1, V2, Account, checkout, subject

MODULE = "export default { fetch() {} }"


def commit(folder: Path, code: str | None = MODULE, chosen: str = "", **config: Any) -> Subject:
    """A checkout with this configuration and entry file."""
    root = checkout(folder, json.dumps({"name": "hello", "main": "src/index.js"} | config))
    if code is not None:
        (root / "src").mkdir()
        (root / "src/index.js").write_text(code)
    return subject(root, chosen)


@pytest.fixture(autouse=True)
def live_version(account: Account) -> None:
    account.version(V1.version, "first", "upload")


async def test_none(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    assert await deployer.obstacles(commit(tmp_path)) == ()
    account.version("uploaded", "by CI")
    assert await deployer.obstacles(commit(tmp_path / "again")) == ()


async def test_a_first_deploy(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    account.deployments.clear()
    [sentence] = await deployer.obstacles(commit(tmp_path))
    assert sentence == (
        'hello was never deployed, and a first deploy takes all the traffic: deploy it with strategy = "direct".'
    )


async def test_a_rollout_of_somebody_else(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    account.deploy((V1.version, 99.9), (V2.version, 0.1), author="bo@example.com", message="Careful")
    [sentence] = await deployer.obstacles(commit(tmp_path))
    assert sentence == (
        "Traffic of hello is split already: 11111111 at 99 %, 22222222 at 1 % by bo@example.com ('Careful')."
        " Finish or undo that first."
    )


CONTAINERS = [{"class_name": "Box", "image": "./Dockerfile"}]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"containers": CONTAINERS}, "has containers"),
        ({"site": {"bucket": "./public"}}, "Workers Site"),
        ({"migrations": [{"tag": "v1"}, {"tag": "v2"}]}, "at 'v2', what is live at 'v1'"),
        ({"migrations": [{"tag": "v0"}]}, "at 'v0', what is live at 'v1'"),
        ({"migrations": [{"tag": "v0"}, {"tag": "v1"}]}, ""),
        ({"migrations": []}, ""),
        ({"containers": []}, ""),
        ({"env": {"other": {"containers": CONTAINERS}}}, ""),
    ],
)
async def test_the_configuration(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path, config: dict[str, Any], words: str
) -> None:
    account.migration_tag = "v1"
    sentences = await deployer.obstacles(commit(tmp_path, **config))
    assert [words in sentence for sentence in sentences] == ([True] if words else [])
    assert all(sentence.endswith('deploy it with strategy = "direct".') for sentence in sentences)


@pytest.mark.parametrize(("name", "heard"), [("hello", True), ("24h-shop", False), ("Hello", False), ("_hello", False)])
async def test_a_name_that_no_probe_could_ask_for(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path, name: str, heard: bool
) -> None:
    account.name = name
    sentences = await deployer.obstacles(commit(tmp_path, name=name))
    assert ["version override header" in sentence for sentence in sentences] == ([] if heard else [True])


async def test_an_environment_inherits_migrations_and_no_containers(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    config: dict[str, Any] = {"migrations": [{"tag": "v1"}], "env": {"canary": {"name": "hello"}}}
    [sentence] = await deployer.obstacles(commit(tmp_path, chosen="canary", containers=CONTAINERS, **config))
    assert "at 'v1', what is live at 'none'" in sentence


@pytest.mark.parametrize(
    ("code", "old"),
    [
        (MODULE, False),
        ("const a = {}; export { a as default };", False),
        ("export{o as default}from'./other.js'", False),
        ("addEventListener('fetch', () => {})", True),
        ("module.exports = { fetch() {} }", True),
        ("export const a = 1; addEventListener('fetch', () => {})", True),
        (None, False),
    ],
)
async def test_the_format_is_told_where_the_file_is_there(
    deployer: CloudflareDeployer, tmp_path: Path, code: str | None, old: bool
) -> None:
    sentences = await deployer.obstacles(commit(tmp_path, code))
    assert ["service-worker format" in sentence for sentence in sentences] == ([True] if old else [])


@pytest.mark.parametrize("main", ["src/entry.py", "../outside.js", "src", 7])
async def test_an_entry_that_nothing_can_be_told_of(deployer: CloudflareDeployer, tmp_path: Path, main: object) -> None:
    (tmp_path / "outside.js").write_text("addEventListener('fetch', () => {})")
    one = commit(tmp_path / "root", main=main)
    (tmp_path / "root/src/entry.py").write_text("def on_fetch(): ...")
    assert await deployer.obstacles(one) == ()


async def test_secrets_that_the_live_version_has_not(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    account.version("newer", "", "secret", "API_KEY")
    account.version("newest", "by CI", "version_upload", "API_KEY")
    [sentence] = await deployer.obstacles(commit(tmp_path))
    assert "changed after its live version was made (API_KEY), and a new version would get them" in sentence


async def test_a_secret_whose_value_alone_was_changed(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    account.versions.clear()
    account.version(V1.version, "first", "upload", "API_KEY")
    account.version("newer", "", "secret", "API_KEY")
    [sentence] = await deployer.obstacles(commit(tmp_path))
    assert "changed after its live version was made, and" in sentence


async def test_a_live_version_beyond_those_that_can_be_deployed(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    for number in range(DEPLOYABLE - 2):
        account.version(f"v{number}")
    one = commit(tmp_path)
    assert await deployer.obstacles(one) == ()
    account.version("one more")
    [sentence] = await deployer.obstacles(one)
    assert "not among the 100 newest" in sentence


async def test_what_cannot_be_read_is_no_answer(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    account.instead = lambda request: (
        web.Response(status=502) if request.path.endswith(("/versions", "/scripts")) else None
    )
    with pytest.raises(Temporary):
        await deployer.obstacles(commit(tmp_path))
    with pytest.raises(Temporary):
        await deployer.obstacles(commit(tmp_path / "other", migrations=[{"tag": "v1"}]))


async def test_everything_at_once(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    account.version("newer", "", "secret", "API_KEY")
    config: dict[str, Any] = {"containers": CONTAINERS, "migrations": [{"tag": "v1"}], "site": {"bucket": "."}}
    assert len(await deployer.obstacles(commit(tmp_path, "addEventListener()", **config))) == 5
