"""Programs of every format give what was written into them, and hostile ones give an InputError or nothing."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory.elf import HEAD, MAX_LIBRARY
from custody.inventory.interface import File
from custody.inventory.program import MAX_AUDITABLE, PROGRAM, Program, read_program
from custody.model import HeldContent

CASES = Path(__file__).resolve().parent.parent / "cases" / "inventory"
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
MODULES = "path\tcorp.example/app\nmod\tcorp.example/app\tv1.0.0\t\n"
FRAMED = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6" + MODULES.encode() + b"\xf9" * 16
"""What the linker writes: the text between two marks of sixteen bytes."""


def take(data: bytes, path: str = "usr/bin/app") -> Program | None:
    taken = PROGRAM.extract(path, HeldContent(data))
    return read_program(File(path=path, data=taken)) if taken else None


def elf(
    sections: dict[str, tuple[bytes, int]],
    *,
    big: bool = False,
    wide: bool = True,
    with_table: bool = True,
    kind: int = 2,
    pad: int = 0,
    writable: bool = True,
) -> bytes:
    """Make an ELF program. sections: name → (content, address); each is a segment of its own."""
    order = ">" if big else "<"
    head_size, row, entry = (64, 64, 56) if wide else (52, 40, 32)
    body, places = b"", {}
    start = head_size + entry * len(sections)
    for name, (data, _) in sections.items():
        body += bytes(-(start + len(body)) % 16)
        places[name] = start + len(body)
        body += data
    body += bytes(pad)
    segments = b""
    for name, (data, address) in sections.items():
        size, flags = len(data), 6 if writable else 4
        at = places[name]
        if wide:
            segments += struct.pack(order + "IIQQQQQQ", 1, flags, at, address, address, size, size, 16)
        else:
            segments += struct.pack(order + "IIIIIIII", 1, at, address, address, size, size, flags, 16)
    names = b"\0" + b"".join(name.encode() + b"\0" for name in sections) + b".shstrtab\0"
    table_at = start + len(body) + len(names)
    table = bytes(row)
    form = order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII")
    for name, (data, address) in sections.items():
        table += struct.pack(form, names.index(name.encode()), 1, 3, address, places[name], len(data), 0, 0, 16, 0)
    table += struct.pack(form, names.index(b".shstrtab"), 3, 0, 0, start + len(body), len(names), 0, 0, 1, 0)
    count = len(sections) + 2
    header = b"\x7fELF" + bytes([2 if wide else 1, 2 if big else 1, 1]) + bytes(9)
    header += struct.pack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), kind, 62, 1, 0, head_size,
        table_at if with_table else 0, 0, head_size, entry, len(sections), row if with_table else 0,
        count if with_table else 0, count - 1 if with_table else 0,
    )  # fmt: skip
    return header + segments + body + names + (table if with_table else b"")


def inline(version: bytes = b"go1.22.1", modules: bytes = FRAMED) -> bytes:
    """Write build information as Go 1.18 and later do: two texts behind their lengths."""

    def text(data: bytes) -> bytes:
        length, head = len(data), b""
        while length >= 0x80:
            head += bytes([length & 0x7F | 0x80])
            length >>= 7
        return head + bytes([length]) + data

    return b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + text(version) + text(modules)


def pointed(*, big: bool, word: int) -> dict[str, tuple[bytes, int]]:
    """Write build information as before Go 1.18: pointers to strings, which are pointers to text and lengths."""
    order, form = ">" if big else "<", "Q" if word == 8 else "I"
    head = b"\xff Go buildinf:" + bytes([word, int(big)])
    head += struct.pack(order + form * 2, 0x6000, 0x6000 + 2 * word)
    strings = struct.pack(order + form * 4, 0x7000, 8, 0x7100, len(FRAMED))
    texts = b"go1.17.5".ljust(0x100, b"\0") + FRAMED
    return {".go.buildinfo": (head.ljust(64, b"\0"), 0x5000), ".data": (strings, 0x6000), ".rodata": (texts, 0x7000)}


@pytest.mark.parametrize("with_table", [True, False])
@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("big", [True, False])
def test_go_programs_of_every_word_and_order(big: bool, wide: bool, with_table: bool) -> None:
    new = take(elf({".go.buildinfo": (inline(), 0x5000)}, big=big, wide=wide, with_table=with_table))
    old = take(elf(pointed(big=big, word=8 if wide else 4), big=big, wide=wide, with_table=with_table))
    assert new is not None
    assert new.go is not None
    assert (new.go.version, new.go.modules) == ("go1.22.1", MODULES)
    assert old is not None
    assert old.go is not None
    assert (old.go.version, old.go.modules) == ("go1.17.5", MODULES)


def test_the_mark_counts_only_where_its_address_is_aligned() -> None:
    shifted = bytes(7) + inline()
    assert take(elf({".data": (shifted, 0x5000)}, with_table=False)) is None
    assert take(elf({".data": (shifted, 0x5009)}, with_table=False)) is not None


def test_a_section_table_that_names_no_build_information_says_there_is_none() -> None:
    assert take(elf({".data": (inline(), 0x5000)})) is None


def test_data_that_nobody_can_write_is_not_searched() -> None:
    assert take(elf({".data": (inline(), 0x5000)}, with_table=False, writable=False)) is None


def test_module_information_without_its_marks_is_none() -> None:
    found = take(elf({".go.buildinfo": (inline(modules=MODULES.encode()), 0x5000)}))
    assert found is not None
    assert found.go is not None
    assert found.go.modules == ""


def test_build_information_that_announces_more_than_is_there_is_noted() -> None:
    data = inline()[:32] + b"\xff\xff\xff\xff\xff\xff\xff\x7f" + b"go1.22"
    found = take(elf({".go.buildinfo": (data, 0x5000)}))
    assert found is not None
    assert found.go is None
    assert "cut short" in found.fault("go")


class Counting(HeldContent):
    """A content that knows how far it was read."""

    far = 0

    def read(self, offset: int, length: int, /) -> bytes:
        self.far = max(self.far, offset + length)
        return super().read(offset, length)


def test_of_a_large_library_only_the_head_is_read() -> None:
    data = elf({".text": (b"\x90" * 64, 0x5000)}, kind=3, pad=MAX_LIBRARY)
    library = Counting(data)
    assert PROGRAM.extract("usr/lib/libtorch.so", library) == b""
    assert library.far <= HEAD
    program = Counting(data)
    assert PROGRAM.extract("usr/bin/torch", program) == b""
    assert program.far > MAX_LIBRARY


def test_a_large_library_that_go_linked_is_read_on() -> None:
    note = struct.pack("<III", 4, 4, 4) + b"Go\0\0id__"
    data = bytearray(elf({"note": (note, 0x4000), ".go.buildinfo": (inline(), 0x5000)}, kind=3, pad=MAX_LIBRARY))
    struct.pack_into("<I", data, 64, 4)  # the first segment is a note
    found = take(bytes(data), "usr/lib/libgo.so")
    assert found is not None
    assert found.go is not None


def test_object_files_and_core_dumps_are_nothing() -> None:
    for kind in (1, 4):
        assert take(elf({".go.buildinfo": (inline(), 0x5000)}, kind=kind)) is None


def test_a_crate_list_that_inflates_without_end_is_noted() -> None:
    bomb = zlib.compress(bytes(MAX_AUDITABLE + 1))
    found = take(elf({".dep-v0": (bomb, 0x5000)}))
    assert found is not None
    assert not found.crates
    assert "more than" in found.fault("crates")


def macho(data: bytes, *, big: bool = False, wide: bool = True, name: bytes = b"__go_buildinfo") -> bytes:
    """Make a Mach-O program of one segment with one section."""
    order = ">" if big else "<"
    word, head_size, segment_size, section_size = ("Q", 32, 72, 80) if wide else ("I", 28, 56, 68)
    at = head_size + segment_size + section_size
    at += -at % 16
    section = name.ljust(16, b"\0") + b"__DATA".ljust(16, b"\0")
    section += struct.pack(order + word * 2 + "I", 0x5000, len(data), at)
    section = section.ljust(section_size, b"\0")
    segment = struct.pack(order + "II", 0x19 if wide else 1, segment_size + section_size) + b"__DATA".ljust(16, b"\0")
    segment += struct.pack(order + word * 4 + "IIII", 0x5000, len(data), at, len(data), 3, 3, 1, 0)
    header = struct.pack(order + "IIIIIII", 0xFEEDFACF if wide else 0xFEEDFACE, 0, 0, 2, 1, len(segment + section), 0)
    return (header.ljust(head_size, b"\0") + segment + section).ljust(at, b"\0") + data


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("big", [True, False])
def test_go_programs_of_darwin_alone_and_in_a_fat_file(big: bool, wide: bool) -> None:
    alone = macho(inline(), big=big, wide=wide)
    other = macho(b"nothing", name=b"__other")
    fat = struct.pack(">II", 0xCAFEBABE, 2)
    fat += struct.pack(">IIIII", 7, 3, 4096, len(other), 12) + struct.pack(">IIIII", 7, 3, 8192, len(alone), 12)
    fat = fat.ljust(4096, b"\0") + other
    fat = fat.ljust(8192, b"\0") + alone
    for data in (alone, fat):
        found = take(data)
        assert found is not None
        assert found.go is not None
        assert found.go.modules == MODULES


def test_a_java_class_is_no_fat_file() -> None:
    assert take(bytes.fromhex("cafebabe00000034") + bytes(200), "app/Main.class") is None


def test_crates_of_a_program_of_darwin() -> None:
    found = take(macho(zlib.compress(b'{"packages": []}'), name=b".dep-v0"))
    assert found is not None
    assert found.crates == '{"packages": []}'


@pytest.mark.parametrize("data", [b"MZ", b"MZ" + bytes(62), b"MZ" + bytes(58) + b"\xff\xff\xff\xff", b"MZ is a text"])
def test_what_only_begins_like_a_program_of_windows_is_nothing(data: bytes) -> None:
    assert take(data) is None


GOOD = {
    "elf": elf({".go.buildinfo": (inline(), 0x5000), ".dep-v0": (zlib.compress(b"{}"), 0x8000)}),
    "pointed": elf(pointed(big=True, word=4), big=True, wide=False),
    "macho": macho(inline()),
    **{
        path.name: path.read_bytes()
        for path in sorted(CASES.glob("*/*_ok/tree/**/*"))
        if path.is_file() and path.parts[len(CASES.parts)] in ("elf-package-notes", "pe-version", "binary-classifier")
    },
}


@pytest.mark.parametrize("name", sorted(GOOD))
@FUZZ
@given(data=st.data())
def test_a_damaged_program_gives_something_or_an_input_error(name: str, data: st.DataObject) -> None:
    content = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, min(len(content), 400) - 1) | st.integers(0, len(content) - 1))
        new = data.draw(
            st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 8, b"\0" * 8, b"\x7f" + b"\xff" * 7])
        )
        content[at : at + len(new)] = new
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    try:
        take(bytes(content[:cut]), data.draw(st.sampled_from(["usr/bin/app", "usr/bin/busybox", "lib/libcrypto.so.3"])))
    except InputError as error:
        assert error.where.startswith(("usr/bin", "lib/"))


@FUZZ
@given(st.sampled_from(PROGRAM.magics), st.binary(max_size=600))
def test_any_bytes_behind_a_magic(magic: bytes, rest: bytes) -> None:
    try:
        take(magic + rest)
    except InputError:
        return


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"format": 1}', b"[" * 100_000])
def test_what_no_extractor_gave_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError):
        read_program(File(path="usr/bin/app", data=data))


GO = shutil.which("go")


@pytest.fixture(scope="module")
def go_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a small program without dependencies."""
    if GO is None:
        pytest.skip("no `go` on the PATH to build programs with")
    folder = tmp_path_factory.mktemp("go")
    (folder / "go.mod").write_text("module corp.example/Tiny/v2\n\ngo 1.18\n")
    (folder / "main.go").write_text('package main\n\nfunc main() { println("x") }\n')
    return folder


@pytest.mark.interop
@pytest.mark.parametrize(
    "target", ["linux/amd64", "linux/386", "linux/s390x", "linux/mips", "windows/amd64", "darwin/arm64"]
)
def test_what_go_builds_says_the_same_as_go_version(go_source: Path, target: str) -> None:
    system, _, machine = target.partition("/")
    program = go_source / f"{system}-{machine}"
    environment = {"GOOS": system, "GOARCH": machine, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    command = ["env", *(f"{key}={value}" for key, value in environment.items())]
    command += ["go", "build", "-ldflags=-s -w", "-o", str(program), "."]
    subprocess.run(command, cwd=go_source, check=True, timeout=300)
    told = subprocess.run(["go", "version", "-m", str(program)], capture_output=True, check=True, text=True).stdout
    head, _, rest = told.partition("\n")
    found = take(program.read_bytes())
    assert found is not None
    assert found.go is not None
    assert found.go.version == head.rpartition(": ")[2]
    assert found.go.modules.splitlines() == [line.removeprefix("\t") for line in rest.splitlines()]
    assert "mod\tcorp.example/Tiny/v2\t(devel)" in found.go.modules
