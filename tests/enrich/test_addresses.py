"""Where the services are: what the user said, in which order it counts, and what their own clients use."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from custody.enrich import Addresses, find_addresses
from custody.errors import CustodyError, InputError, UsageError


def find(tmp_path: Path, *given: str, **environment: str) -> Addresses:
    environment = {"GOROOT": str(tmp_path / "go"), "npm_config_globalconfig": str(tmp_path / "npmrc"), **environment}
    return find_addresses(given, environment, tmp_path, tmp_path / ".custody")


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_nobody_has_an_address_until_somebody_says_one(tmp_path: Path) -> None:
    assert find(tmp_path) == Addresses(bases={})


def test_the_command_line_counts_before_the_variable_before_the_file_before_the_client(tmp_path: Path) -> None:
    put(tmp_path / ".npmrc", "registry=https://client.example/\n")
    put(
        tmp_path / ".custody" / "enrich.yaml",
        "npm: https://file.example\nhex: https://file.example/\npub: https://f.example",
    )
    found = find(tmp_path, "npm=https://line.example/", CUSTODY_ENRICH="npm=https://v.example, hex=https://v.example")
    assert found.bases == {"npm": "https://line.example", "hex": "https://v.example", "pub": "https://f.example"}
    assert find(tmp_path).bases["npm"] == "https://file.example"


def test_an_empty_address_turns_a_service_off(tmp_path: Path) -> None:
    put(tmp_path / ".npmrc", "registry=https://client.example/\n")
    assert find(tmp_path, "npm=").bases == {"npm": ""}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("npm", "--enrich-from: expected SERVICE=ADDRESS, got 'npm'"),
        ("npn=https://a.example", "no such service; expected one of cargo, deps.dev"),
        ("npm=ftp://a.example", "not an address that can be asked"),
        ("npm=https://", "not an address that can be asked"),
        ("npm=https://a.example:x", "not an address"),
        ("npm=https://a.example/?q=1", "an address with ? or #"),
        ("npm=https://me:s3cret@a.example", "an address with a user or a password is not taken"),
    ],
)
def test_a_bad_address_is_the_users_error_and_shows_no_password(tmp_path: Path, word: str, message: str) -> None:
    for given, environment in (((word,), {}), ((), {"CUSTODY_ENRICH": word})):
        with pytest.raises(UsageError) as error:
            find(tmp_path, *given, **environment)
        assert message.replace("--enrich-from", "CUSTODY_ENRICH" if environment else "--enrich-from") in str(
            error.value
        )
        assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("text", ["npn: https://a.example", "npm: a.example", "npm: [1]", "- npm", "{", "npm: 1"])
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    put(tmp_path / ".custody" / "enrich.yaml", text)
    with pytest.raises(InputError, match=r"enrich\.yaml"):
        find(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".custody" / "enrich.yaml").mkdir(parents=True)
    with pytest.raises(CustodyError, match="cannot be read"):
        find(tmp_path)


# ── clients ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_npm(tmp_path: Path) -> None:
    put(tmp_path / "npmrc", "registry=https://machine.example/\n")
    assert find(tmp_path).bases["npm"] == "https://machine.example"
    put(
        tmp_path / ".npmrc",
        "; comment\nregistry = https://npm.example/team/\n@acme:registry=https://acme.example/\n"
        "//npm.example/team/:_authToken=${TOKEN}\n//acme.example/:username=me\n//acme.example/:_password="
        + base64.b64encode(b"pw").decode(),
    )
    found = find(tmp_path, TOKEN="t0ken")
    assert found.base("npm", "left-pad") == "https://npm.example/team"
    assert found.base("npm", "@acme/x") == "https://acme.example"
    assert found.authorization("https://npm.example/team/left-pad") == "Bearer t0ken"
    assert found.authorization("https://acme.example/@acme%2fx") == basic("me", "pw")
    for other in ("https://npm.example/teammate/x", "https://npm.example/", "https://evil.example/team/x"):
        assert found.authorization(other) == ""
    for other in (
        "https://npm.example:8443/team/x",
        "https://npm.example/team/../x",
        "https://npm.example/team/%2e%2e/x",
    ):
        assert found.authorization(other) == ""
    assert find(tmp_path, npm_config_registry="https://env.example").bases["npm"] == "https://env.example"
    assert find(tmp_path, NPM_CONFIG_USERCONFIG=str(tmp_path / "other")).bases["npm"] == "https://machine.example"


def test_a_scope_keeps_its_registry_whatever_the_command_line_says(tmp_path: Path) -> None:
    put(tmp_path / ".npmrc", "@acme:registry=https://acme.example/\n")
    assert find(tmp_path, "npm=https://public.example").base("npm", "@acme/x") == "https://acme.example"


def test_a_scope_whose_registry_is_no_address_is_not_asked_about(tmp_path: Path) -> None:
    put(tmp_path / ".npmrc", "@acme:registry=nonsense\n")
    assert find(tmp_path, "npm=https://public.example").base("npm", "@acme/x") == ""


def test_pip(tmp_path: Path) -> None:
    put(tmp_path / ".config" / "pip" / "pip.conf", "[global]\nindex-url = https://me:p%40ss@pypi.example/simple/\n")
    found = find(tmp_path)
    assert found.bases["pypi"] == "https://pypi.example/simple"
    assert found.authorization("https://pypi.example/pypi/x/json") == basic("me", "p@ss")
    assert found.authorization("https://other.example/pypi/x/json") == ""
    assert find(tmp_path, PIP_INDEX_URL="https://env.example/simple").bases["pypi"] == "https://env.example/simple"
    assert find(tmp_path, UV_DEFAULT_INDEX="corp=https://uv.example/s").bases["pypi"] == "https://uv.example/s"
    put(tmp_path / "own.conf", "[install]\nindex-url = https://own.example/simple\n")
    assert find(tmp_path, PIP_CONFIG_FILE=str(tmp_path / "own.conf")).bases["pypi"] == "https://own.example/simple"


def test_go(tmp_path: Path) -> None:
    put(tmp_path / "go" / "go.env", "GOPROXY=https://default.example,direct\n")
    assert find(tmp_path).bases["golang"] == "https://default.example"
    put(
        tmp_path / ".config" / "go" / "env",
        "GOPROXY=https://goproxy.example|direct\nGOPRIVATE=*.corp.example,git.example/team\n",
    )
    found = find(tmp_path)
    assert found.base("golang", "example.com/m") == "https://goproxy.example"
    for private in ("git.corp.example", "git.corp.example/a/b", "git.example/team", "git.example/team/x"):
        assert found.base("golang", private) == ""
    assert found.base("golang", "git.example/teammate") == "https://goproxy.example"
    assert "golang" not in find(tmp_path, GOPROXY="off").bases
    assert "golang" not in find(tmp_path, GOPROXY="direct").bases
    assert find(tmp_path, GOENV="off").bases["golang"] == "https://default.example"


def test_cargo(tmp_path: Path) -> None:
    put(
        tmp_path / ".cargo" / "config.toml",
        '[source.crates-io]\nreplace-with = "corp"\n[source.corp]\nregistry = "sparse+https://cargo.example/index/"\n',
    )
    assert find(tmp_path).bases["cargo"] == "sparse+https://cargo.example/index"
    put(tmp_path / ".cargo" / "config.toml", '[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "v"\n')
    assert "cargo" not in find(tmp_path).bases


def test_maven(tmp_path: Path) -> None:
    put(
        tmp_path / ".m2" / "settings.xml",
        "<settings xmlns='http://maven.apache.org/SETTINGS/1.0.0'><servers>"
        "<server><id>b</id><username>me</username><password>pw</password></server></servers><mirrors>"
        "<mirror><id>a</id><mirrorOf>*,!central</mirrorOf><url>https://a.example</url></mirror>"
        "<mirror><id>b</id><mirrorOf>external:*</mirrorOf><url>https://b.example/m2/</url></mirror></mirrors></settings>",
    )
    found = find(tmp_path)
    assert found.bases["maven"] == "https://b.example/m2"
    assert found.authorization("https://b.example/m2/org/x") == basic("me", "pw")
    assert found.authorization("https://a.example/m2/org/x") == ""


def test_a_password_that_only_maven_can_read_is_not_sent(tmp_path: Path) -> None:
    put(
        tmp_path / ".m2" / "settings.xml",
        "<settings><servers><server><id>b</id><username>me</username><password>{c0ded=}</password></server></servers>"
        "<mirrors><mirror><id>b</id><mirrorOf>*</mirrorOf><url>https://b.example</url></mirror></mirrors></settings>",
    )
    assert find(tmp_path).credentials == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".cargo/config.toml", "[["),
        (".m2/settings.xml", "<settings>"),
        (".m2/settings.xml", "<!DOCTYPE x []><settings/>"),
        (".config/pip/pip.conf", "index-url = x"),
    ],
)
def test_a_broken_configuration_of_a_client_is_left_out_and_said(tmp_path: Path, path: str, text: str) -> None:
    put(tmp_path / path, text)
    found = find(tmp_path)
    assert found.bases == {}
    assert len(found.warnings) == 1
    assert path in found.warnings[0]


def test_netrc_is_for_its_hosts_and_no_other(tmp_path: Path) -> None:
    put(tmp_path / ".netrc", "machine npm.example login me password pw\ndefault login all password everywhere\n")
    (tmp_path / ".netrc").chmod(0o600)
    found = find(tmp_path, "npm=https://npm.example/x", "hex=https://hex.example")
    assert found.authorization("https://npm.example/x/ms") == basic("me", "pw")
    assert found.authorization("https://hex.example/api") == ""
    assert found.authorization("http://npm.example/x/ms") == ""


def test_what_a_project_says_of_registries_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    put(project / ".npmrc", "registry=https://evil.example/\n")
    put(project / "pip.conf", "[global]\nindex-url=https://evil.example/simple\n")
    monkeypatch.chdir(project)
    assert find(tmp_path).bases == {}


def test_without_a_home_there_is_nothing_to_read(tmp_path: Path) -> None:
    environment: Mapping[str, str] = {"GOROOT": str(tmp_path), "npm_config_globalconfig": str(tmp_path / "x")}
    assert find_addresses((), environment, None, tmp_path).bases == {}
