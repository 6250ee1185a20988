from __future__ import annotations

from ipaddress import ip_network

import pytest

from cases.errors import InvalidInputError
from cases.webhooks import checked_url, key_of, new_secret

HERE = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("https://hooks.example.org/in?team=7", ()),
        ("  https://hooks.example.org:8443  ", ()),
        ("http://127.0.0.1:9/hook", HERE),
        ("http://localhost/hook", HERE),
        ("http://[::1]/hook", HERE),
    ],
)
def test_a_url_that_may_be_posted_to_is_answered_without_blanks_around_it(url: str, networks: tuple[object, ...]):
    assert checked_url(url, networks, field="url") == url.strip()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "http://127.0.0.1/hook",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@hooks.example.org/",
        "https://user:password@hooks.example.org/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org:99999/",
        "https://[half/",
        "https://hooks.example.org/a b",
        "https://hööks.example.org/",
        "https://hooks.example.org/\n",
        "https://hooks.example.org/" + "a" * 2_000,
        "",
    ],
)
def test_another_url_is_refused_and_not_repeated(url: str):
    if url.endswith("\n"):
        url = url[:-1] + "\x00"
    with pytest.raises(InvalidInputError, match="'url' must be an https URL") as refused:
        checked_url(url, (), field="url")
    assert url == "" or url not in str(refused.value)


def test_http_is_for_this_machine_alone_even_where_other_networks_are_allowed():
    with pytest.raises(InvalidInputError):
        checked_url("http://10.0.0.5/hook", (ip_network("10.0.0.0/8"), *HERE), field="url")


def test_a_new_secret_is_random_and_written_as_standard_webhooks_has_it():
    one, two = new_secret(), new_secret()
    assert one != two
    assert one.startswith("whsec_")
    assert len(key_of(one, field="secret")) == 32


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!!!", "whsec_" + "QUJD" * 22],
)
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str):
    with pytest.raises(InvalidInputError, match="'secret' must be") as refused:
        key_of(secret, field="secret")
    assert len(secret) < 7 or secret not in str(refused.value)
