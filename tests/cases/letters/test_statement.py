"""The statement of reasons: DSA Article 17(3), in the words of the Transparency Database's schema of 1 July 2025."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from itertools import product
from typing import Any

import pytest

from cases.errors import InvalidInputError
from cases.letters.facts import Audience, AutomatedDecision, Hold
from cases.letters.lint.run import lint
from cases.letters.statement import schema
from cases.letters.statement.making import StatementFacts, make_statement, statement_letter
from cases.letters.statement.mapping import load_mapping
from cases.letters.statement.schema import (
    AccountType,
    ContentType,
    DecisionAccount,
    DecisionGround,
    DecisionMonetary,
    DecisionVisibility,
    SourceType,
    StatementCategory,
)
from cases.letters.statement.statement import Ground, Restrictions, Statement
from tests.cases.letters.letters import TAXONOMY, WORDING, facts

MORE = StatementFacts(puid="case-1", content_date=date(2026, 2, 3))
DUE = [action.id for action in TAXONOMY.actions if action.dsa is not None and action.id != "strike"]

WHOLE: dict[str, Any] = {
    "puid": "TK-421_a",
    "restrictions": Restrictions(decision_visibility=(DecisionVisibility.REMOVED,)),
    "ground": Ground(decision_ground=DecisionGround.INCOMPATIBLE, ground="Respect", explanation="It is an insult."),
    "category": StatementCategory.CYBER_VIOLENCE,
    "content_type": (ContentType.TEXT,),
    "content_date": date(2026, 2, 3),
    "application_date": date(2026, 3, 3),
    "decision_facts": "We read the message.",
    "source_type": SourceType.ARTICLE_16,
    "automated_detection": False,
    "automated_decision": AutomatedDecision.NOT,
}


def test_every_category_of_the_default_policy_is_mapped():
    mapping = load_mapping()
    assert set(mapping.categories) == set(TAXONOMY.category_ids)
    for category in TAXONOMY.categories:
        told = mapping.categories[category.id].by_clause or {}
        assert set(told) <= {clause.id for clause in category.sub_policies}


@pytest.mark.parametrize(
    ("category", "value"),
    [
        ("child_safety", StatementCategory.MINORS),
        ("self_harm", StatementCategory.SELF_HARM),
        ("privacy", StatementCategory.DATA_PROTECTION),
        ("hate", StatementCategory.SPEECH),
        ("harassment", StatementCategory.CYBER_VIOLENCE),
        ("something_foreign", StatementCategory.OTHER),
    ],
)
def test_a_category_has_the_schemas_word(category: str, value: StatementCategory):
    assert load_mapping().category(category).category is value


@pytest.mark.parametrize(("category", "action"), list(product(TAXONOMY.category_ids, DUE)))
def test_every_restriction_of_the_default_policy_makes_a_statement(category: str, action: str):
    for kind in ("course", "user", "listing", ""):
        record = make_statement(
            facts(category, action=action, subject_kind=kind), MORE, WORDING
        ).to_transparency_record()
        assert {"decision_visibility", "decision_monetary", "decision_provision", "decision_account"} & record.keys()
        assert record["decision_facts"]
        assert record["incompatible_content_explanation"]


def test_the_record_is_the_one_that_the_database_takes():
    told = facts(
        "harassment", "stalking", "suspend", subject_kind="user", ends_on=date(2026, 4, 3), territories=("DE", "FR")
    )
    record = make_statement(told, replace(MORE, content_language="EN", account_type=AccountType.PRIVATE), WORDING)
    assert record.to_transparency_record() == {
        "puid": "case-1",
        "decision_account": "DECISION_ACCOUNT_SUSPENDED",
        "end_date_account_restriction": "2026-04-03",
        "account_type": "ACCOUNT_TYPE_PRIVATE",
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": "Harassment: stalking",
        "incompatible_content_explanation": "Our rules ask that people treat each other with respect, also when they "
        "do not agree. On this point the rule is clear.",
        "category": "STATEMENT_CATEGORY_CYBER_VIOLENCE",
        "category_specification": ["KEYWORD_CYBER_STALKING"],
        "content_type": ["CONTENT_TYPE_OTHER"],
        "content_type_other": "Account",
        "content_language": "EN",
        "content_date": "2026-02-03",
        "application_date": "2026-03-03",
        "territorial_scope": ["DE", "FR"],
        "decision_facts": "We found repeated contact on your account that another person did not want, or attempts "
        "to find out where they are. We looked at this because of a notice that we received. We do not say who sends "
        "a notice.",
        "source_type": "SOURCE_ARTICLE_16",
        "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    }


def test_the_law_as_the_ground_has_the_laws_fields():
    record = make_statement(
        facts(), replace(MORE, legal_ground="Section 185 of the code"), WORDING
    ).to_transparency_record()
    assert record["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert record["illegal_content_legal_ground"] == "Section 185 of the code"
    assert record["illegal_content_explanation"]
    assert not [name for name in record if name.startswith("incompatible")]


def test_the_notifiers_identity_and_the_subjects_title_are_nowhere():
    told = facts(subject_kind="course", subject_name="Zanzibar nights")
    record = make_statement(told, MORE, WORDING).to_transparency_record()
    assert "source_identity" not in record
    assert "source_identity" not in {each.name for each in fields(Statement)}
    assert "Zanzibar" not in str(record)


@pytest.mark.parametrize("action", ["strike", "warn", "no_action", "refund", "educate"])
def test_no_statement_is_due_where_nothing_is_restricted(action: str):
    with pytest.raises(
        InvalidInputError, match=r"'action' must be one that restricts something \(got '\w+'\); no statement"
    ):
        make_statement(facts(action=action), MORE, WORDING)


@pytest.mark.parametrize(
    ("restriction", "name"),
    [
        ("visibility", "decision_visibility_other"),
        ("monetary", "decision_monetary_other"),
        ("provision", "decision_provision"),
        ("account", "decision_account"),
    ],
)
def test_a_foreign_action_goes_by_the_policys_own_word(restriction: str, name: str):
    told = replace(facts(), action="freeze", action_name="Freeze the listing", restriction=restriction)
    assert name in make_statement(told, MORE, WORDING).to_transparency_record()


OTHER = (DecisionVisibility.OTHER,)
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("puid", {"puid": "case 1"}),
    ("puid", {"puid": ""}),
    ("restrictions", {"restrictions": Restrictions()}),
    ("decision_visibility_other", {"restrictions": Restrictions(decision_visibility=OTHER)}),
    (
        "decision_visibility_other",
        {"restrictions": Restrictions(decision_account=DecisionAccount.SUSPENDED, decision_visibility_other="x")},
    ),
    ("decision_monetary_other", {"restrictions": Restrictions(decision_monetary=DecisionMonetary.OTHER)}),
    (
        "end_date_account_restriction",
        {
            "restrictions": Restrictions(
                decision_visibility=(DecisionVisibility.REMOVED,), end_date_account_restriction=date(2026, 4, 1)
            )
        },
    ),
    (
        "end_date_account_restriction",
        {
            "restrictions": Restrictions(
                decision_account=DecisionAccount.SUSPENDED, end_date_account_restriction=date(2026, 3, 1)
            )
        },
    ),
    ("incompatible_content_ground", {"ground": replace(WHOLE["ground"], ground=" ")}),
    ("incompatible_content_ground", {"ground": replace(WHOLE["ground"], ground="x" * 501)}),
    ("incompatible_content_explanation", {"ground": replace(WHOLE["ground"], explanation="x" * 2001)}),
    (
        "illegal_content_legal_ground",
        {"ground": replace(WHOLE["ground"], decision_ground=DecisionGround.ILLEGAL, ground="")},
    ),
    (
        "incompatible_content_illegal",
        {"ground": replace(WHOLE["ground"], decision_ground=DecisionGround.ILLEGAL, also_illegal=True)},
    ),
    ("decision_ground_reference_url", {"ground": replace(WHOLE["ground"], reference_url="javascript:alert(1)")}),
    ("content_type", {"content_type": ()}),
    ("content_type", {"content_type": (ContentType.TEXT, ContentType.TEXT)}),
    ("content_type_other", {"content_type": (ContentType.OTHER,)}),
    ("category_specification", {"category_specification": ("KEYWORD_HATE",)}),
    ("category_addition", {"category_addition": (StatementCategory.CYBER_VIOLENCE,)}),
    ("content_language", {"content_language": "en"}),
    ("decision_facts", {"decision_facts": ""}),
    ("decision_facts", {"decision_facts": "x" * 5001}),
    ("content_date", {"content_date": date(1999, 12, 31)}),
    ("content_date", {"content_date": date(2026, 3, 4)}),
    ("application_date", {"application_date": date(2019, 12, 31), "content_date": date(2019, 1, 1)}),
    ("territorial_scope", {"territorial_scope": ("US",)}),
    ("territorial_scope", {"territorial_scope": ("DE", "DE")}),
]


@pytest.mark.parametrize(("name", "wrong"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_fault_names_its_field_what_it_must_be_and_what_to_do(name: str, wrong: dict[str, Any]):
    assert Statement(**WHOLE).to_transparency_record()
    with pytest.raises(InvalidInputError, match=rf"^'{name}' must be .+ \(got .+\); \w+") as error:
        Statement(**{**WHOLE, **wrong})
    assert error.value.field == name


def test_every_value_of_the_schema_is_named_as_the_schema_names_it():
    # Article 17(1) has four kinds of restriction; the schema of 1 July 2025 has 16 categories and 69 keywords.
    assert len(StatementCategory) == 16
    assert len(schema.KEYWORDS) == 69
    assert all(str(value).startswith("STATEMENT_CATEGORY_") for value in StatementCategory)


@pytest.mark.parametrize("legal", ["", "Section 185 of the code"])
def test_the_statement_as_a_letter_says_all_that_article_17_3_asks_for(legal: str):
    told = facts(
        "harassment", "stalking", "suspend", subject_kind="user", ends_on=date(2026, 4, 3), automated_detection=True
    )
    draft = statement_letter(make_statement(told, replace(MORE, legal_ground=legal), WORDING), told, WORDING)
    assert draft.audience is Audience.STATEMENT
    for said in (
        "We have suspended your account",  # (a) the decision,
        "until 3 April 2026",  # its duration
        "in all the countries",  # and its territory
        "repeated contact",  # (b) the facts
        "because of a notice",  # and whether a notice led to it
        "Software helped us to find it",  # (c) automated means
        "A person on our team made the decision",
        legal or "Harassment: stalking",  # (d), (e) the ground
        "within six months",  # (f) redress
        "out-of-court",
        "to court as well",
    ):
        assert said in draft.body
    assert lint(draft, told) == ()


def test_a_statement_is_withheld_as_a_letter_is():
    told = facts(hold=Hold.INVESTIGATION)
    draft = statement_letter(make_statement(told, MORE, WORDING), told, WORDING)
    assert draft.text.strip() == ""
    assert draft.withheld
