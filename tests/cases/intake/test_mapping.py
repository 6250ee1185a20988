from __future__ import annotations

from pathlib import Path

import pytest

from cases.errors import InvalidInputError
from cases.intake.mapping import FieldMap, read_field_map

REQUIRED = ("external_id", "description", "received_at")
OWN_NAMES = ("external_id", "description", "received_at")


def test_a_column_named_as_a_field_feeds_it_and_others_are_ignored() -> None:
    binding = FieldMap().bind([*OWN_NAMES, "agent", "reach"], required=REQUIRED)

    assert binding.columns == {name: name for name in (*OWN_NAMES, "reach")}
    assert binding.ignored([*OWN_NAMES, "agent", "reach"]) == ("agent",)


def test_options_map_columns_and_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("external_id: Ticket\ndescription: Body\ndecided_at: ~\nattribute.tier: Tier\n")

    field_map = read_field_map(["description=Text=1", "title="], file)

    assert field_map.columns == {
        "external_id": "Ticket",
        "description": "Text=1",
        "decided_at": "",
        "attribute.tier": "Tier",
        "title": "",
    }
    binding = field_map.bind(["Ticket", "Text=1", "received_at", "title", "decided_at", "Tier"], required=REQUIRED)
    assert binding.column("description") == "Text=1"
    assert binding.own_attributes == {"tier": "Tier"}
    assert binding.ignored(["title", "decided_at", "Tier"]) == ("title", "decided_at")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["description"], r"written field=column.*no '='"),
        (["title=A", "title=B"], "'title' twice"),
        (["colour=A"], "must name a field .got 'colour'.; choose from external_id"),
        (["attribute.=A"], "must name a field"),
    ],
)
def test_an_option_that_says_nothing_clear_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        read_field_map(options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", "'field: column' lines"),
        ("", "'field: column' lines"),
        ("title: A\ntitle: B\n", "line 2.*a field again"),
        ("title: A\ndescription:\n  - B\n", "line 2.*something nested"),
        ("title: [\n", "must be YAML in UTF-8.*fault at line"),
        ("colour: A\n", "must name a field"),
    ],
)
def test_a_mapping_file_that_is_malformed_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text(text)

    with pytest.raises(InvalidInputError, match=message):
        read_field_map(file=file)


def test_a_missing_mapping_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"absent\.yaml: No such file"):
        read_field_map(file=tmp_path / "absent.yaml")


def test_a_source_without_external_ids_says_both_ways_out() -> None:
    with pytest.raises(InvalidInputError, match=r"--map external_id=COLUMN.*--external-id-from-row") as caught:
        FieldMap().bind(["Ticket no.", "description", "received_at"], required=REQUIRED)

    assert "'Ticket no.'" in str(caught.value)
    assert caught.value.field == "external_id"


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidInputError, match="got 'Body' for 'description', and the source has 'body', 'id'"):
        FieldMap({"description": "Body"}).bind(["body", "id"], required=REQUIRED)


def test_a_required_field_cannot_be_left_out() -> None:
    with pytest.raises(InvalidInputError, match="'description' must have a column"):
        FieldMap({"description": ""}).bind(OWN_NAMES, required=REQUIRED)


def test_the_first_row_of_a_file_without_header_is_not_repeated() -> None:
    columns = ["mara@example.com", "He wrote to me again last night and knew my address, please help."]

    with pytest.raises(InvalidInputError) as caught:
        FieldMap().bind(columns, required=REQUIRED)

    assert "mara" not in str(caught.value)
    assert "address" not in str(caught.value)
    assert "one of 65 characters" in str(caught.value)
