from __future__ import annotations

import pytest

from custody.advisories.fix import Step, changed_requirements


def step(package: str, version: str, to: str, **more: object) -> Step:
    values: dict[str, object] = {
        "ecosystem": "PyPI",
        "package": package,
        "package_id": f"pkg:pypi/{package}@{version}",
        "version": version,
        "to": to,
        "direct": True,
        "through": (),
        "solves": (),
        "leaves": (),
        "brings": (),
        "major": False,
        "risk": 1.0,
        "locations": ("requirements.txt",),
    }
    return Step(**{**values, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("jinja2==2.10\n", "jinja2==2.10.1\n"),
        ("Jinja2 == 2.10  # templates\n", "Jinja2==2.10.1  # templates\n"),
        ("jinja2[i18n]===2.10 ; python_version > '3'\n", "jinja2[i18n]===2.10.1 ; python_version > '3'\n"),
        ("jinja2<2.10.1,>=2\r\nflask\r\n", "jinja2>=2.10.1\r\nflask\r\n"),
        ("  jinja2~=2.9.0", "  jinja2>=2.10.1"),
        ("flask==1\n-r other.txt\n# jinja2==2.10\n", "flask==1\n-r other.txt\n# jinja2==2.10\n"),
        ("jinja2-time==2.10\n", "jinja2-time==2.10\n"),
    ],
)
def test_a_line_that_does_not_fit_is_changed_and_nothing_else_is(before: str, after: str) -> None:
    assert changed_requirements(before, [step("jinja2", "2.10", "2.10.1")], pins=True) == (after, [])


def test_a_line_that_allows_the_new_version_stays_and_a_person_is_told() -> None:
    text = "jinja2>=2.9\n"
    after, notes = changed_requirements(text, [step("jinja2", "2.10", "2.10.1")], pins=True)
    assert after == text
    assert notes == ["jinja2: the line allows 2.10.1 already; install or lock it anew"]


def test_hashes_of_the_old_version_are_left_out() -> None:
    text = "jinja2==2.10 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nflask==1 --hash=sha256:cc\n"
    after, notes = changed_requirements(text, [step("jinja2", "2.10", "2.10.1")], pins=True)
    assert after == "jinja2==2.10.1\nflask==1 --hash=sha256:cc\n"
    assert notes == ["jinja2: its hashes are left out; make them anew for 2.10.1"]


def test_hashes_on_the_line_itself_are_left_out() -> None:
    after, notes = changed_requirements(
        "jinja2==2.10 --hash=sha256:cc\n", [step("jinja2", "2.10", "2.10.1")], pins=True
    )
    assert after == "jinja2==2.10.1\n"
    assert notes == ["jinja2: its hashes are left out; make them anew for 2.10.1"]


def test_what_only_comes_with_others_becomes_a_lower_bound_unless_the_file_lists_everything() -> None:
    steps = [
        step("markupsafe", "1.0", "1.1", direct=False),
        step("left-pad", "1", "2", package_id="pkg:npm/left-pad@1"),
    ]
    after, notes = changed_requirements("flask", steps, pins=False)
    assert after.startswith("flask\n#")
    assert after.endswith("\nmarkupsafe>=1.1\n")
    assert not notes
    assert changed_requirements("flask", steps, pins=True) == ("flask", [])


def test_names_are_compared_as_pep_503_does() -> None:
    after, _ = changed_requirements("Zope.Interface==1\n", [step("zope-interface", "1", "2")], pins=True)
    assert after == "Zope.Interface==2\n"
