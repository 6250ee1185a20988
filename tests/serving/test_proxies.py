"""Headers about a person, sent byte by byte to a real server: what is believed, and what is refused."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from cases.identity import Role
from cases.settings import load_settings
from cases.store import CaseStore
from tests.cases.store.builders import file_one
from tests.databases import fresh_database
from tests.serving.conftest import Place, an_api
from tests.serving.service_process import service_process

SECRET = "0123456789abcdef" * 3
TRUSTED, UNTRUSTED = "127.0.0.1", "127.0.0.2"
PERSON = "X-Caseload-Person: ada"
PROVEN = f"X-Caseload-Proxy-Secret: {SECRET}"


@dataclass(frozen=True)
class Behind:
    """A service that trusts the proxy at TRUSTED alone."""

    url: str
    store: CaseStore
    key: str

    def ask(self, *headers: str, peer: str = TRUSTED, request: str = "GET /v1/queue", body: str = "") -> Any:
        """Status and answer, as the server sends them for these lines."""
        url = urlsplit(self.url)
        head = [f"{request} HTTP/1.1", "Host: service", "Connection: close", f"Content-Length: {len(body)}"]
        sent = "\r\n".join([*head, "Content-Type: application/json", *headers, "", body])
        with socket.create_connection((url.hostname, url.port), timeout=20, source_address=(peer, 0)) as connection:
            connection.sendall(sent.encode("latin-1"))
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        first, _, rest = received.partition(b"\r\n")
        return int(first.split()[1]), rest.partition(b"\r\n\r\n")[2]

    @property
    def bearer(self) -> str:
        return f"Authorization: Bearer {self.key}"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("behind")
    with fresh_database("sqlite", folder) as url, CaseStore.open(url) as store:
        settings = load_settings(
            home=folder / "home", database_url=url, trusted_proxies=f"{TRUSTED}/32", proxy_secret=SECRET
        )
        store.add_person("ada", ["lead"])
        store.add_person("gone", Role)
        store.remove_person("gone")
        key = store.add_caller("all", Role)
        file_one(store, 1)
        with service_process(settings, folder, ready=False) as service:
            yield Behind(service.url, store, key)


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers", [(PERSON, PROVEN), (PROVEN, PERSON), ("x-CASELOAD-person:ada  ", PROVEN.lower())], ids=str
)
def test_a_person_whom_the_trusted_proxy_signed_in_acts_under_their_name(
    behind: Behind, headers: tuple[str, ...]
) -> None:
    status, claimed = behind.ask(*headers, request="POST /v1/queue/claim", body="{}")
    assert status == 200
    lease = json.loads(claimed)["lease"]
    assert lease["holder"] == "ada"
    release = f"POST /v1/cases/{lease['case_id']}/lease/release"
    assert behind.ask(*headers, request=release, body=json.dumps({"token": lease["token"]}))[0] == 204
    # A lead's roles, and no more.
    status, refused = behind.ask(*headers, request="POST /v1/cases", body="{}")
    assert (status, json.loads(refused)["code"]) == (403, "forbidden")


SMUGGLED = {
    "from another network": ([PERSON, PROVEN], UNTRUSTED),
    "from another network, in odd case": (["x-cAsElOaD-pErSoN: ada", PROVEN], UNTRUSTED),
    "forwarded for the proxy": ([PERSON, PROVEN, f"X-Forwarded-For: {TRUSTED}"], UNTRUSTED),
    "forwarded by the proxy's standard": ([PERSON, PROVEN, f"Forwarded: for={TRUSTED}"], UNTRUSTED),
    "from another network without a secret": ([PERSON], UNTRUSTED),
    "no secret": ([PERSON], TRUSTED),
    "an empty secret": ([PERSON, "X-Caseload-Proxy-Secret:"], TRUSTED),
    "another secret": ([PERSON, f"X-Caseload-Proxy-Secret: {SECRET[:-1]}0"], TRUSTED),
    "a part of the secret": ([PERSON, f"X-Caseload-Proxy-Secret: {SECRET[:-1]}"], TRUSTED),
    "more than the secret": ([PERSON, f"X-Caseload-Proxy-Secret: {SECRET}0"], TRUSTED),
    "a secret beyond ASCII": ([PERSON, "X-Caseload-Proxy-Secret: \u00fc"], TRUSTED),
    "a secret alone": ([PROVEN], TRUSTED),
    "the person twice": ([PERSON, PERSON, PROVEN], TRUSTED),
    "two people": ([PERSON, "X-Caseload-Person: gone", PROVEN], TRUSTED),
    "two people, one in odd case": ([PERSON, "X-CASELOAD-PERSON: gone", PROVEN], TRUSTED),
    "the secret twice": ([PERSON, PROVEN, PROVEN], TRUSTED),
    "a wrong secret beside the right one": ([PERSON, "X-Caseload-Proxy-Secret: x", PROVEN], TRUSTED),
    "underscores": (["X_Caseload_Person: ada", PROVEN], TRUSTED),
    "one underscore": (["X-Caseload_Person: ada", PROVEN], TRUSTED),
    "underscores alone": (["X_CASELOAD_PERSON: ada"], TRUSTED),
    "underscores beside dashes": ([PERSON, "X_Caseload_Person: gone", PROVEN], TRUSTED),
    "underscores in the secret": ([PERSON, PROVEN.replace("-", "_")], TRUSTED),
    "underscores in another secret": ([PERSON, PROVEN, "X_Caseload_Proxy_Secret: x"], TRUSTED),
    "nobody": (["X-Caseload-Person:", PROVEN], TRUSTED),
    "blanks": (["X-Caseload-Person:    ", PROVEN], TRUSTED),
    "a tab": (["X-Caseload-Person: ada\tada", PROVEN], TRUSTED),
    "a blank within": (["X-Caseload-Person: ada ada", PROVEN], TRUSTED),
    "a list": (["X-Caseload-Person: ada, gone", PROVEN], TRUSTED),
    "a list of one": (["X-Caseload-Person: ada,", PROVEN], TRUSTED),
    "a list without blanks": (["X-Caseload-Person: ada,ada", PROVEN], TRUSTED),
    "quotes": (['X-Caseload-Person: "ada"', PROVEN], TRUSTED),
    "beyond ASCII": (["X-Caseload-Person: ad\u00e1", PROVEN], TRUSTED),
    "a no-break space": (["X-Caseload-Person: ada\u00a0", PROVEN], TRUSTED),
    "very long": (["X-Caseload-Person: " + "a" * 5_000, PROVEN], TRUSTED),
}


@pytest.mark.slow
@pytest.mark.parametrize(("headers", "peer"), SMUGGLED.values(), ids=SMUGGLED)
@pytest.mark.parametrize("keyed", [False, True], ids=["", "with a key"])
def test_what_no_trusted_proxy_sends_is_refused_and_falls_back_to_nothing(
    behind: Behind, headers: list[str], peer: str, keyed: bool
) -> None:
    key = [behind.bearer] if keyed else []
    for order in ([*headers, *key], [*key, *headers]):
        status, answer = behind.ask(*order, peer=peer)
        assert (status, json.loads(answer)["code"]) == (401, "unauthorized")
        assert SECRET[:-1] not in answer.decode()


@pytest.mark.slow
def test_a_key_beside_a_person_is_refused_and_alone_it_is_let_in(behind: Behind) -> None:
    for other in (behind.bearer, "Authorization: Bearer x", "Authorization:"):
        status, answer = behind.ask(PERSON, PROVEN, other)
        assert (status, json.loads(answer)["code"]) == (401, "unauthorized")
    twice = behind.ask(behind.bearer, behind.bearer)
    assert (twice[0], behind.ask(behind.bearer)[0], behind.ask(behind.bearer, peer=UNTRUSTED)[0]) == (401, 200, 200)


@pytest.mark.slow
@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x0b", "\x1f", "\x7f", "\n", "\r"])
def test_a_control_character_in_a_name_is_refused(behind: Behind, sign: str) -> None:
    for name in (f"ada{sign}", f"{sign}ada", f"a{sign}da"):
        # Most of them the server's own parser refuses, with a line of text.
        assert behind.ask(f"X-Caseload-Person: {name}", PROVEN)[0] in (400, 401)
        assert behind.ask(f"X-Caseload-Person: {name}", PROVEN, behind.bearer)[0] in (400, 401)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bob", "Ada", "ADA", "gone", "ad", "adaa", "all"])
def test_somebody_signed_in_who_is_not_let_in_is_told_so(behind: Behind, name: str) -> None:
    status, answer = behind.ask(f"X-Caseload-Person: {name}", PROVEN)
    assert (status, json.loads(answer)["code"]) == (403, "unknown_person")


@pytest.mark.parametrize("name", ["X-Caseload-Person", "X_Caseload_Person", "x-caseload-proxy-secret"])
def test_without_trusted_proxies_no_person_is_believed_and_no_key_stands_in(place: Place, name: str) -> None:
    place.store.add_person("ada", Role)
    with an_api(place) as api:
        for value in ("ada", ""):
            assert api.client.get("/v1/queue", headers={name: value}).status_code == 401
            assert api.client.get("/v1/queue", headers={name: value, "Authorization": ""}).status_code == 401
        assert api.client.get("/v1/queue").status_code == 200
        assert api.client.get("/health/live", headers={name: "ada"}).status_code == 200
