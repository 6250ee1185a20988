"""The three views as revision 0003 has them: what was withdrawn is not counted, nor what was merged away.

The decision that stands is named by its case since 0003. A review after reopening is no review of an appeal. A
severity that a person set goes before the model's. Holds need no place in first touch: a case is held only by one who
has touched it.
"""

from __future__ import annotations

from cases.store.migrations import views_0001, views_0002
from cases.store.migrations.views_0001 import WORDS, Words

NAMES = views_0001.NAMES

_KEPT = """(
    SELECT taken.* FROM decisions taken LEFT JOIN withdrawn_decisions w ON w.decision_id = taken.id
    WHERE w.decision_id IS NULL
)"""


def _volume(words: Words) -> str:
    return f"""
CREATE VIEW volume_by_category_week AS
SELECT {words.week.format("c.received_at")} AS week,
       COALESCE(d.category, s.top_category, '(unscored)') AS category,
       COUNT(*) AS cases,
       COUNT(CASE WHEN c.status = 'decided' THEN 1 END) AS decided,
       {words.whole.format("SUM(r.reports)")} AS reports
FROM cases c
JOIN (SELECT case_id, COUNT(*) AS reports FROM reports GROUP BY case_id) r ON r.case_id = c.id
LEFT JOIN decisions d ON d.id = c.decision_id
LEFT JOIN scores s ON s.id = c.score_id
WHERE c.status <> 'merged'
GROUP BY 1, 2
"""  # noqa: S608 - nothing from outside is in it


def _overturns(words: Words) -> str:
    overturned = "COUNT(CASE WHEN review.overturns THEN 1 END)"
    return f"""
CREATE VIEW overturns AS
SELECT {words.month.format("d.decided_at")} AS month,
       d.category AS category,
       d.decided_by AS decided_by,
       COUNT(*) AS decisions,
       COUNT(review.id) AS reviewed,
       {overturned} AS overturned,
       {words.double.format(f"{overturned} * 1.0 / COUNT(*)")} AS overturned_share
FROM {_KEPT} d LEFT JOIN {_KEPT} review ON review.reviews = d.id AND NOT review.after_reopening
GROUP BY 1, 2, 3
"""  # noqa: S608 - nothing from outside is in it


def _first_touch(words: Words) -> str:
    # A case decided elsewhere may not say when it was claimed; it was touched no later than it was decided.
    touched = "COALESCE(c.first_claimed_at, c.decided_at)"
    waited = words.seconds_between.format("c.received_at", f"COALESCE({touched}, {words.now})")
    return f"""
CREATE VIEW first_touch_sla AS
SELECT t.week AS week,
       t.severity AS severity,
       l.name AS severity_name,
       {words.double.format("l.first_touch_seconds / 60")} AS sla_minutes,
       COUNT(*) AS cases,
       COUNT(CASE WHEN t.touched = 1 AND t.seconds <= l.first_touch_seconds THEN 1 END) AS within_sla,
       COUNT(CASE WHEN t.seconds > l.first_touch_seconds THEN 1 END) AS late,
       COUNT(CASE WHEN t.touched = 0 AND t.seconds <= l.first_touch_seconds THEN 1 END) AS waiting,
       {words.double.format("AVG(CASE WHEN t.touched = 1 THEN t.seconds END) / 60")} AS average_minutes
FROM (
    SELECT {words.week.format("c.received_at")} AS week,
           COALESCE(d.severity, c.set_severity, s.severity_level, s.top_severity) AS severity,
           CASE WHEN {touched} IS NULL THEN 0 ELSE 1 END AS touched,
           {waited} AS seconds
    FROM cases c
    LEFT JOIN decisions d ON d.id = c.decision_id
    LEFT JOIN scores s ON s.id = c.score_id
    WHERE c.status <> 'merged'
) t
LEFT JOIN severity_levels l ON l.level = t.severity
GROUP BY t.week, t.severity, l.name, l.first_touch_seconds
"""  # noqa: S608 - nothing from outside is in it


def create_statements(dialect: str) -> list[str]:
    """The statements that make the views on `dialect` ("sqlite", "postgresql" or "mysql")."""
    words = WORDS[dialect]
    return [_volume(words), _overturns(words), _first_touch(words)]


def statements_before(dialect: str) -> list[str]:
    """The statements that make them as 0002 had them."""
    made = dict(zip(views_0001.NAMES, views_0001.create_statements(dialect), strict=True))
    made |= dict(zip(views_0002.NAMES, views_0002.create_statements(dialect), strict=True))
    return list(made.values())
