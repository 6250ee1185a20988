"""Files that somebody hands in to be imported: as bytes, by how they end; most hold a good row beside what is odd."""

from __future__ import annotations

import io
import zipfile

from tests.hostile.corpus.texts import WORD

HEADER = "external_id,title,description,received_at,channel\n"
GOOD = f"good,A title,I wrote {WORD}.,2026-03-01T09:30:00Z,email\n"
_B = (HEADER + GOOD).encode()


def book(cell: str, *, parts: dict[str, bytes] | None = None, sheet: bytes | None = None) -> bytes:
    """A workbook with one row whose description is this XML of a cell, and further parts as they are."""
    names = [name.strip() for name in HEADER.split(",")]
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in names)
    texts = ["good", "A title", "", "2026-03-01T09:30:00Z", "email"]
    row = "".join(cell if not text else f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    whole = (
        sheet or f"<worksheet {space}><sheetData><row>{head}</row><row>{row}</row></sheetData></worksheet>".encode()
    )
    related = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    files = {
        "[Content_Types].xml": b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{related}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'.encode(),
        "xl/workbook.xml": f'<workbook {space} xmlns:r="{related}"><sheets><sheet name="a" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>".encode(),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" '
        f'Type="{related}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
        "xl/worksheets/sheet1.xml": whole,
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in (files | (parts or {})).items():
            packed.writestr(name, content)
    return written.getvalue()


def _text(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


_ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
_LAUGHS = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (n, b"&%c;" % (n - 1) * 20) for n in range(ord("b"), ord("k"))
) + b"]>"  # fmt: skip

_SHEET = b"<worksheet><sheetData><row><c><v>&%s;</v></c></row></sheetData></worksheet>"
_AT = b'"received_at":"2026-03-01T09:30:00Z"'
_LINK = {
    "xl/externalLinks/externalLink1.xml": b'<externalLink xmlns:r="x"><externalBook r:id="rId1"/></externalLink>'
}
_MACRO = {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"\x00" * 500}
_DEEP = b"[" * 900 + b"]" * 900
_SURROGATE = b'{"external_id":"a","description":"\\ud800' + WORD.encode() + b'",' + _AT + b"}\n"

# By name: the ending, and what is in it. Read in part, or refused as a whole with exit code 2; never a traceback.
FILES: dict[str, tuple[str, bytes]] = {
    "CSV with NUL": (".csv", _B + b"b,\x00,a\x00b,2026-03-01T09:30:00Z,\x00\n"),
    "CSV with mixed line ends": (".csv", _B + b"b,x,y,2026-03-01T09:30:00Z,e\r\nc,x,y,z,e\rd,x\r\n"),
    "CSV that is not UTF-8": (".csv", _B + b"b,\xff\xfe,\xc0\xaf,2026-03-01T09:30:00Z,e\n"),
    "CSV with a quote left open": (".csv", _B + b'b,"' + WORD.encode() + b",x\n"),
    "CSV with more cells": (".csv", _B + b"b," + b"x," * 10_000 + b"\n"),
    "CSV with a cell too long": (".csv", _B + b"b,x," + b"y" * 1_000_001 + b",2026-03-01T09:30:00Z,e\n"),
    "CSV with a name of the header that runs": (".csv", _B.replace(b"\n", b",=1+1 " + WORD.encode() + b"\n", 1)),
    "CSV with a header that acts": (".csv", _B.replace(b"\n", b",\x1b[2J\x1b]0;x\x07\n", 1)),
    "CSV with a header said twice": (".csv", _B.replace(b"channel", b"title")),
    "CSV with a time that is a text": (".csv", _B + f"b,x,y,\x1b[31m{WORD},e\n".encode()),
    "UTF-16 with a mark": (".csv", (HEADER + GOOD).encode("utf-16")),
    "UTF-16 without one": (".csv", (HEADER + GOOD).encode("utf-16-le")),
    "UTF-32 cut short": (".csv", (HEADER + GOOD).encode("utf-32")[:-3]),
    "nothing": (".csv", b""),
    "a workbook named CSV": (".csv", book(_text(WORD))),
    "CSV named a workbook": (".xlsx", _B),
    "a workbook of today named one of old": (".xls", book(_text(WORD))),
    "a page named a workbook": (".xls", f"<html><table><tr><td>{WORD}</td></tr></table></html>".encode()),
    "half a workbook": (".xlsx", book(_text(WORD))[:-200]),
    "a workbook with a formula": (".xlsx", book(f'<c t="str"><f>cmd|\'/C calc\'!A0</f><v>{WORD}</v></c>')),
    "a workbook with a text that runs": (".xlsx", book(_text(f"=1+1 {WORD}"))),
    "a workbook with an error": (".xlsx", book('<c t="e"><v>#REF!</v></c>')),
    "a workbook with a shared text that is none": (".xlsx", book('<c t="s"><v>99999999</v></c>')),
    "a workbook with an outer entity": (".xlsx", book("", sheet=_ENTITY + _SHEET % b"e")),
    "a workbook of a billion laughs": (".xlsx", book("", sheet=_LAUGHS + _SHEET % b"j")),
    "a workbook with outer links": (".xlsx", book(_text(WORD), parts=_LINK)),
    "a workbook with macros": (".xlsm", book(_text(WORD), parts=_MACRO)),
    "a workbook with a part outside": (".xlsx", book(_text(WORD), parts={f"../../{WORD}": b"x", "/etc/x": b"x"})),
    "JSON Lines with NaN": (".jsonl", b'{"external_id": "a", "received_at": NaN}\n'),
    "JSON Lines nested": (".jsonl", b'{"a":' * 100_000 + b"\n" + _DEEP + b"\n"),
    "JSON Lines with deep attributes": (
        ".jsonl", b'{"external_id":"a","description":"x",' + _AT + b',"attributes":{"a":' + _DEEP + b"}}\n",
    ),
    "JSON Lines with a number of 5,000 digits": (".jsonl", b'{"external_id": ' + b"9" * 5_000 + b"}\n"),
    "JSON Lines with surrogates": (".jsonl", _SURROGATE),
    "JSON Lines of other things": (".jsonl", f'null\n7\n"{WORD}"\n[]\n{{}}\n'.encode()),
    "Parquet that is none": (".parquet", b"PAR1" + WORD.encode() + b"\xff\xff\xff\x7fPAR1"),
    "no ending of ours": (f".{WORD[:5]}", b"x"),
}  # fmt: skip
