"""What no client library sends, byte by byte to a real server."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore
from tests.databases import fresh_database
from tests.hostile.checking import line_faults
from tests.hostile.corpus.bodies import GOOD
from tests.hostile.corpus.texts import TEXTS, WORD
from tests.hostile.corpus.wire import BROKEN_OFF, REFUSED, SMUGGLED
from tests.serving.service_process import ServiceProcess, service_process

pytestmark = pytest.mark.slow

REPORT = json.dumps(GOOD).encode()


@dataclass(frozen=True)
class Wire:
    service: ServiceProcess
    store: CaseStore
    key: str

    def send(self, raw: bytes, *, leave: bool = False) -> bytes:
        """All that comes back until the connection closes; `leave`: close our half of it first."""
        chunk = b"%x\r\n%s\r\n" % (len(REPORT), REPORT)
        sent = raw.replace(b"{key}", self.key.encode()).replace(b"{report}", REPORT).replace(b"{chunk}", chunk)
        url = urlsplit(self.service.url)
        received = b""
        with socket.create_connection((url.hostname, url.port), timeout=5) as connection:
            try:
                connection.sendall(sent)
                if leave:
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65_536):
                    received += piece
            except ConnectionError:
                pass  # it hung up on what it need not read
        return received


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    folder = tmp_path_factory.mktemp("wire")
    with fresh_database("sqlite", folder) as url, CaseStore.open(url) as store:
        settings = load_settings(home=folder / "home", database_url=url)
        key = store.add_caller("all", Role)
        beside = {"CASELOAD_LOG_FORMAT": "json"}
        with service_process(settings, folder, ready=False, beside=beside) as service:
            yield Wire(service, store, key)


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_what_is_no_request_is_refused_and_not_repeated(wire: Wire, raw: bytes) -> None:
    answer = wire.send(raw)
    status = answer.split(b" ", 2)[1][:3] if answer.startswith(b"HTTP/1.1 ") else b""
    assert status[:1] in (b"4", b""), answer
    assert WORD.encode() not in answer.lower()
    assert wire.store.queue_length() == 0


@pytest.mark.parametrize("raw", BROKEN_OFF.values(), ids=BROKEN_OFF)
def test_what_breaks_off_is_not_taken_for_whole(wire: Wire, raw: bytes) -> None:
    answer = wire.send(raw, leave=True)
    assert not answer.startswith(b"HTTP/1.1 2"), answer
    assert wire.store.queue_length() == 0


def test_a_request_behind_another_has_no_key_of_the_first(wire: Wire) -> None:
    answers = wire.send(SMUGGLED).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"422", b"401"]


def test_the_native_route_neither_breaks_nor_runs_nor_repeats_anything(wire: Wire) -> None:
    bad = [b"{", b"\xff", b"[" * 100_000, b'{"cases": "%s"}' % WORD.encode(), b'{"cases": ["%s"]}' % WORD.encode()]
    touched = os.path.join(wire.service.output.parent, "owned")  # noqa: PTH118 - in a pickle's own words
    pickled = f"cposix\nsystem\n(S'touch {touched}'\ntR.".encode()
    kinds = [
        "application/vnd.bentoml+pickle", "application/vnd.bentoml+pickle; a=b", "Application/Vnd.BentoML+Pickle",
        "application/vnd.bentoml+parquet", "multipart/form-data; boundary=a", "application/x-www-form-urlencoded",
    ]  # fmt: skip
    with wire.service.client(wire.key) as client:
        sent = [client.post("/score", content=body, headers={"Content-Type": "application/json"}) for body in bad]
        sent += [client.post("/score", content=pickled, headers={"Content-Type": kind}) for kind in kinds]
    told = zip([*bad, *kinds], sent, strict=True)
    assert [(body, answer.text) for body, answer in told if not 400 <= answer.status_code < 500] == []
    assert [answer for answer in sent if WORD in answer.text] == []
    assert not os.path.exists(touched)  # noqa: PTH110


def test_no_line_of_the_log_repeats_or_is_made_by_what_was_sent(wire: Wire) -> None:
    """The last one: it reads what all before it left, and files each text once more."""
    with wire.service.client(wire.key) as client:
        for number, text in enumerate(TEXTS.values()):
            report = GOOD | {"external_id": f"{number}", "description": text, "title": text, "source": text[:50]}
            raw = json.dumps(report).encode()
            assert (
                client.post("/v1/cases", content=raw, headers={"Content-Type": "application/json"}).status_code == 201
            )
            client.post("/v1/cases", content=raw[:-1], headers={"Content-Type": "application/json"})
            client.get("/v1/cases", params={"source": text.encode("utf-8", "replace").decode()})
    lines = [line for line in wire.service.printed().splitlines() if line and not line.startswith("listening at")]
    assert len(lines) > 3 * len(TEXTS)
    assert [fault for line in lines for fault in line_faults(line)] == []
    # BentoML's own route logs what it refuses; of ours nothing broke.
    ours = [told for told in map(json.loads, lines) if told["logger"].startswith("caseload")]
    assert [told for told in ours if told["level"] == "error"] == []
