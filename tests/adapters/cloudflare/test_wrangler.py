"""How wrangler is called, and what is made of what it leaves behind."""

from pathlib import Path

import pytest

from adapters.cloudflare import CloudflareSettings
from adapters.cloudflare.config import read_worker
from adapters.cloudflare.wrangler import Printed, Wrangler, find
from bot.domain.targets import Component
from bot.ports.errors import Permanent
from bot.ports.process import Ran
from tests.adapters.cloudflare.doubles import ACCOUNT, TOKEN, Scripted, act, checkout, subject

SETTINGS = CloudflareSettings(TOKEN, ACCOUNT, "http://127.0.0.1:1/client/v4")


async def ended(processes: Scripted) -> Ran:
    return Ran(0)


async def test_the_command_is_a_list_with_explicit_environment(tmp_path: Path) -> None:
    processes = Scripted(ended)
    worker = read_worker(subject(checkout(tmp_path).resolve(), "canary"))
    await Wrangler(SETTINGS, processes).run(act(), worker, "deploy")
    node, shim, command, env, config, env_file = processes.argv
    assert (node, shim) == ("node", str(worker.folder / "node_modules/wrangler/bin/wrangler.js"))
    assert (command, env, config) == ("deploy", "--env=canary", f"--config={worker.config}")
    assert env_file.startswith("--envFile=")  # spelled --env-file, Node itself would take it
    assert processes.cwd == worker.folder
    assert processes.env["CLOUDFLARE_API_TOKEN"] == TOKEN
    assert processes.env["CI"] == "1"
    assert processes.env["HOME"] not in {"", str(worker.root)}


async def test_the_top_level_is_named(tmp_path: Path) -> None:
    processes = Scripted(ended)
    await Wrangler(SETTINGS, processes).run(act(), read_worker(subject(checkout(tmp_path))), "deploy")
    assert "--env=" in processes.argv


async def test_a_build_sees_no_token(tmp_path: Path) -> None:
    processes = Scripted(ended)
    worker = read_worker(subject(checkout(tmp_path)))
    await Wrangler(SETTINGS, processes).run(act(), worker, "deploy", offline=True)
    assert not [name for name in processes.env if name.startswith("CLOUDFLARE_")]
    assert TOKEN not in " ".join([*processes.argv, *processes.env.values()])


@pytest.mark.parametrize("odd", ["$(touch x)", "--force", "a b;c", "-y", "q\"'`", "ü\u202e"])
async def test_odd_names_are_data(tmp_path: Path, odd: str) -> None:
    quoted = odd.replace("\\", "\\\\").replace('"', '\\"')
    checkout(tmp_path / odd, f'{{"env": {{"{quoted}": {{"name": "hello"}}}}}}')
    processes = Scripted(ended)
    worker = read_worker(subject(tmp_path / odd, odd))
    await Wrangler(SETTINGS, processes).run(act(), worker, "deploy")
    assert f"--env={odd}" in processes.argv
    assert processes.argv[3:] == (f"--env={odd}", f"--config={worker.config}", processes.argv[5])


def test_wrangler_is_looked_for_from_the_component_up_to_the_checkout(tmp_path: Path) -> None:
    checkout(tmp_path)
    inner = tmp_path / "workers/api"
    inner.mkdir(parents=True)
    component = Component("api", path="workers/api")
    shim = Path("node_modules/wrangler/bin/wrangler.js")
    assert find(read_worker(subject(tmp_path, component=component))) == tmp_path.resolve() / shim
    own = checkout(inner / "nested")
    assert find(read_worker(subject(own))) == own.resolve() / shim


def test_a_commit_without_wrangler_is_told_what_to_do(tmp_path: Path) -> None:
    checkout(tmp_path)  # one above the checkout is not the checkout's
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "wrangler.jsonc").write_text('{"name": "a"}')
    with pytest.raises(Permanent, match="devDependencies"):
        find(read_worker(subject(bare)))


async def test_entries_are_read_and_half_a_line_is_none(tmp_path: Path) -> None:
    async def dies(processes: Scripted) -> Ran:
        processes.write_text('{"type": "deploy", "version_id": "v1"}\n[]\n{"type": "dep')
        return Ran(0)

    worker = read_worker(subject(checkout(tmp_path)))
    printed = await Wrangler(SETTINGS, Scripted(dies)).run(act(), worker, "deploy")
    assert printed.entry("deploy") == {"type": "deploy", "version_id": "v1"}
    assert printed.entry("version-upload") == {}


REQUEST = {"type": "command-failed", "message": "A request to the Cloudflare API (/accounts/a/versions) failed."}
FAILED = {"type": "command-failed", "code": 10021, "message": "startup error"}


@pytest.mark.parametrize(
    ("printed", "reason", "code"),
    [
        (Printed(Ran(1, tail=("✘ [ERROR] other",)), (FAILED,)), "startup error", 10021),
        (Printed(Ran(1, tail=("x", "✘ [ERROR] Unknown argument: y", "")), ()), "Unknown argument: y", None),
        (Printed(Ran(1, tail=("the last line", "")), ()), "the last line", None),
        (Printed(Ran(1, tail=("  Too fast [code: 971]",)), (REQUEST,)), "Too fast [code: 971] from /versions", None),
        (Printed(Ran(1), (REQUEST,)), REQUEST["message"], None),
        (Printed(Ran(1, tail=("why", "Logs were written to x")), ()), "why", None),
        (Printed(Ran(-9), ()), "it ended with status -9", None),
        (
            Printed(Ran(1), ({"type": "command-failed", "message": 7, "code": "7"},)),
            "it ended with status 1",
            None,
        ),
    ],
)
def test_why_it_failed(printed: Printed, reason: str, code: int | None) -> None:
    assert (printed.reason, printed.code) == (reason, code)


@pytest.mark.parametrize(
    ("message", "unanswered"),
    [
        ("fetch failed", True),
        ("other side closed", True),
        ("Received a malformed response from the API", True),
        ("read ECONNRESET", True),
        ("no such table: nowhere: SQLITE_ERROR", False),
        ("A request to the Cloudflare API (/x/y) failed.", False),
    ],
)
def test_whether_an_answer_came(message: str, unanswered: bool) -> None:
    failed = {"type": "command-failed", "message": message}
    assert Printed(Ran(1), (failed,)).unanswered is unanswered
    assert not Printed(Ran(1), (failed | {"code": 7500},)).unanswered
