"""The three views of revision 0001, for analysts; docs/database.md tells what each column means.

The three databases differ in dates, in casts and in their clock, and in nothing else here.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("volume_by_category_week", "overturns", "first_touch_sla")


@dataclass(frozen=True, slots=True)
class Words:
    """How a database says it; each is a template with `{0}` and `{1}` for expressions."""

    week: str
    month: str
    seconds_between: str
    whole: str
    double: str
    now: str


WORDS = {
    "sqlite": Words(
        # Cut to whole seconds: date() rounds the last half millisecond of a day into the next.
        week="date(substr({0}, 1, 19), 'weekday 0', '-6 days')",
        month="date(substr({0}, 1, 19), 'start of month')",
        # Whole seconds, then the fraction: julianday() is off by 20 microseconds, and a limit may be met exactly.
        seconds_between=(
            "(strftime('%s', substr({1}, 1, 19)) - strftime('%s', substr({0}, 1, 19))"
            " + CAST(substr({1}, 20) AS REAL) - CAST(substr({0}, 20) AS REAL))"
        ),
        whole="CAST({0} AS INTEGER)",
        double="CAST({0} AS REAL)",
        now="strftime('%Y-%m-%d %H\\:%M\\:%f', 'now')",
    ),
    "postgresql": Words(
        week="CAST(date_trunc('week', {0} AT TIME ZONE 'UTC') AS date)",
        month="CAST(date_trunc('month', {0} AT TIME ZONE 'UTC') AS date)",
        seconds_between="EXTRACT(EPOCH FROM ({1} - {0}))",
        whole="CAST({0} AS bigint)",
        double="CAST({0} AS double precision)",
        now="now()",
    ),
    "mysql": Words(
        week="DATE(DATE_SUB({0}, INTERVAL WEEKDAY({0}) DAY))",
        month="DATE(DATE_SUB({0}, INTERVAL DAYOFMONTH({0}) - 1 DAY))",
        seconds_between="(TIMESTAMPDIFF(MICROSECOND, {0}, {1}) / 1000000)",
        whole="CAST({0} AS SIGNED)",
        double="CAST({0} AS DOUBLE)",
        now="UTC_TIMESTAMP(6)",
    ),
}

# The decision that no other reviews: each case has at most one.
_STANDING = """(
    SELECT decided.id, decided.case_id, decided.category, decided.severity
    FROM decisions decided LEFT JOIN decisions later ON later.reviews = decided.id
    WHERE later.id IS NULL
)"""


def _volume(words: Words) -> str:
    return f"""
CREATE VIEW volume_by_category_week AS
SELECT {words.week.format("c.received_at")} AS week,
       COALESCE(d.category, s.top_category, '(unscored)') AS category,
       COUNT(*) AS cases,
       COUNT(d.id) AS decided,
       {words.whole.format("SUM(r.reports)")} AS reports
FROM cases c
JOIN (SELECT case_id, COUNT(*) AS reports FROM reports GROUP BY case_id) r ON r.case_id = c.id
LEFT JOIN {_STANDING} d ON d.case_id = c.id
LEFT JOIN scores s ON s.id = c.score_id
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
FROM decisions d LEFT JOIN decisions review ON review.reviews = d.id
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
           COALESCE(d.severity, s.top_severity) AS severity,
           CASE WHEN {touched} IS NULL THEN 0 ELSE 1 END AS touched,
           {waited} AS seconds
    FROM cases c
    LEFT JOIN {_STANDING} d ON d.case_id = c.id
    LEFT JOIN scores s ON s.id = c.score_id
) t
LEFT JOIN severity_levels l ON l.level = t.severity
GROUP BY t.week, t.severity, l.name, l.first_touch_seconds
"""  # noqa: S608 - nothing from outside is in it


def create_statements(dialect: str) -> list[str]:
    """The statements that make the views on `dialect` ("sqlite", "postgresql" or "mysql")."""
    words = WORDS[dialect]
    return [_volume(words), _overturns(words), _first_touch(words)]


def drop_statements() -> list[str]:
    """The statements that drop them."""
    return [f"DROP VIEW {name}" for name in NAMES]
