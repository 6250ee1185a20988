"""Reads the queues of a policy file, and refuses them with the line and the key of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cases.event import AttributeValue
from cases.policy_entry import Entry
from cases.record import MAIN_QUEUE
from cases.routing import Queue

_LANGUAGE = re.compile(r"^[a-z]{2}$")


def read_queues(entry: Entry, categories: set[str], level_count: int, teams: set[str]) -> tuple[Queue, ...]:
    """The queues in their order.

    Args:
        entry: The list.
        categories: The policy's.
        level_count: How many severity levels it has.
        teams: Its teams, each of which has a queue of its own name already.

    Raises:
        TaxonomyError: One is not as it must be.
    """
    seen = {MAIN_QUEUE, *teams}
    queues = []
    for item in entry.items():
        keys = item.mapping(required={"id", "name"}, optional={"when"})
        queue_id, name = keys["id"].identifier(seen), keys["name"].name()
        if "when" not in keys:
            queues.append(Queue(queue_id, name))
            continue
        when = keys["when"].mapping(
            required=set(), optional={"language", "category", "severity_at_most", "attribute"}
        )
        if not when:
            raise keys["when"].fail("at least one condition", "none", "name one, or leave 'when' out")
        queues.append(
            Queue(
                id=queue_id,
                name=name,
                languages=_languages(when),
                categories=_categories(when, categories),
                severity_at_most=when["severity_at_most"].whole(high=level_count)
                if "severity_at_most" in when
                else None,
                attributes=_attributes(when),
            )
        )
    return tuple(queues)


def _languages(when: Mapping[str, Entry]) -> tuple[str, ...]:
    listed = list(when["language"].items()) if "language" in when else []
    for entry in listed:
        if not _LANGUAGE.match(entry.name()):
            raise entry.fail("a code of two letters such as de or es", repr(entry.name()), "correct it")
    return _not_empty(when, "language", tuple(entry.name() for entry in listed))


def _categories(when: Mapping[str, Entry], known: set[str]) -> tuple[str, ...]:
    listed = list(when["category"].items()) if "category" in when else []
    for entry in listed:
        if entry.name() not in known:
            raise entry.fail(f"one of 'categories' ({', '.join(sorted(known))})", repr(entry.name()), "correct it")
    return _not_empty(when, "category", tuple(entry.name() for entry in listed))


def _attributes(when: Mapping[str, Entry]) -> dict[str, AttributeValue]:
    wanted: dict[str, AttributeValue] = {}
    for name, entry in (when["attribute"].free_mapping() if "attribute" in when else {}).items():
        value = entry.value()
        if not isinstance(value, (bool, int, float, str)):
            raise entry.fail("text, a number, true or false", repr(value), "correct it")
        wanted[name] = value
    if "attribute" in when and not wanted:
        raise when["attribute"].fail("at least one attribute", "none", "name one, or leave it out")
    return wanted


def _not_empty(when: Mapping[str, Entry], key: str, listed: tuple[str, ...]) -> tuple[str, ...]:
    if key in when and not listed:
        raise when[key].fail("at least one of them", "none", "name one, or leave it out")
    return listed
