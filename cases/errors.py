"""The errors that cross from one room to another.

Each message reads "'x' must be Y (got Z); do W" and never holds a case's text or a reporter's identity.

    CaseloadError
    ├── InvalidInputError        something handed in is not as it must be
    │   ├── TaxonomyError        the policy file, with line and key
    │   ├── WeightsError         the weights of the queue's order, with line and key
    │   ├── LettersError         the words of letters, with file, line and key
    │   └── UnknownPolicyError   a category, action, reason or severity that the taxonomy lacks
    ├── NotFoundError            no such case, report, model
    ├── ConflictError            it was so when you looked, and is no longer
    │   ├── StaleLeaseError      the lease ran out or is another's
    │   └── PreconditionFailedError  something happened to the case since the version that the caller saw
    ├── OtherQueueError          the case, or the queue asked for, is not the caller's to see
    ├── NotMigratedError         the database is not at this version's schema
    ├── StoreUnavailableError    the database does not answer
    ├── DamagedRecordError       the record's rows contradict each other
    ├── ModelMissingError        nothing has been promoted, or its files are gone
    ├── ArtifactError            the model's files are not what its manifest says
    └── TrackerUnavailableError  MLflow does not answer
"""

from __future__ import annotations


class CaseloadError(Exception):
    """The root of all errors that Caseload raises on purpose."""


class InvalidInputError(CaseloadError):
    """Something handed in is not as it must be.

    Attributes:
        field: The name of what is wrong, as the caller wrote it; empty when it is the whole.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class TaxonomyError(InvalidInputError):
    """The policy file is not valid; the message names its line and key."""


class WeightsError(InvalidInputError):
    """The file of the priority's weights is not valid; the message names its key, and its line where it has one."""


class LettersError(InvalidInputError):
    """A template, a rule or a mapping for letters is not valid; the message names its file, line and key."""


class UnknownPolicyError(InvalidInputError):
    """A category, sub-policy, severity, action or reason that the taxonomy does not hold."""


class NotFoundError(CaseloadError):
    """There is no such case, report or model."""


class ConflictError(CaseloadError):
    """The state has moved on since the caller looked."""


class StaleLeaseError(ConflictError):
    """The lease ran out, or is another's; claim the case again."""


class PreconditionFailedError(ConflictError):
    """Something happened to the case since the version that the caller saw; look at it again."""


class OtherQueueError(CaseloadError):
    """The case, or the queue asked for, is not the caller's to see."""


class NotMigratedError(CaseloadError):
    """The database is not at this version's schema; run `caseload db upgrade`."""


class StoreUnavailableError(CaseloadError):
    """The database does not answer."""


class DamagedRecordError(CaseloadError):
    """The record's rows contradict each other; trying again does not help."""


class ModelMissingError(CaseloadError):
    """No model has been promoted, or the promoted one's files are gone."""


class ArtifactError(CaseloadError):
    """A model's files are not what its manifest says; it was not loaded."""


class TrackerUnavailableError(CaseloadError):
    """The MLflow tracking server does not answer."""
