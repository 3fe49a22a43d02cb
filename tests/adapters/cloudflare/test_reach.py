"""What a rollback would meet, told from a configuration and a small account; it is not what speaks against a split."""

from pathlib import Path
from typing import Any

import pytest

from adapters.cloudflare import CloudflareDeployer
from adapters.cloudflare.versions import DEPLOYABLE
from bot.domain.values import FREE, Reach
from tests.adapters.cloudflare.doubles import V1, V2, Account
from tests.adapters.cloudflare.test_obstacles import CONTAINERS, commit


@pytest.fixture(autouse=True)
def live_version(account: Account) -> None:
    account.version(V1.version, "first", "upload")


async def test_nothing(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    assert await deployer.reach(commit(tmp_path)) == FREE
    account.version("uploaded", "by CI")
    assert await deployer.reach(commit(tmp_path / "again")) == FREE


async def test_a_first_deploy(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    account.deployments.clear()
    one = commit(tmp_path)
    assert await deployer.reach(one) == Reach(f"{one.component.name} had no earlier release")


async def test_another_deployment_in_progress(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    account.deploy((V1.version, 90), (V2.version, 10), author="bo@example.com", message="Careful")
    found = await deployer.reach(commit(tmp_path))
    assert found.refused == (
        "another deployment of hello is in progress: 11111111 at 90 %, 22222222 at 10 % by bo@example.com ('Careful')"
    )


@pytest.mark.parametrize(
    ("migrations", "refused"),
    [
        ([{"tag": "v1"}], ""),
        (
            [{"tag": "v1"}, {"tag": "v2"}],
            "Durable Objects of hello change, for good (the configuration is at 'v2', what is live at 'v1')",
        ),
        ([], ""),
    ],
)
async def test_a_migration_of_durable_objects_is_for_good(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path, migrations: list[object], refused: str
) -> None:
    account.migration_tag = "v1"
    assert (await deployer.reach(commit(tmp_path, migrations=migrations))).refused == refused


async def test_a_version_that_will_be_too_old_cannot_come_back(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    for number in range(DEPLOYABLE - 2):
        account.version(f"upload {number}", "by CI")
    assert await deployer.reach(commit(tmp_path)) == FREE
    account.version("one more", "by CI")
    assert "not be among the 100 newest" in (await deployer.reach(commit(tmp_path / "again"))).refused


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"site": {"bucket": "./public"}}, "export default {}"),
        ({}, "addEventListener('fetch', () => {})"),
        ({"containers": CONTAINERS}, "export default {}"),
    ],
)
async def test_what_cannot_be_split_can_be_undone(
    deployer: CloudflareDeployer, tmp_path: Path, config: dict[str, Any], code: str
) -> None:
    one = commit(tmp_path, code, **config)
    assert await deployer.obstacles(one) != ()
    assert (await deployer.reach(one)).refused == ""


async def test_the_image_of_a_container_stays(deployer: CloudflareDeployer, tmp_path: Path) -> None:
    found = await deployer.reach(commit(tmp_path, containers=CONTAINERS))
    assert found == Reach(limits=("the image of hello's containers stays",))


async def test_changed_secrets_are_asked_about(account: Account, deployer: CloudflareDeployer, tmp_path: Path) -> None:
    account.version("newer", "", "secret", "API_KEY")
    found = await deployer.reach(commit(tmp_path))
    assert found == Reach(limits=("it asks first, as secrets of hello were changed since (API_KEY)",))


async def test_a_secret_whose_value_alone_was_changed(
    account: Account, deployer: CloudflareDeployer, tmp_path: Path
) -> None:
    account.versions.clear()
    account.version(V1.version, "first", "upload", "API_KEY")
    account.version("newer", "", "secret", "API_KEY")
    found = await deployer.reach(commit(tmp_path))
    assert found == Reach(limits=("it asks first, as secrets of hello were changed since",))
