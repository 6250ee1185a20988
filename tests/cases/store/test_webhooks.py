"""Receivers of events: secrets, pauses, removal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.errors import ConflictError, InvalidInputError, NotFoundError
from cases.store import CaseStore
from cases.telling import ALARMS, Told
from cases.webhooks import ENVIRONMENT, PauseReason, Webhook, WebhookId, key_of
from tests.cases.store.builders import decide, file_one, score
from tests.cases.store.conftest import NOON, SetClock

URL = "https://hooks.example.org/in"
MINUTE = timedelta(minutes=1)


def pending(store: CaseStore, webhook_id: WebhookId) -> int:
    while store.derive_deliveries():
        pass
    return len(store.deliveries(100, webhook_id=webhook_id))


def test_a_receiver_is_listed_with_what_it_is_told_of_and_its_secret_is_shown_once(store: CaseStore) -> None:
    webhook, secret = store.add_webhook(URL, [Told.OVERTURNED, Told.DECIDED])
    assert len(key_of(secret, field="secret")) == 32
    assert store.webhooks() == (Webhook(webhook.id, URL, (Told.DECIDED, Told.OVERTURNED), NOON),)
    assert secret not in repr(store.webhooks())
    assert store.add_webhook(URL)[0].events == tuple(Told)


def test_nothing_to_be_told_of_is_refused(store: CaseStore) -> None:
    with pytest.raises(InvalidInputError, match="'events' must be at least one"):
        store.add_webhook(URL, [])


def test_while_a_secret_is_changed_both_sign_and_then_the_new_one_alone(store: CaseStore, clock: SetClock) -> None:
    webhook, first = store.add_webhook(URL)
    decide(store, file_one(store, 1).id)
    pending(store, webhook.id)

    def signing() -> tuple[str, ...]:
        [claimed] = store.claim_deliveries(webhook.id, 1, MINUTE)
        store.not_delivered(claimed.delivery, "503", timedelta(0))
        assert first not in repr(claimed)
        return claimed.secrets

    assert signing() == (first,)
    second = store.rotate_webhook(webhook.id, timedelta(hours=1))
    assert signing() == (second, first)
    clock.forward(minutes=59)
    assert signing() == (second, first)
    third = store.rotate_webhook(webhook.id, timedelta(hours=1))
    assert signing() == (third, second)
    clock.forward(hours=1)
    assert signing() == (third,)


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_that_cannot_be_is_refused(store: CaseStore, overlap: timedelta) -> None:
    webhook, _ = store.add_webhook(URL)
    with pytest.raises(InvalidInputError, match="'overlap'"):
        store.rotate_webhook(webhook.id, overlap)


def test_a_paused_receiver_is_sent_nothing_and_what_happens_waits_for_it(store: CaseStore) -> None:
    webhook, _ = store.add_webhook(URL, [Told.DECIDED])
    paused = store.pause_webhook(webhook.id, PauseReason.GONE)
    assert (paused.paused_at, paused.paused_because) == (NOON, PauseReason.GONE)
    decide(store, file_one(store, 1).id)
    assert pending(store, webhook.id) == 1
    assert store.due_webhooks() == []
    assert store.claim_deliveries(webhook.id, 10, MINUTE) == []
    assert store.resume_webhook(webhook.id).paused_at is None
    assert store.due_webhooks() == [webhook.id]
    assert len(store.claim_deliveries(webhook.id, 10, MINUTE)) == 1


def test_a_receiver_that_is_removed_is_told_nothing_and_nothing_of_it_can_be_changed(store: CaseStore) -> None:
    webhook, _ = store.add_webhook(URL)
    decide(store, file_one(store, 1).id)
    assert pending(store, webhook.id) == 1
    store.remove_webhook(webhook.id)
    decide(store, file_one(store, 2).id)
    assert pending(store, webhook.id) == 0
    assert store.webhooks()[0].removed_at == NOON
    for change in (
        lambda: store.remove_webhook(webhook.id),
        lambda: store.pause_webhook(webhook.id),
        lambda: store.resume_webhook(webhook.id),
        lambda: store.rotate_webhook(webhook.id, timedelta(0)),
        lambda: store.replay_webhook(webhook.id),
    ):
        with pytest.raises(NotFoundError, match="'webhook_id' must name a receiver"):
            change()


def test_a_receiver_is_told_of_what_happens_after_it_was_added_alone(store: CaseStore) -> None:
    decide(store, file_one(store, 1).id)
    first, _ = store.add_webhook(URL, [Told.DECIDED])
    decide(store, file_one(store, 2).id)
    # Added while events are not read yet that the first is told of.
    second, _ = store.add_webhook(URL, [Told.DECIDED])
    decide(store, file_one(store, 3).id)
    assert (pending(store, first.id), pending(store, second.id)) == (2, 1)
    for webhook in (first, second):
        store.remove_webhook(webhook.id)
    decide(store, file_one(store, 4).id)
    third, _ = store.add_webhook(URL, [Told.DECIDED])
    assert pending(store, third.id) == 0


def test_the_environments_receiver_follows_it_and_is_told_of_alarms_alone(store: CaseStore) -> None:
    store.keep_environment_webhook("")
    assert store.webhooks() == ()
    for url in (URL, URL, "https://other.example.org/"):
        store.keep_environment_webhook(url)
        assert [(w.id, w.url, w.events) for w in store.webhooks()] == [(ENVIRONMENT, url, ALARMS)]
    case = file_one(store, 1)
    store.record_scores([score(case)])
    decide(store, case.id)
    assert pending(store, ENVIRONMENT) == 0
    store.tell_alarms({"queue_old": {"hours": 80.0}})
    [claimed] = store.claim_deliveries(ENVIRONMENT, 10, MINUTE)
    assert claimed.secrets == ()
    store.keep_environment_webhook("")
    assert store.webhooks()[0].removed_at is not None
    assert pending(store, ENVIRONMENT) == 0
    store.keep_environment_webhook(URL)
    assert store.webhooks()[0].removed_at is None


def test_what_the_environment_names_is_changed_there(store: CaseStore) -> None:
    store.keep_environment_webhook(URL)
    with pytest.raises(ConflictError, match="CASELOAD_WEBHOOK_SECRET"):
        store.rotate_webhook(ENVIRONMENT, timedelta(0))
    with pytest.raises(ConflictError, match="CASELOAD_WEBHOOK_URL"):
        store.remove_webhook(ENVIRONMENT)
    store.pause_webhook(ENVIRONMENT)
    store.keep_environment_webhook(URL)
    assert store.webhooks()[0].paused_at is not None
    store.keep_environment_webhook("https://other.example.org/")
    assert store.webhooks()[0].paused_at is None
