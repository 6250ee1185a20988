from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cases.store import CaseStore
from cases.telling import Told
from cases.webhooks import DeliveryState, WebhookId, key_of
from tests.cases.store.builders import decide, file_one
from tests.cli.conftest import Run

URL = "https://hooks.example.org/in"


def test_a_receiver_is_added_with_its_secret_alone_on_stdout(run: Run, store: CaseStore):
    done = run("webhook", "add", URL, "--event", "case.decided", "--event", "case.overturned")
    assert done.code == 0
    assert len(key_of(done.out.strip(), field="secret")) == 32
    [webhook] = store.webhooks()
    assert webhook.id in done.err
    assert webhook.events == (Told.DECIDED, Told.OVERTURNED)
    [claimed] = claimed_of(store, webhook.id)
    assert claimed == (done.out.strip(),)


def claimed_of(store: CaseStore, webhook_id: WebhookId) -> list[tuple[str, ...]]:
    """What a message to the receiver is signed with."""
    decide(store, file_one(store, 1).id)
    while store.derive_deliveries():
        pass
    return [each.secrets for each in store.claim_deliveries(webhook_id, 10, timedelta(seconds=60))]


def test_receivers_are_listed_and_no_secret_among_them(run: Run, store: CaseStore):
    assert "nobody is told yet" in run("webhook", "list").out
    added = json.loads(run("webhook", "add", URL, "--json").out)
    listed = run("webhook", "list", "--json")
    [webhook] = json.loads(listed.out)["webhooks"]
    assert (webhook["webhook_id"], webhook["url"]) == (added["webhook_id"], URL)
    assert webhook["events"] == list(Told)
    shown = run("webhook", "list").out
    assert [each.id for each in store.webhooks()] == [added["webhook_id"]]
    assert "active" in shown
    assert added["secret"] not in listed.out + shown


def test_a_receiver_is_paused_resumed_rotated_and_removed(run: Run, store: CaseStore):
    added = json.loads(run("webhook", "add", URL, "--json").out)
    name = added["webhook_id"]
    assert run("webhook", "pause", name).code == 0
    assert "(operator)" in run("webhook", "list").out
    assert run("webhook", "resume", name).code == 0
    rotated = run("webhook", "rotate", name, "--overlap", "2h")
    assert rotated.code == 0
    assert claimed_of(store, WebhookId(name)) == [(rotated.out.strip(), added["secret"])]
    assert run("webhook", "remove", name).code == 0
    assert "removed" in run("webhook", "list").out
    gone = run("webhook", "pause", name)
    assert (gone.code, "'webhook_id' must name a receiver" in gone.err) == (1, True)


def dead_letters(store: CaseStore) -> tuple[str, int]:
    webhook, _ = store.add_webhook(URL, [Told.DECIDED])
    decide(store, file_one(store, 1).id)
    while store.derive_deliveries():
        pass
    [claimed] = store.claim_deliveries(webhook.id, 10, timedelta(seconds=60))
    store.not_delivered(claimed.delivery, "410", None)
    return webhook.id, claimed.delivery.id


def test_dead_letters_are_listed_and_replayed_one_or_all_or_since_a_time(run: Run, store: CaseStore):
    assert "nothing was given up" in run("webhook", "dead").out
    webhook, number = dead_letters(store)
    [dead] = json.loads(run("webhook", "dead", webhook, "--json").out)["deliveries"]
    assert (dead["delivery_id"], dead["webhook_id"], dead["last_status"]) == (number, webhook, "410")
    assert str(number) in run("webhook", "dead").out

    def again(*arguments: str) -> str:
        done = run("webhook", "replay", *arguments)
        assert done.code == 0, done.err
        return done.out.strip().rpartition(" ")[2]

    assert again("--delivery", str(number)) == "1"
    assert again(webhook) == "0"
    [pending] = store.deliveries(10, state=DeliveryState.PENDING)
    store.delivered(pending, "204")
    assert again(webhook) == "0"
    assert again(webhook, "--since", "1h") == "1"
    store.delivered(pending, "204")
    assert again(webhook, "--since", "2100-01-01T00:00:00Z") == "0"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("add", "http://hooks.example.org/"), "'URL' must be an https URL"),
        (("add", URL, "--event", "case.mariposa"), "'--event' must be one of"),
        (("rotate", "x", "--overlap", "soon"), "'--overlap' must be a duration"),
        (("replay",), "'ID' must be given"),
        (("replay", "x", "--delivery", "1"), "'ID' must be given"),
        (("replay", "--delivery", "1", "--since", "1h"), "'ID' must be given"),
        (("replay", "x", "--since", "2026-01-01T00:00:00"), "'--since' must carry a time zone"),
        (("replay", "x", "--since", "mariposa"), "'--since' must be a duration"),
    ],
)
def test_what_is_not_as_it_must_be_is_refused_by_name_and_not_repeated(
    run: Run, store: CaseStore, arguments: tuple[str, ...], named: str
):
    done = run("webhook", *arguments)
    assert done.code == 2
    assert named in done.err
    assert "mariposa" not in done.err
    assert store.webhooks() == ()
