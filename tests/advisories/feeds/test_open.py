"""Telling by content what a place holds."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.advisories import import_osv, open_database
from custody.advisories.feeds.open import kind_of, open_feed
from custody.errors import InputError, UnavailableError
from tests.advisories.samples import NOW, dump, record
from tests.advisories.test_updating import serving

try:
    from compression import zstd  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    from backports import zstd  # type: ignore[no-redef, unused-ignore]

OSV = json.dumps(record("A-1")).encode()
KEV = json.dumps(
    {
        "title": "t",
        "catalogVersion": "1",
        "count": 1,
        "vulnerabilities": [{"cveID": "CVE-2026-0001", "dateAdded": "2026-01-01", "dueDate": "2026-02-01"}],
    }
).encode()
KEV_CSV = b"cveID,vendorProject,dateAdded,dueDate,requiredAction\nCVE-2026-0001,x,2026-01-01,2026-02-01,Do\n"
EPSS = b"#model_version:v1,score_date:2026-01-01T00:00:00Z\ncve,epss,percentile\nCVE-2026-0001,0.5,0.9\n"
CVE = json.dumps(
    {
        "dataType": "CVE_RECORD",
        "dataVersion": "5.1",
        "cveMetadata": {"cveId": "CVE-2026-0001", "state": "PUBLISHED", "dateUpdated": "2026-01-01T00:00:00Z"},
        "containers": {
            "cna": {
                "providerMetadata": {"orgId": "00000000-0000-4000-8000-000000000000"},
                "descriptions": [{"lang": "en", "value": "made up"}],
                "affected": [{"vendor": "v", "product": "p", "versions": [{"version": "1", "status": "affected"}]}],
                "references": [{"url": "https://x.example"}],
            }
        },
    }
).encode()
CSAF = json.dumps(
    {
        "document": {
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "publisher": {"category": "vendor", "name": "V", "namespace": "https://www.vendor.example"},
            "title": "t",
            "tracking": {
                "current_release_date": "2026-01-01T00:00:00Z",
                "id": "V-1",
                "initial_release_date": "2026-01-01T00:00:00Z",
                "status": "final",
                "version": "1",
            },
        },
        "vulnerabilities": [{"cve": "CVE-2026-0001"}],
    }
).encode()


def packed_zip(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"deep/{name}", data)
    return out.getvalue()


def packed_tar(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        member = tarfile.TarInfo(f"deep/{name}")
        member.size = len(data)
        file.addfile(member, io.BytesIO(data))
    return out.getvalue()


FORMS: dict[str, Callable[[str, bytes], bytes]] = {
    "": lambda _, data: data,
    ".gz": lambda _, data: gzip.compress(data),
    ".zst": lambda _, data: zstd.compress(data),
    ".zip": packed_zip,
    ".tar": packed_tar,
    ".tar.gz": lambda name, data: gzip.compress(packed_tar(name, data)),
    ".tar.zst": lambda name, data: zstd.compress(packed_tar(name, data)),
}
CONTENTS = [
    ("osv", "a.json", OSV),
    ("kev", "a.json", KEV),
    ("kev", "a.csv", KEV_CSV),
    ("epss", "a.csv", EPSS),
    ("cve", "a.json", CVE),
    ("csaf:vendor", "a.json", CSAF),
]
ARCHIVED = (".zip", ".tar", ".tar.gz", ".tar.zst")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kind", "name", "data"), CONTENTS)
def test_a_file_is_known_by_its_content_however_it_is_packed(
    tmp_path: Path, form: str, kind: str, name: str, data: bytes
) -> None:
    if form in ARCHIVED and kind in ("kev", "epss"):
        pytest.skip("these are single files")
    path = tmp_path / (name.partition(".")[0] + form if form in ARCHIVED else name + form)
    path.write_bytes(FORMS[form](name, data))
    assert kind_of(path, "x") == kind
    for place in (str(path), path.as_uri(), str(tmp_path)):
        with open_feed(place) as feeds:
            (feed,) = feeds
            records = list(feed.dump.records())
        assert (feed.kind, len(records), feed.dump.skipped) == (kind, 1, [])


def test_a_folder_of_everything_is_sorted_by_what_it_holds(tmp_path: Path) -> None:
    for number, (_, name, data) in enumerate(CONTENTS):
        (tmp_path / "in" / str(number)).mkdir(parents=True)
        (tmp_path / "in" / str(number) / name).write_bytes(data)
    dump(tmp_path / "in", "npm", [record("B-1", "npm/x")])
    (tmp_path / "in" / "bad.json").write_bytes(b"{")
    (tmp_path / "in" / "notes.txt").write_bytes(b"x")
    report = import_osv([tmp_path / "in"], database=tmp_path / "x.db", now=NOW)
    assert report.whole == ("npm",)
    assert [Path(s.where.partition(":")[0]).name for s in report.skipped] == ["bad.json"]
    with open_database(tmp_path / "x.db") as db:
        kinds = {source.kind: source.records for source in db.sources()}
        assert kinds == {"csaf:vendor": 1, "cve": 1, "epss": 1, "kev": 1, "osv": 1, "osv:npm": 1}
        assert db.exploited(["CVE-2026-0001"]) is not None
    (tmp_path / "in" / "bad.tar.gz").write_bytes(gzip.compress(packed_tar("a.json", OSV))[:60])
    with pytest.raises(
        InputError, match=r"bad\.tar\.gz: not a readable tar"
    ):  # an archive that is broken holds too much
        import_osv([tmp_path / "in"], database=tmp_path / "x.db", now=NOW)


def test_an_address_of_a_file_is_fetched_and_known_by_its_content(tmp_path: Path) -> None:
    with serving(tmp_path / "m") as bucket:
        (bucket.folder / "latest.gz").write_bytes(gzip.compress(EPSS))
        with open_feed(f"{bucket.base}/latest.gz") as feeds:
            (feed,) = feeds
            assert (feed.kind, feed.place, len(list(feed.dump.records()))) == ("epss", f"{bucket.base}/latest.gz", 1)
            assert feed.etag
        with pytest.raises(UnavailableError, match="404"), open_feed(f"{bucket.base}/none.gz"):
            pass


@pytest.mark.parametrize("form", FORMS)
def test_what_is_cut_short_is_told_and_never_a_crash(tmp_path: Path, form: str) -> None:
    for kind, name, data in CONTENTS:
        whole = FORMS[form](name, data)
        path = tmp_path / ("a" + form if form in ARCHIVED else name + form)
        for length in range(0, len(whole), max(1, len(whole) // 9)):
            path.write_bytes(whole[:length])
            try:
                with open_feed(str(path)) as feeds:
                    for feed in feeds:
                        assert len(list(feed.dump.records())) + len(feed.dump.skipped) <= 3, kind
            except InputError as error:
                assert "\n" not in str(error)
        path.unlink()
