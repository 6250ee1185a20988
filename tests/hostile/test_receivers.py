"""Addresses of receivers: refused when they are named and not repeated, or never connected to."""

from __future__ import annotations

import asyncio

import pytest

from cases.errors import InvalidInputError
from cases.webhooks import checked_url
from serving.hooks.posting import FORBIDDEN, Poster
from tests.cli.conftest import Run, home, run, store
from tests.hostile.corpus.addresses import NO_ADDRESS, NOT_PUBLIC
from tests.hostile.corpus.texts import WORD

__all__ = ["home", "run", "store"]


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_url(url, (), field="url")
    assert WORD not in str(refused.value)
    assert refused.value.field == "url"


@pytest.mark.usefixtures("store")
def test_the_command_refuses_them_too(run: Run) -> None:
    for url in (each for each in NO_ADDRESS if each and "\x00" not in each):
        outcome = run("webhook", "add", url)
        assert (outcome.code, outcome.out) == (2, ""), url
        assert WORD not in outcome.err


def test_what_is_of_this_machine_or_network_is_not_connected_to_however_it_is_written() -> None:
    async def posted() -> dict[str, str]:
        async with Poster() as poster:
            return {url: (await poster.post(url, b"{}", {})).why for url in NOT_PUBLIC}

    # A name that nobody has leads nowhere; a writing that the system's own look-up does not take is such a name.
    assert {url: why for url, why in asyncio.run(posted()).items() if why not in (FORBIDDEN, "unknown_name")} == {}
