from __future__ import annotations

import json

import pytest

from custody.advisories.fix import Step, changed_package_json
from custody.errors import InputError


def step(package: str, version: str, to: str) -> Step:
    return Step(
        ecosystem="npm",
        package=package,
        package_id=f"pkg:npm/{package.replace('@', '%40')}@{version}",
        version=version,
        to=to,
        direct=None,
        through=(),
        solves=(),
        leaves=(),
        brings=(),
        major=False,
        risk=1.0,
        locations=("package-lock.json",),
    )


@pytest.mark.parametrize(
    ("stated", "then"),
    [
        ("^4.17.15", "^4.17.21"),
        ("~4.17.15", "~4.17.21"),
        ("4.17.15", "4.17.21"),
        (">=4", ">=4.17.21"),
        ("v4.0.0", "4.17.21"),
    ],
)
def test_the_sign_before_a_version_stays(stated: str, then: str) -> None:
    text = json.dumps({"name": "x", "devDependencies": {"lodash": stated}}, indent=4) + "\n"
    after, notes = changed_package_json(text, [step("lodash", "4.17.15", "4.17.21")], "npm")
    assert after == text.replace(f'"{stated}"', f'"{then}"')
    assert notes == []


@pytest.mark.parametrize(
    "stated", ["4.x || 5", "*", "git+https://git.example/lodash", "workspace:^", ">=1 <2", "latest"]
)
def test_a_range_that_cannot_be_raised_stays_and_a_person_is_told(stated: str) -> None:
    text = json.dumps({"dependencies": {"lodash": stated}}, indent=2) + "\n"
    after, notes = changed_package_json(text, [step("lodash", "4.17.15", "4.17.21")], "npm")
    assert after == text
    assert notes == [f"lodash: dependencies says {stated!r}, which is left as it is; 4.17.21 is needed"]


@pytest.mark.parametrize(
    ("manager", "then"),
    [
        ("npm", {"overrides": {"minimist@1.2.0": "1.2.6"}}),
        ("yarn", {"resolutions": {"minimist": "1.2.6"}}),
        ("pnpm", {"pnpm": {"overrides": {"minimist@1.2.0": "1.2.6"}}}),
    ],
)
def test_what_only_comes_with_others_is_overridden_as_the_manager_does(manager: str, then: dict[str, object]) -> None:
    after, notes = changed_package_json('{\n\t"name": "x"\n}', [step("minimist", "1.2.0", "1.2.6")], manager)
    assert json.loads(after) == {"name": "x", **then}
    assert after.startswith('{\n\t"name"')
    assert not after.endswith("\n")
    assert notes == []


def test_overrides_that_are_there_stay() -> None:
    text = '{"overrides": {"a": "1"}}\n'
    after, _ = changed_package_json(text, [step("@b/c", "1.0.0", "1.0.1")], "npm")
    assert json.loads(after) == {"overrides": {"a": "1", "@b/c@1.0.0": "1.0.1"}}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"overrides": 1}'])
def test_what_is_no_package_json_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        changed_package_json(text, [step("a", "1.0.0", "1.0.1")], "npm")
