"""One case, ready for the models: the same assembly in training and in serving.

The text is what people wrote, cleaned and redacted; how much of it was in disguise is a signal. What the marketplace
knows beside it (channel, attributes) becomes named numbers too, so that a model can weigh "one million viewers"
without an encoder having to read it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real

from cases.errors import InvalidInputError
from cases.record import Attributes
from features.clean import clean_text
from features.leet import with_letters_for_signs
from features.redact import redact
from features.suspicion import SUSPICIOUS, suspicious_encoding

# Raise it with any change, here or in what is called here, that alters a text or a signal: caches and scores
# carry it.
ASSEMBLY_VERSION = 2

# A longer value is free text, not one of a few kinds: a signal for it would only ever be met once.
MAX_VALUE_LENGTH = 64
# No reach, count or amount is above it; it also keeps infinities and integers too large for a float in range.
MAX_MAGNITUDE = 1e15


@dataclass(frozen=True, slots=True)
class AssembledCase:
    """What a model sees of a case.

    Attributes:
        text: Title, an empty line, description; cleaned, redacted, letters for signs; may be empty.
        signals: Name to finite number: `"channel=email": 1.0`, `"minor_involved": 1.0`, `"log_reach": 4.2`. What is
            absent is zero. Ordered by name.
    """

    text: str
    signals: Mapping[str, float] = field(default_factory=dict)


def assemble(
    title: str,
    description: str,
    *,
    channel: str = "",
    attributes: Attributes | None = None,
) -> AssembledCase:
    """The case as the models see it; equal input gives equal output, in training and in serving.

    Args:
        title: May be empty.
        description: May be empty.
        channel: How the report came in; one signal per channel.
        attributes: Any names. True becomes 1.0 and False nothing; a string becomes `"name=value": 1.0`; a number x
            becomes `"log_name": sign(x) * ln(1 + |x|)`, because ten thousand viewers more matter less to a million
            than to none; not-a-number counts as absent.

    Raises:
        InvalidInputError: An attribute is neither a boolean, a number nor a string.
    """
    parts = [with_letters_for_signs(redact(clean_text(part))) for part in (title, description)]
    signals = _string_signal("channel", channel)
    for name, value in (attributes or {}).items():
        signals.update(_signal(clean_text(name), value))
    signals.pop(SUSPICIOUS, None)
    if share := suspicious_encoding(f"{title}\n\n{description}").share:
        signals[SUSPICIOUS] = share
    return AssembledCase(
        text="\n\n".join(part for part in parts if part),
        signals={name: signals[name] for name in sorted(signals)},
    )


def _signal(name: str, value: object) -> dict[str, float]:
    if isinstance(value, bool):
        return {name: 1.0} if value else {}
    if isinstance(value, str):
        return _string_signal(name, value)
    if isinstance(value, Real):
        return _number_signal(name, value)
    raise InvalidInputError(
        f"'attributes.{name}' must be a boolean, a number or a string (got {type(value).__name__}); "
        "leave out what is not known",
        field=f"attributes.{name}",
    )


def _number_signal(name: str, value: Real) -> dict[str, float]:
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits
        number = -math.inf if value < 0 else math.inf
    if math.isnan(number):
        return {}
    return {f"log_{name}": math.copysign(math.log1p(min(abs(number), MAX_MAGNITUDE)), number)}


def _string_signal(name: str, value: str) -> dict[str, float]:
    # Values are redacted too: signals' names are stored with the model.
    kind = redact(clean_text(value)).casefold()
    if not kind:
        return {}
    return {f"{name}={kind if len(kind) <= MAX_VALUE_LENGTH else '[long]'}": 1.0}
