"""How a step is taken with the tool that owns the file in which the package is pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custody.advisories.fix.plan import Step

__all__ = ["command_for"]

_BY_FILE = {
    "package-lock.json": "npm install {package}@{to}",
    "npm-shrinkwrap.json": "npm install {package}@{to}",
    "yarn.lock": "yarn up {package}@{to}",
    "pnpm-lock.yaml": "pnpm update {package}@{to}",
    "bun.lock": "bun add {package}@{to}",
    "poetry.lock": "poetry add {package}@{to}",
    "uv.lock": "uv lock --upgrade-package {package}=={to}",
    "pdm.lock": "pdm update --update-reuse {package}=={to}",
    "Pipfile.lock": "pipenv upgrade {package}=={to}",
    "Cargo.lock": "cargo update -p {package}@{version} --precise {to}",
    "go.mod": "go get {package}@v{plain}",
    "go.sum": "go get {package}@v{plain}",
    "Gemfile.lock": "bundle update {package} --conservative",
    "composer.lock": "composer update {package} --with {package}:{to}",
    "mix.lock": "mix deps.update {package}",
    "pubspec.lock": "dart pub upgrade {package}",
    "packages.lock.json": "dotnet add package {package} --version {to}",
    "conan.lock": "conan lock add --requires={package}/{to}",
}
"""Name of the file → command; {plain}: the version without its `v`."""
_BY_TYPE = {
    "deb": "apt-get install --only-upgrade {name}={to}",
    "apk": "apk add --upgrade {name}={to}",
    "rpm": "dnf upgrade {name}-{to}",
    "pypi": "pip install {package}=={to}",
    "gem": "gem install {package} -v {to}",
}


def command_for(step: Step) -> str:
    """Give the command, "" where none is known to do it."""
    kind = step.package_id.removeprefix("pkg:").partition("/")[0]
    files = [place.rpartition("/")[2] for place in step.locations]
    form = next((_BY_FILE[name] for name in files if name in _BY_FILE), _BY_TYPE.get(kind, ""))
    name = step.package.rpartition("/")[2]
    return form.format(package=step.package, name=name, version=step.version, to=step.to, plain=step.to.lstrip("v"))
