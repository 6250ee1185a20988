"""The draft of a letter. Nothing here or elsewhere sends one: a person reads it, changes it and sends it."""

from __future__ import annotations

from dataclasses import dataclass

from cases.letters.facts import Audience


@dataclass(frozen=True, slots=True)
class Draft:
    """Words for one side, plain text.

    Attributes:
        subject_line: Empty where the letter is withheld.
        body: Paragraphs, a blank line between them; empty where the letter is withheld, so that nothing can be sent
            by mistake.
        template_id: Which words it is made of: "instructor/harassment.stalking/ban".
        template_version: The policy owner's number and eight digits of the SHA-256 of the templates: "1-0f3a99c2".
        language: ISO 639-1.
        withheld: Why no message is to be sent; "" where one may be. For the team's eyes alone.
    """

    audience: Audience
    subject_line: str
    body: str
    template_id: str
    template_version: str
    language: str = "en"
    withheld: str = ""

    @property
    def text(self) -> str:
        """Subject line, a blank line, body: what the places of the lint's findings count in."""
        return f"{self.subject_line}\n\n{self.body}"
