"""The table of classifiers: every row is bounded and names something, and the right file name chooses it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]

import pytest

from custody.inventory.catalogers.binary_classifier import parse
from custody.inventory.classifiers import CLASSIFIERS, MAX_MATCH, classifiers_for, text_globs
from custody.inventory.interface import File
from custody.inventory.program import PROGRAM, Match, Program, read_program
from custody.inventory.squash import tree_of
from custody.model import HeldContent, Package

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00\x01" + bytes(43)
"""The header of a program without segments and sections."""


def matches(path: str, body: bytes) -> list[tuple[str, str]]:
    taken = PROGRAM.extract(path, HeldContent(ELF + body))
    return [(m.name, m.version + m.update) for m in read_program(File(path=path, data=taken)).matches] if taken else []


@pytest.mark.parametrize("row", CLASSIFIERS, ids=lambda row: f"{row.name}-{row.files[0]}")
def test_every_pattern_is_bounded_and_every_row_names_a_product(row: object) -> None:
    from custody.inventory.classifiers import Classifier

    assert isinstance(row, Classifier)
    for pattern in row.patterns:
        assert _parser.parse(pattern.pattern, pattern.flags).getwidth()[1] < MAX_MATCH
        assert "version" in pattern.groupindex
    assert row.cpes
    assert all(re.fullmatch(r"[a-z0-9._\\/-]+:[a-z0-9._\\/-]+", cpe) for cpe in row.cpes)
    assert row.files


def test_rows_of_one_name_are_one_product() -> None:
    by_name: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for row in CLASSIFIERS:
        by_name.setdefault(row.name, set()).add((row.purl, row.cpes))
    assert {name: len(products) for name, products in by_name.items() if len(products) > 1} == {}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("bin/busybox", ["busybox"]),
        ("bin/[", ["busybox"]),
        ("usr/lib/libpython3.11.so.1.0", ["python"]),
        ("opt/x.libs/libcrypto-0a1b2c3d.so.1.1", ["openssl", "libressl", "aws-lc"]),
        ("usr/lib/erlang/releases/25/OTP_VERSION", ["erlang"]),
        ("OTP_VERSION", []),
        ("usr/bin/php8.2", ["php"]),
        ("usr/bin/phpize", []),
        ("usr/bin/ls", []),
        ("lib/libc.so.6.txt", []),
    ],
)
def test_the_name_of_a_file_chooses_the_rows(path: str, names: list[str]) -> None:
    assert [row.name for row in classifiers_for(path)] == names


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("usr/bin/redis-server", b"\x007.0.14buildkitsandbox-1702957741000000000\x00", [("redis", "7.0.14")]),
        ("usr/bin/redis-server", b"\x004.0.11841ce7054bd9-1542359302000000000\x00", [("redis", "4.0.11")]),
        ("usr/bin/redis-server", b"\x007.2.4\x00\x00valkey_version\x00\x008.0.1\x00", []),
        ("usr/bin/valkey-server", b"\x007.2.4\x00\x008.0.1\x00", [("valkey", "8.0.1")]),
        ("usr/bin/valkey-server", b"\x00valkey9.0.0buildkitsandbox-1764887574000000000\x00", [("valkey", "9.0.0")]),
        ("usr/sbin/mysqld", b"\x008.0.37\x00\x00\x00mysql_real_escape\x00", [("mysql", "8.0.37")]),
        ("usr/sbin/mysqld", b"/percona-server-8.0.35-27/x\x00/mysql-8.0.35/\x00", [("percona-server", "8.0.35-27")]),
        ("usr/sbin/mysqld", b"\x0010.6.15-MariaDB\x00\x0010.6.15\x00mysql\x00", [("mariadb", "10.6.15")]),
        ("usr/bin/openssl", b"\x00LibreSSL 3.8.2\x00OpenSSL 2.0.0 1 Jan 2020\x00", [("libressl", "3.8.2")]),
        ("usr/bin/openssl", b"OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)\x00", [("aws-lc", "1.69.0")]),
        ("usr/lib/libssl.so.1.1", b"\x00OpenSSL 1.1.1w  11 Sep 2023\x00", [("openssl", "1.1.1w")]),
        ("usr/local/bin/helm", b"\x00v3.12.0\x00", [("helm", "3.12.0")]),
        ("usr/local/bin/helm", b"a string v3.12.0 of a module", []),
        ("usr/bin/kubectl", b"\x00v1.27.3\x00", [("kubernetes", "1.27.3")]),
        ("usr/bin/mongod", b"x7.0.28\x00\x00heap_size\x00", [("mongodb", "7.0.28")]),
        ("opt/bin/fluent-bit", b"\x002.2.3\x00Fluent Bit\x00", [("fluent-bit", "2.2.3")]),
        ("usr/bin/python3", b"\x003.40.1\x00\x003.9.2\x00", [("python", "3.9.2")]),
        ("usr/bin/python3.9", b"\x003.10.1\x003.9.2\x00", [("python", "3.9.2")]),
        ("usr/lib/libz.so.1.3", b" deflate 1.3 Copyright 1995-2023\x00", [("zlib", "1.3")]),
        ("usr/bin/nginx", b"\x00nginx version: openresty/1.21.4.1\x00", [("openresty", "1.21.4.1")]),
        ("usr/bin/chrome", b"\x00127.0.6533.119\x00Default\x00", [("chrome", "127.0.6533.119")]),
        ("usr/lib/libjvm.so", b"OpenJDK 64-Bit Server VM (25.372-b07) for linux-amd64 JRE (1.8.0_372-b07)",
         [("openjdk", "1.8.0_372")]),
        ("usr/bin/ghc", b"\x00libHSghc-9.0.2-ghc9.0.2.so\x00", [("ghc", "9.0.2")]),
    ],
)  # fmt: skip
def test_texts_as_they_stand_in_programs(path: str, body: bytes, found: list[tuple[str, str]]) -> None:
    assert matches(path, body) == found


@pytest.mark.parametrize("before", [0, (1 << 20) - len(ELF) - 8, (1 << 20) - len(ELF) - 1, 1 << 20])
def test_a_text_that_lies_across_two_windows_is_found_where_it_stands(before: int) -> None:
    taken = PROGRAM.extract(
        "bin/busybox", HeldContent(ELF + b"." * before + b"BusyBox v1.36.1 (now)" + b"." * 2_000_000)
    )
    (match,) = read_program(File(path="bin/busybox", data=taken)).matches
    assert match == Match(name="busybox", version="1.36.1", offset=len(ELF) + before, text="BusyBox v1.36.1")


def test_a_hard_link_of_another_name_is_not_the_product() -> None:
    taken = PROGRAM.extract("bin/busybox", HeldContent(ELF + b"BusyBox v1.36.1\x00"))
    tree = tree_of({})
    assert [p.id for p in parse(File(path="bin/busybox", data=taken), tree) if isinstance(p, Package)] == [
        "pkg:generic/busybox@1.36.1"
    ]
    assert list(parse(File(path="bin/ls", data=taken), tree)) == []


def test_a_java_that_says_its_release_is_not_told_twice() -> None:
    body = b"OpenJDK 64-Bit Server VM (17.0.15+6) for linux-amd64 JRE (17.0.15+6)"
    path = "opt/java/lib/server/libjvm.so"
    file = File(path=path, data=PROGRAM.extract(path, HeldContent(ELF + body)))
    assert len(list(parse(file, tree_of({})))) == 1
    assert list(parse(file, tree_of({"opt/java/release": b"JAVA_VERSION=17"}))) == []


def test_text_files_are_told_by_name_alone() -> None:
    assert "**/VERSION" in text_globs()
    found = PROGRAM.extract("usr/local/go/VERSION", HeldContent(b"go1.22.1\ntime 2024\n"))
    assert read_program(File(path="x", data=found)) == Program(
        format="text", matches=(Match(name="go", version="1.22.1", offset=0, text="go1.22.1"),)
    )
    assert PROGRAM.extract("app/VERSION", HeldContent(b"the go1.22.1\n")) == b""
    assert PROGRAM.extract("bin/busybox", HeldContent(b"BusyBox v1.36.1")) == b""


@pytest.mark.interop
@pytest.mark.parametrize(
    ("program", "name", "option", "pattern"),
    [
        ("bash", "bash", "--version", r"version (\d+\.\d+\.\d+)"),
        ("node", "node", "--version", r"v(\d+\.\d+\.\d+)"),
        ("git", "git", "--version", r"(\d+\.\d+\.\d+)"),
        ("curl", "curl", "--version", r"curl (\d+\.\d+\.\d+)"),
        ("openssl", "openssl", "version", r"OpenSSL (\S+)"),
        ("perl", "perl", "-e print $^V", r"v(\d+\.\d+\.\d+)"),
        ("xz", "xz", "--version", r"(\d+\.\d+\.\d+)"),
        ("gzip", "gzip", "--version", r"gzip (\S+)"),
    ],
)
def test_what_a_program_of_this_machine_says_of_itself(program: str, name: str, option: str, pattern: str) -> None:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"no {program} on the PATH")
    real = Path(path).resolve()
    taken = PROGRAM.extract(str(real), HeldContent(real.read_bytes()))
    if not taken:
        pytest.skip(f"{real} is a script, or its version stands in a library")
    arguments = [option] if not option.startswith("-e") else ["-e", option[3:]]
    told = subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout
    said = re.search(pattern, told)
    assert said is not None
    versions = {match.name: match.version for match in read_program(File(path="x", data=taken)).matches}
    assert versions[name] == said[1]
