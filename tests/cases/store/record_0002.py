"""A record as revision 0002 wrote it: an open case with a score, and one that was decided and overturned.

`{t}`, `{no}` and `{yes}` are a time and the two truths in the database's own words.
"""

from __future__ import annotations

from cases.store.engine import make_engine

TIME = "'2026-03-04 12:00:00.123456'"

STATEMENTS = """
INSERT INTO cases (id, status, received_at, content_version, order_key, score_id, first_claimed_at, decided_at)
VALUES ('open', 'open', {t}, 1, 0.1, 's1', {t}, NULL), ('done', 'decided', {t}, 1, 2.5, NULL, NULL, {t});
INSERT INTO reports (id, case_id, source, external_id, channel, received_at, filed_at)
VALUES ('r1', 'open', 'a', '1', '', {t}, {t}), ('r2', 'done', 'a', '2', '', {t}, {t});
INSERT INTO contents (id, case_id, version, report_id, title, description, channel, attributes, created_at)
VALUES ('c1', 'open', 1, 'r1', '', 'one', '', '{{}}', {t}), ('c2', 'done', 1, 'r2', '', 'two', '', '{{}}', {t});
INSERT INTO scores (id, case_id, content_id, model, model_version, taxonomy_version, assembly_version, encoder_hash,
created_at, category, severity, priority, order_key, language, seconds, fallback)
VALUES ('s1', 'open', 'c1', 'm', 'm/1', 1, 1, 'e', {t}, '{{}}', '{{}}', '{{"harm": 0.1}}', 0.1, 'en', 0, {no});
INSERT INTO decisions (id, case_id, content_id, category, sub_policy, other_categories, severity, action, reason,
decided_by, decided_at, suggestion, suggestion_shown, reviews, overturns)
VALUES ('d1', 'done', 'c2', 'hate', '', '[]', 1, 'remove', 'x', 'bob', {t}, 'unaided', {no}, NULL, {no});
INSERT INTO decisions (id, case_id, content_id, category, sub_policy, other_categories, severity, action, reason,
decided_by, decided_at, suggestion, suggestion_shown, reviews, overturns)
VALUES ('d2', 'done', 'c2', 'spam', '', '[]', 3, 'none', 'x', 'eve', {t}, 'unaided', {no}, 'd1', {yes});
INSERT INTO notes (id, case_id, decision_id, text) VALUES ('n1', 'done', 'd2', 'an old note');
INSERT INTO events (case_id, kind, at, actor, data)
VALUES ('open', 'reported', {t}, 'x', '{{"report_id": "r1", "content_version": 1}}'),
('done', 'reported', {t}, 'x', '{{}}'), ('done', 'decided', {t}, 'x', '{{}}'),
('done', 'overturned', {t}, 'x', '{{}}')
"""


def fill(url: str) -> None:
    """Write it into the database at `url`, which is at 0002."""
    engine = make_engine(url)
    time = f"timestamptz {TIME[:-1]}+00'" if engine.dialect.name == "postgresql" else TIME
    with engine.begin() as connection:
        for statement in STATEMENTS.format(t=time, no="false", yes="true").split(";\n"):
            connection.exec_driver_sql(statement)
    engine.dispose()
