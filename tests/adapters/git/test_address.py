import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.git.address import parse
from bot.ports.errors import Permanent

TOKENS = {
    "https://github.com": "gh-token",
    "https://github.com/acme/": "acme-token",
    "https://git.acme.test:8443": "port-token",
}


def header(pair: str) -> str:
    return "Authorization: Basic " + base64.b64encode(pair.encode()).decode()


def test_the_token_of_the_longest_beginning_is_taken() -> None:
    assert parse("https://github.com/acme/x", TOKENS).header == header("x-access-token:acme-token")
    assert parse("https://github.com/acmeother/x", TOKENS).header == header("x-access-token:gh-token")
    assert parse("https://git.acme.test:8443/x.git", TOKENS).header == header("x-access-token:port-token")


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com.evil.test/x",
        "https://evil.test/https://github.com/x",
        "https://git.acme.test/x",
        "ssh://github.com/x",
    ],
)
def test_a_token_goes_to_its_own_server_alone(address: str) -> None:
    assert parse(address, TOKENS).header == ""


def test_a_header_is_bound_to_its_server() -> None:
    assert parse("https://git.acme.test:8443/x.git", TOKENS).scope == "https://git.acme.test:8443/"


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("https://s3cret@github.com/acme/x", "s3cret:acme-token"),
        ("https://s3cret@other.test/x", "s3cret:"),
        ("https://s3c-name@git.acme.test:8443/x", "s3c-name:port-token"),
        ("https://ana:s3cret@other.test/x", "ana:s3cret"),
        ("https://ana:s3c%40ret@other.test/x?y#z", "ana:s3c@ret"),
    ],
)
def test_a_credential_in_the_address_leaves_it(text: str, pair: str) -> None:
    address = parse(text, TOKENS)
    assert address.header == header(pair)
    assert "@" not in address.url
    assert "s3c" not in f"{address!r}{address.url}{address.folder}"


def test_a_credential_is_taken_out_of_any_text() -> None:
    address = parse("https://ana:s3c%40ret@other.test/x", {})
    said = address.scrub(f"fatal: s3c@ret s3c%40ret {address.header}")
    assert "s3c" not in said
    assert base64.b64encode(b"ana:s3c@ret").decode() not in said


def test_a_path_becomes_absolute(tmp_path: Path) -> None:
    assert parse("some/where", {}).url == str(Path("some/where").absolute())
    assert parse(str(tmp_path), {}).url == str(tmp_path)
    assert parse(f"file://{tmp_path}", {}).url == f"file://{tmp_path}"


def test_the_short_ssh_form_stays_as_it_is() -> None:
    assert parse("git@github.com:acme/x.git", TOKENS).url == "git@github.com:acme/x.git"


def test_two_addresses_have_two_folders() -> None:
    one, other = parse("https://a.test/x.git", {}), parse("https://b.test/x.git", {})
    assert one.folder != other.folder
    assert one.folder.startswith("x-")


@pytest.mark.parametrize(
    "text",
    ["", "-x", "--upload-pack=x", "ext::sh -c x", "a\nb", "https://", "https://[::1", "https://a:b:c/"],
)
def test_what_is_no_address_is_told_so(text: str) -> None:
    with pytest.raises(Permanent):
        parse(text, {})


@given(st.text())
def test_any_text_is_an_address_or_a_sentence(text: str) -> None:
    try:
        address = parse(text, TOKENS)
    except Permanent:
        return
    assert not address.url.startswith("-")
    assert "/" not in address.folder
    assert address.folder not in ("", ".", "..")
