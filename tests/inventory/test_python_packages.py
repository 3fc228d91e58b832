"""Names, pins, markers and addresses of Python packages."""

from __future__ import annotations

import pytest

from custody.errors import InputError
from custody.inventory.python_packages import (
    NO_ARTIFACT,
    Artifact,
    environments,
    extras_named,
    may_hold,
    meant_artifact,
    pinned,
    pypi,
    read_hash,
    read_name,
    read_requirement,
    wheel_at,
)


@pytest.mark.parametrize(
    ("written", "name"), [("Jinja2", "jinja2"), ("zope.event", "zope-event"), ("A__b-._c", "a-b-c")]
)
def test_a_name_is_normalised(written: str, name: str) -> None:
    assert read_name(written, "x") == name
    assert str(pypi(written, "1")) == f"pkg:pypi/{name}@1"


@pytest.mark.parametrize("written", ["", "a b", "-a", "a-", "../a", "a\n", "é"])
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(InputError, match=r"^here: expected a package's name"):
        read_name(written, "here")


@pytest.mark.parametrize(
    ("specifier", "version"),
    [("==1.0", "1.0"), ("===1.0-x", "1.0-x"), ("==1.*", ""), (">=1", ""), ("", ""), ("==1,==2", ""), ("==1,>=0", "1")],
)
def test_only_an_exact_version_is_a_pin(specifier: str, version: str) -> None:
    assert pinned(read_requirement(f"a{specifier}", "x")) == version


def test_an_unknown_python_leaves_every_version_open() -> None:
    old = read_requirement("a; python_version < '3.8'", "x").marker
    new = read_requirement("a; python_version >= '3.13'", "x").marker
    two = read_requirement("a; python_version < '3'", "x").marker
    assert [may_hold(marker, environments("")) for marker in (old, new, two)] == [True, True, False]
    assert [may_hold(marker, environments("3.12")) for marker in (old, new, two)] == [False, False, False]


def test_markers_do_not_depend_on_the_machine_that_scans() -> None:
    names = (
        "implementation_name",
        "os_name",
        "platform_machine",
        "platform_python_implementation",
        "platform_system",
        "sys_platform",
    )
    for environment in environments("3.11"):
        assert set(names) < set(environment)
        assert environment["python_version"] == "3.11"
        assert environment["sys_platform"] == "linux"


def test_the_extras_of_a_marker() -> None:
    marker = read_requirement("a; extra == 'Fast_One' or (extra == \"b\" and os_name == 'nt')", "x").marker
    assert extras_named(marker) == ("b", "fast-one")
    assert extras_named(None) == ()


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://x.example/a_b-1.0-py3-none-any.whl", ("a-b", "1.0")),
        ("https://x.example/a_b-1.0-py3-none-any.whl#sha256=0", ("a-b", "1.0")),
        ("wheels/a-1-1build-py3-none-any.whl?x=1", ("a", "1")),
        ("https://x.example/a-1.0.tar.gz", None),
        ("https://x.example/a.whl", None),
        ("https://x.example/a-one-py3-none-any.whl", None),
    ],
)
def test_the_file_name_of_a_wheel_states_name_and_version(address: str, found: tuple[str, str] | None) -> None:
    assert wheel_at(address) == found


def test_hashes_in_both_spellings() -> None:
    digits = "ab" * 32
    assert read_hash(f"sha256:{digits}") == read_hash(f"sha256={digits.upper()}")
    assert read_hash("sha256:beef") is None
    assert read_hash("egg=name") is None


def test_one_file_is_meant_or_none() -> None:
    wheel, other = Artifact(address="w"), Artifact(address="o")
    source = Artifact(address="s", is_source=True)
    assert meant_artifact([wheel]) is wheel
    assert meant_artifact([wheel, source, other]) is source
    assert meant_artifact([wheel, other]) is NO_ARTIFACT
    assert meant_artifact([wheel, Artifact(is_source=True)]) is NO_ARTIFACT  # nobody says where the source is
    assert meant_artifact([]) is NO_ARTIFACT
