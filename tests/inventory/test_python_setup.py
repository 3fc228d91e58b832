"""Setup files as text: what stands there is known, what a program works out is said to be open."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.inventory import tree_of
from custody.inventory.python_setup import MAX_BYTES, Setup, read_setup


def setup(**files: str) -> Setup:
    found = read_setup("app", tree_of({f"app/setup.{kind}": text.encode() for kind, text in files.items()}))
    assert found is not None
    return found


def asked(program: str) -> tuple[list[str], bool]:
    """Give the requirements, and whether something was noted."""
    found = setup(py=program)
    return [ask.text for ask in found.asked], bool(found.skipped)


@pytest.mark.parametrize(
    ("program", "rows", "noted"),
    [
        ("setup(install_requires=['a', 'b>=1'])", ["a", "b>=1"], False),
        ("setup(install_requires='a\\nb')", ["a", "b"], False),
        ("import setuptools as s\nsetuptools.setup(install_requires=('a',))", ["a"], False),
        ("R = ['a'] + ['b']\nsetup(install_requires=R)", ["a", "b"], False),
        ("R = ['a']\nsetup(install_requires=[*R, 'b'])", ["a", "b"], False),
        ("R = ['a']\nR += ['b']\nsetup(install_requires=R)", ["a"], True),
        ("R = ['a']\nif x:\n    R = ['b']\nsetup(install_requires=R)", [], True),
        ("def f(R):\n    R = 1\nR = ['a']\nsetup(install_requires=R)", [], True),
        ("setup(install_requires='a' + '>=1')", ["a>=1"], False),
        ("setup(install_requires=open('r').read().split())", [], True),
        ("setup(install_requires=['a', read('x')])", ["a"], True),
        ("D = {'install_requires': ['a'], 'name': 'n'}\nsetup(**D)", ["a"], False),
        ("setup(**load())", [], True),
        ("R = R2\nR2 = R\nsetup(install_requires=R)", [], True),
        ("R = [*R]\nsetup(install_requires=R)", [], True),
        ("A = 'a' + A\nsetup(install_requires=A)", [], True),
        ("other.thing.setup(install_requires=['a'])\nsetup()", [], False),
    ],
)
def test_only_constants_are_known(program: str, rows: list[str], noted: bool) -> None:
    assert asked(program) == (rows, noted)


def test_names_that_double_each_other_come_to_an_end() -> None:
    lines = ["A0 = 'x' * 1\nB0 = ['x']"] + [
        f"A{n} = A{n - 1} + A{n - 1}\nB{n} = B{n - 1} + B{n - 1}" for n in range(1, 60)
    ]
    found = setup(py="\n".join(["A0 = 'x'", *lines[1:], "B0 = ['x']", "setup(name=A45, install_requires=B45)"]))
    assert found.name == ""
    assert found.skipped


@pytest.mark.parametrize(
    "program",
    [
        "-" * 100_000 + "1",
        "(" * 300 + ")" * 300,
        "a" + ".b" * 50_000 + "()",
        "\0",
        "x = '\\d'",
        "setup(" * 90 + ")" * 90,
    ],
)
def test_a_program_that_strains_the_parser_is_refused_or_read(program: str) -> None:
    tree = tree_of({"setup.py": program.encode()})
    assert isinstance(read_setup("", tree), Setup | None)


def test_a_text_put_together_beyond_all_measure_is_not_known() -> None:
    assert setup(py=f"A = {'x' * 9000!r}\nsetup(name=A + 'y')").name == "x" * 9000 + "y"
    assert setup(py=f"A = {'x' * 9000!r}\nsetup(name=A + A)").name == ""


def test_a_file_that_is_far_too_long_is_noted() -> None:
    assert "longer than" in setup(py="#" * (MAX_BYTES + 1)).skipped[0].reason


def test_what_setup_py_computes_is_not_taken_from_setup_cfg() -> None:
    """setuptools takes setup.py's value, whatever it will be."""
    cfg = "[metadata]\nname = cfg\nversion = 1\n[options]\ninstall_requires = x\n[options.extras_require]\ne = y\n"
    found = setup(py="setup(version=find(), install_requires=find())", cfg=cfg)
    assert (found.name, found.version) == ("cfg", "")
    assert [(ask.text, ask.relation) for ask in found.asked] == [("y", "optional")]


@settings(max_examples=150, deadline=None, database=None)
@given(st.text(alphabet="[]=:;#ab \n\t%$", max_size=60), st.text(alphabet="setup(=['a'],)*\n+.", max_size=40))
def test_any_text_is_read(cfg: str, program: str) -> None:
    head = "[metadata]\nname = a\n[options]\ninstall_requires =\n"
    files = {"setup.cfg": (head + cfg).encode(), "setup.py": f"setup({program})".encode()}
    assert read_setup("", tree_of(files)) is not None
