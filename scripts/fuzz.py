"""Give broken files to the catalogers and to the readers of binary formats, until something but InputError comes out.

    python scripts/fuzz.py                          # every target, ten seconds each
    python scripts/fuzz.py npm-lock --seconds 120   # one cataloger, over the files of its good cases
    python scripts/fuzz.py elf pe zip               # bare readers
    python scripts/fuzz.py --list

Where atheris is installed it guides the mutations by what code they reach; otherwise they are random, from `--seed`. A
find is written to `--keep`, with the error; it goes into a regression test before it is mended. Runs from a checkout,
for it starts from the cases under tests/.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from custody.errors import InputError  # noqa: E402
from custody.model import HeldContent  # noqa: E402
from tests.inventory.catalogers import hostile  # noqa: E402

CASES = ROOT / "tests" / "cases" / "inventory"
Check = Callable[[bytes], object]

READERS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "apk-file-reader": ("package_archives:extract_pkginfo", "content", ("apk-file/**/*.apk",), ()),
    "deb-file-reader": ("package_archives:extract_deb", "content", ("deb-file/**/*.deb",), ()),
    "rpm-file-reader": ("package_archives:extract_rpm", "content", ("rpm-file/**/*.rpm",), ()),
    "rpm-header": ("rpm_header:read_header", "bytes", (), ()),
    "rpm-databases": ("rpm_database:extract_database", "content", ("rpm/**/Packages*", "rpm/**/rpmdb.sqlite"), ()),
    "elf": ("elf:read_elf", "content", ("**/tree/**/*",), ("\x7fELF",)),
    "pe": ("pe:read_pe", "content", ("**/tree/**/*",), ("MZ",)),
    "macho": ("macho:read_macho", "content", ("**/tree/**/*",), ("\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe")),
    "program": (
        "program:extract",
        "content",
        ("**/tree/**/*",),
        ("\x7fELF", "MZ", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"),
    ),
    "zip": ("java_archive:extract", "content", ("**/tree/**/*.jar", "**/tree/**/*.war"), ()),
    "model": ("model_files:extract", "content", ("machine-learning-models/**/*.*",), ("GGUF", "\x08")),
    "php-literal": ("php_values:read_literal", "bytes", ("php-*/**/*.php",), ()),
    "php-serialized": ("php_values:unserialize", "bytes", ("php-pear/**/*.reg",), ()),
    "erlang": ("erlang_terms:read_erlang", "bytes", ("erlang-rebar/**/rebar.*",), ()),
    "elixir": ("erlang_terms:read_elixir", "bytes", ("elixir-mix/**/mix.lock",), ()),
    "lua": ("lua_values:read_assignments", "bytes", ("lua-rocks/**/*.rockspec",), ()),
    "opam": ("opam_file:read_opam", "bytes", ("ocaml-opam/**/*opam*",), ()),
    "hcl": ("hcl:read_hcl", "bytes", ("terraform-*/**/*.tf", "terraform-*/**/*.hcl"), ()),
    "yaml": ("foreign_yaml:read_yaml", "bytes", ("**/tree/**/*.yaml", "**/tree/**/*.yml"), ()),
    "xml": ("xml_reader:read_xml", "bytes", ("**/tree/**/pom.xml", "**/tree/**/*.csproj"), ()),
    "sqlite": ("sqlite_bytes:read_rows", "rows", ("rpm/**/rpmdb.sqlite",), ()),
}
"""name → (module:function below custody.inventory, how it is called, files to start from, how those begin)."""


def reader(name: str) -> tuple[Check, list[bytes]]:
    """Give how to call a bare reader, and what to start from."""
    target, way, globs, heads = READERS[name]
    module, _, function = target.partition(":")
    read = getattr(importlib.import_module(f"custody.inventory.{module}"), function)
    calls: dict[str, Check] = {
        "content": lambda data: read("app/file", HeldContent(data)),
        "bytes": lambda data: read(data, "file"),
        "rows": lambda data: list(read(data, "file", "Packages", ("hnum", "blob"))),
    }
    begins = tuple(head.encode("latin-1") for head in heads)
    paths = sorted({path for pattern in globs for path in CASES.glob(pattern) if path.is_file()})
    seeds = [data for path in paths if (data := path.read_bytes()) and (not begins or data.startswith(begins))]
    if name == "rpm-header":
        seeds = _headers()
    return calls[way], seeds


def _headers() -> list[bytes]:
    """Give the headers in the cases' rpm databases: what is inside a container is hard to reach from outside."""
    from custody.inventory.rpm_ndb import is_ndb, read_ndb

    found = []
    for path in sorted(CASES.glob("rpm/**/Packages.db")):
        data = path.read_bytes()
        if is_ndb(data[:16]):
            found += [blob for _, blob in read_ndb(data, "ndb") if isinstance(blob, bytes)]
    return found


