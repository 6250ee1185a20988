from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.contract.answers import json_schemas
from cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
# "### `caseload db upgrade`" and all that follows up to the next heading.
SECTIONS = dict(re.findall(r"^### `(caseload[^`]*)`\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def commands(command: Any, path: str = "caseload") -> Iterator[tuple[str, Any]]:
    """Each command with its path; of the groups only `caseload` itself, which holds the global options."""
    children = getattr(command, "commands", {})
    if not children or path == "caseload":
        yield path, command
    for name, child in children.items():
        yield from commands(child, f"{path} {name}")


COMMANDS = dict(commands(typer.main.get_command(app)))


def parameters(command: Any) -> set[str]:
    """Long names of options (the short where there is no long), metavars of arguments."""
    names = set()
    for parameter in command.params:
        if parameter.param_type_name == "option":
            names.add(max(parameter.opts, key=len))
        else:
            names.add(parameter.metavar or parameter.name.upper())
    return names - {"--help"}


def documented(section: str) -> set[str]:
    """What the section's table lists in its first column."""
    rows = re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE)
    # "`-o`, `--output FILE`" is written as "--output FILE"; the metavar of an option does not matter.
    return {row.split()[0] for row in rows}


def test_each_command_has_its_section_and_each_section_its_command():
    assert sorted(SECTIONS) == sorted(COMMANDS)


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_a_section_lists_the_commands_parameters_and_no_others(path: str):
    assert documented(SECTIONS.get(path, "")) == parameters(COMMANDS[path])


def test_each_json_schema_is_linked():
    for name in json_schemas():
        assert f"(schemas/{name})" in PAGE
