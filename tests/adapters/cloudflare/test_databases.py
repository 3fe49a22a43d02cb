"""D1 in the sandbox, migrated by real wrangler."""

import pytest
import pytest_asyncio

from bot.ports.errors import Doubtful, Permanent, Temporary
from tests.adapters.cloudflare.conftest import Ground
from tests.adapters.cloudflare.doubles import act

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAME = "agent-db"


@pytest_asyncio.fixture(loop_scope="module")
async def migrated(ground: Ground) -> Ground:
    """The checkout brings a database with one migration."""
    made = await ground.sandbox.call("POST", "/d1/database", {"name": ground.name})
    database = {"binding": "DB", "database_name": NAME, "database_id": made["uuid"]}
    ground.write("one", d1_databases=[database])
    ground.config = {"d1": made["uuid"]}
    (ground.folder / "migrations").mkdir()
    migration(ground, "0001_people.sql", "CREATE TABLE people (name TEXT);")
    return ground


def migration(ground: Ground, name: str, sql: str) -> None:
    (ground.folder / "migrations" / name).write_text(sql)


async def query(ground: Ground, sql: str) -> list[dict[str, object]]:
    answer = await ground.sandbox.call("POST", f"/d1/database/{ground.config['d1']}/query", {"sql": sql})
    rows: list[dict[str, object]] = answer[0]["results"]
    return rows


async def test_what_is_pending_is_applied_once(migrated: Ground) -> None:
    databases, hello = migrated.provider.databases, migrated.hello
    migration(migrated, "0002_age.sql", "ALTER TABLE people ADD age INTEGER;")
    migration(migrated, "notes.txt", "no migration")
    assert await databases.pending(hello, NAME) == ("0001_people.sql", "0002_age.sql")
    await databases.migrate(act(), hello, NAME)
    assert await databases.pending(hello, NAME) == ()
    await databases.migrate(act(), hello, NAME)
    assert await migrated.count("migrations") == 2
    assert await query(migrated, "SELECT name, age FROM people") == []


async def test_a_migration_that_fails_undoes_itself_and_keeps_the_earlier_ones(migrated: Ground) -> None:
    databases, hello = migrated.provider.databases, migrated.hello
    migration(migrated, "0002_bad.sql", "ALTER TABLE people ADD age INTEGER; INSERT INTO nowhere VALUES (1);")
    with pytest.raises(
        Permanent, match=r"^Migration 0002_bad\.sql failed on agent-db: no such table: nowhere"
    ) as trouble:
        await databases.migrate(act(), hello, NAME)
    assert any("nowhere" in line for line in trouble.value.log)
    assert await databases.pending(hello, NAME) == ("0002_bad.sql",)
    assert "age" not in str(await query(migrated, "SELECT name FROM pragma_table_info('people')"))


async def test_a_lost_answer_is_settled_by_the_list(migrated: Ground) -> None:
    databases, hello = migrated.provider.databases, migrated.hello
    await migrated.misbehave("cut", "POST", "/query", after=3, times=1)
    with pytest.raises(Doubtful, match=r"The answer to 0001_people\.sql on agent-db was lost"):
        await databases.migrate(act(), hello, NAME)
    await databases.migrate(act(), hello, NAME)
    assert await databases.pending(hello, NAME) == ()


async def test_the_bookmark_brings_back_what_was(migrated: Ground) -> None:
    databases, hello = migrated.provider.databases, migrated.hello
    mark = await databases.bookmark(hello, NAME)
    await databases.migrate(act(), hello, NAME)
    await databases.rewind(act(), hello, NAME, mark)
    assert await databases.pending(hello, NAME) == ("0001_people.sql",)
    await databases.rewind(act(), hello, NAME, mark)


async def test_troubles_are_sentences(migrated: Ground) -> None:
    databases, hello = migrated.provider.databases, migrated.hello
    with pytest.raises(Permanent, match="no database 'other'"):
        await databases.pending(hello, "other")
    with pytest.raises(Permanent, match="said no"):
        await databases.rewind(act(), hello, NAME, "no such bookmark")
    await migrated.misbehave("status", "POST", "/query", status=429, retry_after=5)
    with pytest.raises(Temporary) as trouble:
        await databases.pending(hello, NAME)
    assert trouble.value.retry_after == 5


async def test_a_migration_that_landed_without_its_answer_is_not_run_again(migrated: Ground) -> None:
    databases, hello = migrated.provider.databases, migrated.hello
    await migrated.misbehave("lost", "POST", "/query", after=3, times=1)
    await databases.migrate(act(), hello, NAME)  # wrangler failed, and the list says that it is applied
    assert await databases.pending(hello, NAME) == ()


async def test_no_migrations_ask_nothing(migrated: Ground) -> None:
    assert await migrated.provider.databases.files(migrated.hello, NAME) == {
        "0001_people.sql": "CREATE TABLE people (name TEXT);"
    }
    (migrated.folder / "migrations/0001_people.sql").unlink()
    (migrated.folder / "migrations").rmdir()
    assert await migrated.provider.databases.pending(migrated.hello, NAME) == ()