def checks(name: str) -> Iterator[tuple[str, Check, list[bytes]]]:
    """Give what a name stands for: one check of a bare reader, or one for each file of a cataloger's good cases."""
    if name in READERS:
        check, seeds = reader(name)
        yield name, check, seeds or [b"\0" * 64]
    else:
        for subject in hostile.subjects(name):
            yield subject.name, partial(hostile.run, subject), [subject.data]


def guarded(check: Check, data: bytes) -> str:
    """Give what went wrong, "" where nothing did."""
    try:
        with hostile.cpu_limit(hostile.SECONDS):
            result = check(data)
            if isinstance(result, Iterator):
                list(result)
    except InputError:
        return ""
    except (Exception, hostile.TooSlowError):  # noqa: BLE001 - whatever it is, it is a find
        return traceback.format_exc()
    return ""


def fuzz_randomly(check: Check, seeds: list[bytes], seconds: float, seed: int) -> tuple[int, bytes, str]:
    """Give (inputs tried, the first bad one, what went wrong), until the time is over."""
    draw = random.Random(seed)  # noqa: S311 - repeatable, and nobody's secret
    tried, until = 0, time.monotonic() + seconds
    while tried == 0 or time.monotonic() < until:
        data = draw.choice(seeds)
        for _ in range(draw.randrange(1, 4)):
            data = hostile.rewritten(data, draw) or data if draw.random() < 0.3 else hostile.damaged(data, draw)
        tried += 1
        fault = guarded(check, data)
        if fault:
            return tried, data, fault
    return tried, b"", ""


def fuzz_guided(name: str, seconds: int, keep: Path) -> int:
    """Run atheris on a bare reader in a process of its own, since it never comes back; give its exit status."""
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(reader(name)[1]):
            (Path(folder) / str(number)).write_bytes(data)
        options = [f"-max_total_time={seconds}", "-max_len=65536", "-timeout=10", f"-artifact_prefix={keep}/{name}-"]
        command = [sys.executable, __file__, "--inside-atheris", name, *options, folder]
        return subprocess.run(command, check=False).returncode


def inside_atheris(name: str, options: list[str]) -> None:
    """Hand the process to atheris; what is not an InputError ends it."""
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    for module in [module for module in sys.modules if module.startswith("custody.inventory")]:
        del sys.modules[module]  # they are loaded anew, watched
    with atheris.instrument_imports(include=["custody.inventory"]):
        check, _ = reader(name)

    def one(data: bytes) -> None:
        fault = guarded(check, bytes(data))
        if fault:
            raise RuntimeError(fault)

    atheris.Setup([sys.argv[0], *options], one)
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    """Run; give 1 where something was found."""
    if arguments[:1] == ["--inside-atheris"]:
        inside_atheris(arguments[1], arguments[2:])
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="catalogers or bare readers; all where there is none")
    parser.add_argument("--seconds", type=int, default=10, help="for each name")
    parser.add_argument("--seed", type=int, default=0, help="of the random mutations")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-finds"), help="folder for what breaks something")
    parser.add_argument("--list", action="store_true", help="print the names")
    chosen = parser.parse_args(arguments)
    known = sorted({*READERS, *hostile.CATALOGERS})
    if chosen.list:
        print("\n".join(known))
        return 0
    unknown = [name for name in chosen.names if name not in known]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; --list prints the names")
    guided = importlib.util.find_spec("atheris") is not None
    found = 0
    for name in chosen.names or known:
        if guided and name in READERS:
            chosen.keep.mkdir(parents=True, exist_ok=True)
            found += bool(fuzz_guided(name, chosen.seconds, chosen.keep))
        else:
            found += _randomly(name, chosen.seconds, chosen.seed, chosen.keep)
    return 1 if found else 0


def _randomly(name: str, seconds: int, seed: int, keep: Path) -> int:
    found = total = 0
    parts = list(checks(name))
    for number, (label, check, seeds) in enumerate(parts):
        tried, data, fault = fuzz_randomly(check, seeds, seconds / len(parts), seed + number)
        total += tried
        if fault:
            found += 1
            keep.mkdir(parents=True, exist_ok=True)
            path = keep / f"{name}-{number}"
            path.write_bytes(data)
            print(f"{label}: {path}\n{fault}")
    print(f"{name}: {total} inputs, {found} finds")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
