"""Facts into words: a strict placeholder syntax, checked when a template is loaded; a fact is never read as one.

`$name` and `${name}` as in `string.Template`, which fills in once and from left to right, so a `$` in a fact stays a
`$`; `$$` is a dollar sign. There is no logic in a template, and no markup: letters are plain text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

import yaml

from cases.policy_entry import Entry

PLACEHOLDERS = frozenset(
    {
        *("about", "about_full", "action", "case_ref", "category", "complaint_how", "date", "dispute_how", "item"),
        *(
            "item_full",
            "kind",
            "marketplace",
            "months",
            "name",
            "reason",
            "scope",
            "sub_policy",
            "support_lines",
            "team",
        ),
        *("terms", "until", "where", "facts", "ground", "explanation"),
    }
)

# Longer than this is no name of a course; the rest would drown the letter.
_LONGEST_FACT = 200
# Controls, and the marks that turn the direction of a line: a name must not be able to reorder the words around it.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Words:
    """One text of a template, its placeholders known to be right."""

    text: str

    def filled(self, facts: Mapping[str, str]) -> str:
        """The text with the facts in it; each placeholder is one of `PLACEHOLDERS` and must be in `facts`."""
        return Template(self.text).substitute(facts)


def words(entry: Entry) -> Words:
    """The text of an entry of a template file.

    Raises:
        InvalidInputError: As the entry's own error: it is no text, or has a placeholder that there is not; names file
            and line.
    """
    text = entry.name().strip()
    template = Template(text)
    if not template.is_valid():
        raise _at(entry, "$").fail(
            "text whose '$' begins a placeholder", "a lone '$'", "write '$$' for a dollar sign"
        )
    for name in template.get_identifiers():
        if name not in PLACEHOLDERS:
            known = ", ".join(sorted(PLACEHOLDERS))
            raise _at(entry, name).fail(f"text with placeholders of these: {known}", f"'${name}'", "correct its name")
    return Words(text)


def clean(fact: str, *, longest: int = _LONGEST_FACT) -> str:
    """A fact as it may stand in a letter: one line, no control or direction marks, at most `longest` characters."""
    seen = "".join(" " if unicodedata.category(c) in _UNSEEN else c for c in unicodedata.normalize("NFC", fact))
    one_line = re.sub(r"\s+", " ", seen).strip()
    return one_line if len(one_line) <= longest else one_line[: longest - 1].rstrip() + "…"


def _at(entry: Entry, what: str) -> Entry:
    """The entry, its place moved to the line of the text that `what` stands in."""
    node = entry.node
    if node is None or node.start_mark.buffer is None:
        return entry
    lines = node.start_mark.buffer.splitlines()
    pattern = re.compile(rf"\$\{{?{re.escape(what)}\b" if what != "$" else r"(?<!\$)(?:\$\$)*\$(?![\w{$])")
    for line in range(node.start_mark.line, min(node.end_mark.line + 1, len(lines))):
        if pattern.search(lines[line]):
            mark = yaml.Mark(node.start_mark.name, 0, line, 0, None, 0)
            return Entry(yaml.ScalarNode(node.tag, "", mark, mark), entry.file, entry.key, entry.error)
    return entry
