"""XML without its traps."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.inventory import xml_reader
from custody.inventory.xml_reader import read_xml


def test_names_lose_their_namespace_and_texts_their_white_space() -> None:
    root = read_xml(b'<p xmlns="u" xmlns:b="v">\n <a> x <!-- no --> y </a><b:c b:k="1"/><a>2</a></p>', "p.xml", "p")
    assert root.text_at("a") == "x  y"
    assert [item.text for item in root.all("a")] == ["x  y", "2"]
    assert root.at("c").attributes == {"k": "1"}
    assert root.at("c").line == 2
    assert root.text_at("nothing", "below") == ""


def test_entities_of_html_are_read_without_a_declaration() -> None:
    assert read_xml(b"<p>S&oslash;ren &amp; &unknown;</p>", "p.xml").text == "Søren & &unknown;"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?><p>\u00fc</p>'.encode(encoding)
    assert read_xml(data, "p.xml").text == "\u00fc"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'<!DOCTYPE p [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><p>&b;</p>', "declares entities"),
        (b'<!DOCTYPE p [<!ENTITY % x SYSTEM "file:///etc/passwd">%x;]><p/>', "declares entities"),
        (b"<p>", "no element found"),
        (b"", "no element found"),
        (b"<q/>", "expected <p> at the top, got <q>"),
        (b'<?xml version="1.0" encoding="klingon"?><p/>', "unknown encoding"),
        (b"<p>" + b"<a>" * 300 + b"</a>" * 300 + b"</p>", "inside each other"),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_xml(data, "p.xml", "p")


def test_a_document_type_is_not_fetched() -> None:
    assert read_xml(b'<!DOCTYPE p SYSTEM "http://x.example/p.dtd"><p>1</p>', "p.xml").text == "1"


def test_elements_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_reader, "MAX_ELEMENTS", 5)
    with pytest.raises(InputError, match="more than 5 elements"):
        read_xml(b"<p>" + b"<a/>" * 5 + b"</p>", "p.xml")


@settings(max_examples=60, deadline=None, database=None)
@given(st.data())
def test_any_change_gives_a_tree_or_an_error(data: st.DataObject) -> None:
    good = b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE p [ ]><p a="1"><b>&amp;&#65;<![CDATA[x]]></b></p>'
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + data.draw(st.binary(max_size=3)) + good[at + 1 :]
    with suppress(InputError):
        read_xml(changed, "p.xml")
