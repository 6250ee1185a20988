"""Posting to real receivers: which addresses are posted to, how long it may take, and how little is read."""

from __future__ import annotations

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path

import pytest

from serving.hooks.posting import FORBIDDEN, Posted, Poster, is_allowed, retry_after
from tests.serving.receiver import a_receiver, answering

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def posted(poster: Poster, *urls: str) -> list[Posted]:
    async def post() -> list[Posted]:
        async with poster:
            return [await poster.post(url, b"{}", {"webhook-id": "msg_1"}) for url in urls]

    return asyncio.run(post())


def test_a_receiver_on_this_machine_gets_it_where_that_is_allowed() -> None:
    with a_receiver(200) as receiver:
        [answer] = posted(Poster(HERE), receiver.url)
    assert (answer.taken, answer.why) == (True, "200")
    [got] = receiver.got
    assert (got.path, got.body, got.headers["webhook-id"]) == ("/hook", b"{}", "msg_1")
    assert got.headers["user-agent"].startswith("Caseload/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0", "2130706433", "127.1", "[::ffff:127.0.0.1]"])
def test_without_leave_nobody_on_this_machine_is_even_connected_to(host: str) -> None:
    with a_receiver() as receiver:
        url = receiver.url.replace("127.0.0.1", host)
        assert posted(Poster(), url) == [Posted(None, FORBIDDEN)]
    assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "2606:2800:220:1:248:1893:25c8:1946",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_public_addresses_may_be_posted_to(address: str) -> None:
    assert is_allowed(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
        "::1", "::", "fe80::1", "fe80::1%lo", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "not an address",
    ],
)  # fmt: skip
def test_others_may_not_whatever_they_are_written_as(address: str) -> None:
    assert not is_allowed(address, ())


def test_networks_that_are_named_are_allowed_and_no_others() -> None:
    named = (ip_network("10.20.0.0/16"),)
    assert is_allowed("10.20.3.4", named)
    assert is_allowed("::ffff:10.20.3.4", named)
    assert not is_allowed("10.21.3.4", named)
    assert not is_allowed("127.0.0.1", named)


def test_a_name_that_nobody_has_is_told_by_a_code() -> None:
    assert posted(Poster(HERE), "https://nobody.invalid/") == [Posted(None, "unknown_name")]


def test_nobody_who_listens_is_told_by_a_code() -> None:
    with a_receiver() as receiver:
        url = receiver.url
    [answer] = posted(Poster(HERE), url)
    assert (answer.status, answer.why) == (None, "ConnectError")


def test_a_redirect_is_not_followed() -> None:
    with a_receiver() as elsewhere, a_receiver(answering(302, {"location": elsewhere.url})) as receiver:
        [answer] = posted(Poster(HERE), receiver.url)
    assert (answer.taken, answer.why) == (False, "302")
    assert elsewhere.got == []


def test_an_answer_without_end_is_not_read_to_it() -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("content-length", str(10**12))
        handler.end_headers()
        while True:
            sent += handler.wfile.write(b"x" * 65_536)

    with a_receiver(endless) as receiver:
        begun = time.monotonic()
        [answer] = posted(Poster(HERE), receiver.url)
        assert time.monotonic() - begun < 5
    assert answer.taken
    # What the sockets' buffers hold, and no more.
    assert sent < 64 * 2**20


@pytest.mark.parametrize("drips", [False, True])
def test_a_receiver_that_takes_too_long_is_left(drips: bool) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(100):
            time.sleep(0.05)
            handler.wfile.write(b"x: y\r\n" if drips else b"")

    with a_receiver(slow) as receiver:
        begun = time.monotonic()
        assert posted(Poster(HERE, within=0.5), receiver.url) == [Posted(None, "timeout")]
        assert time.monotonic() - begun < 3


def test_what_is_no_http_is_told_by_its_kind_and_nothing_of_it_is_repeated() -> None:
    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"mariposa mariposa\r\n\r\n")
        handler.close_connection = True

    with a_receiver(nonsense) as receiver:
        [answer] = posted(Poster(HERE), receiver.url)
    assert (answer.status, answer.why) == (None, "RemoteProtocolError")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("99999999999", 86_400.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_retry_after_in_seconds(header: str, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_as_a_date() -> None:
    until = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after(format_datetime(until, usegmt=True)) == pytest.approx(90, abs=2)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


@pytest.mark.parametrize("name", ["localhost", "elsewhere.example.org"])
def test_a_certificate_must_be_of_the_name_that_was_given_though_its_address_is_connected_to(
    tmp_path: Path, name: str
) -> None:
    served, trusted = certificate_for(name, tmp_path)
    with a_receiver(tls=served) as receiver:
        [answer] = posted(Poster(HERE, trusted), receiver.url)
        [untrusted] = posted(Poster(HERE), receiver.url)
    assert answer.taken == (name == "localhost")
    assert (untrusted.taken, untrusted.why) == (False, "ConnectError")
    assert len(receiver.got) == (name == "localhost")


def certificate_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of that name shows, and what trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(file)
    return served, ssl.create_default_context(cafile=str(file))
