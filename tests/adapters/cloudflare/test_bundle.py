"""The digest is that of the code and of nothing else."""

from pathlib import Path

import pytest

from adapters.cloudflare.bundle import digest


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_the_same_modules_have_the_same_digest(tmp_path: Path) -> None:
    one = write(tmp_path / "a", index__js="x", b__wasm="y", README__md="10:00", index__js__map="/a")
    two = write(tmp_path / "b", b__wasm="y", index__js="x", README__md="11:00", index__js__map="/b")
    assert digest(one) == digest(two)
    assert len(digest(one)) == 64


@pytest.mark.parametrize(
    "other",
    [{"index__js": "z"}, {"main__js": "x"}, {"index__js": "x", "b__js": ""}, {"index__js": "", "x": ""}],
)
def test_other_code_has_another(tmp_path: Path, other: dict[str, str]) -> None:
    assert digest(write(tmp_path / "a", index__js="x")) != digest(write(tmp_path / "b", **other))


def test_the_random_name_of_a_helpers_folder_says_nothing(tmp_path: Path) -> None:
    one = write(tmp_path / "a", index__js="// .wrangler/tmp/bundle-aB3xY9/checked-fetch.js\n1")
    two = write(tmp_path / "b", index__js="// .wrangler/tmp/bundle-Qq0Zz1/checked-fetch.js\n1")
    three = write(tmp_path / "c", index__js="// .wrangler/tmp/bundle-Qq0Zz1/checked-fetch.js\n2")
    assert digest(one) == digest(two) != digest(three)


def test_no_modules_have_no_digest(tmp_path: Path) -> None:
    assert digest(write(tmp_path / "a", README__md="x")) == ""
