"""A policy's changes of categories: where old decisions go."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import TaxonomyError
from cases.taxonomy_file import load_taxonomy
from tests.cases.test_taxonomy import CHANGES, SMALL, written


@pytest.mark.parametrize(
    ("old", "today"),
    [
        (("junk", ""), ("spam", "")),  # renamed twice
        (("rubbish", "url"), ("spam", "links")),  # its clause renamed as well
        (("bots", "floods"), ("spam", "floods")),  # merged
        (("mixed", "ads"), ("spam", "ads")),  # split
        (("mixed", "chat"), ("fine", "chat")),
        (("mixed", ""), None),  # a split that the decision does not say enough for
        (("wide", "ads"), ("spam", "ads")),
        (("wide", "other"), ("fine", "other")),  # a split with a home for the rest
        (("spam", "links"), ("spam", "links")),  # never changed
    ],
)
def test_old_decisions_are_carried_over_by_the_files_changes(
    tmp_path: Path, old: tuple[str, str], today: tuple[str, str] | None
) -> None:
    policy = load_taxonomy(written(tmp_path, SMALL + CHANGES))

    assert policy.category_map.resolve(*old) == today


@pytest.mark.parametrize(
    ("change", "key", "must"),
    [
        ("{category: junk, since: 2, to: nowhere}", "changes[0]", "mapped to a category of today (fine, spam)"),
        ("{category: junk, since: 2, by_sub_policy: {a: nowhere}}", "changes[0]", "mapped to a category of today"),
        ("{category: junk, since: 2}", "changes[0]", "given 'to' or 'by_sub_policy'"),
        ("{category: junk, since: 4, to: spam}", "changes[0].since", "a whole number from 2 to 3"),
        ("{category: junk, since: 1, to: spam}", "changes[0].since", "a whole number from 2 to 3"),
    ],
)
def test_a_change_that_leads_nowhere_is_refused(tmp_path: Path, change: str, key: str, must: str) -> None:
    with pytest.raises(TaxonomyError) as caught:
        load_taxonomy(written(tmp_path, f"{SMALL}changes:\n  - {change}\n"))

    assert f"line 28: '{key}' must be {must}" in str(caught.value)
