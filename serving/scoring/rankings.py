"""Which weights count: those of the file on disk, or those adopted since, whichever was changed last.

Adopted weights name the file's weights that they took the place of. While the file holds those, the adopted ones
count; once it holds others, somebody has changed it since, and the file counts again.
"""

from __future__ import annotations

from dataclasses import dataclass

from cases.errors import WeightsError
from cases.settings import Settings
from cases.store import CaseStore
from cases.weights_trial import AdoptedWeights
from models.priority import parse_weights, weights_text
from serving.observing.logs import logger
from serving.scoring.ranking import Ranking


@dataclass(frozen=True, slots=True)
class InForce:
    """What counts at one moment.

    Attributes:
        ranking: The policy's rules and the weights.
        text: The weights' file.
        adopted: How they came to count; None of the file on disk.
    """

    ranking: Ranking
    text: str
    adopted: AdoptedWeights | None = None


class Rankings:
    """The ranking that counts now; it is replaced as a whole, so whoever works with one keeps to it.

    Args:
        of_file: By the weights of the file on disk.
        text: That file.
    """

    def __init__(self, of_file: Ranking, text: str = "") -> None:
        self._of_file = InForce(of_file, text)
        self.in_force = self._of_file
        # The adoption that was looked at last, so that weights which cannot be read are complained of once.
        self._looked_at: int | None = None

    @classmethod
    def of_settings(cls, settings: Settings) -> Rankings:
        """By the policy and the weights that the settings name; what was adopted counts once it was looked for.

        Raises:
            TaxonomyError, WeightsError: A file is not valid.
        """
        return cls(Ranking.of_settings(settings), weights_text(settings.weights))

    @property
    def now(self) -> Ranking:
        """The one that counts."""
        return self.in_force.ranking

    @property
    def of_file(self) -> str:
        """What tells the weights of the file on disk apart."""
        return self._of_file.ranking.weights.digest

    def look(self, store: CaseStore) -> bool:
        """See whether others were adopted; answers whether others count than before.

        Raises:
            StoreUnavailableError: The database does not answer.
        """
        found = store.adopted_weights()
        if found is None or found.seq == self._looked_at:
            return False
        self._looked_at = found.seq
        before = self.now.digest
        self.in_force = self._of_adopted(found)
        return self.now.digest != before

    def _of_adopted(self, found: AdoptedWeights) -> InForce:
        if found.in_place_of != self.of_file:
            logger.info("weights %s… were adopted, and the file was changed since: it counts", found.sha256[:12])
            return self._of_file
        try:
            weights = parse_weights(found.text, "adopted weights")
        except WeightsError as error:
            logger.error("weights %s… were adopted and cannot be read: %s", found.sha256[:12], error)
            return self._of_file
        return InForce(Ranking(self._of_file.ranking.taxonomy, weights), found.text, found)
