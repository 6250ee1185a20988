from __future__ import annotations

from cases.store import CaseStore
from tests.cases.store.builders import VERDICT, decide, file_one

TEXTS = {
    "nul\0 in it": "nul in it",
    "half \ud83d of a pair, and \udc00 the other": "half  of a pair, and  the other",
    "four bytes 😀 👩‍👩‍👧 𠀀": "four bytes 😀 👩‍👩‍👧 𠀀",
    "  spaces stay \r\n and so do lines ": "  spaces stay \r\n and so do lines ",
    "'; DROP TABLE cases; -- %s :name {0} \\": "'; DROP TABLE cases; -- %s :name {0} \\",
    "\x01\x7f\u200b\u202e\ufeff": "\x01\x7f\u200b\u202e\ufeff",
}


def test_text_comes_back_as_sent_but_for_what_no_database_takes(store: CaseStore) -> None:
    for number, (sent, stored) in enumerate(TEXTS.items()):
        case = file_one(store, number, title=sent, description=sent, attributes={"note": sent}, reporter=sent)
        assert (case.content.title, case.content.description) == (stored, stored)
        assert case.content.attributes == {"note": stored}
        decision = decide(store, case.id, VERDICT, note=sent)
        assert store.note(decision.id) == stored
    assert [learnt.description for learnt in store.decided_cases()] == list(TEXTS.values())


def test_unstorable_characters_in_ids_do_not_hide_a_known_report(store: CaseStore) -> None:
    case = file_one(store, external_id="ticket\0-9 ", subject_kind="us\ud83der", subject_ref="u\0")
    assert file_one(store, external_id="ticket-9").id == case.id
    assert case.subject is not None
    assert (case.subject.kind, case.subject.external_id) == ("user", "u")


def test_a_megabyte_of_text_is_stored_whole(store: CaseStore) -> None:
    long = "ä😀 words " * 100_000
    case = file_one(store, description=long)
    assert case.content.description == long
