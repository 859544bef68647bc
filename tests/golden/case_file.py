"""Reads and rewrites case files; README.md is the format's reference."""

import csv
import dataclasses
import datetime as dt
import decimal
import pathlib
import shlex

# What a record needs and a case is not about, so that a case shows only the columns it is about. A text names a column.
DEFAULTS = {
    "tickets": {"subject": {"constant": "-"}, "status": {"constant": "Open"}, "priority": {"constant": "Medium"},
                "category": {"constant": "General"}, "requester_id": {"constant": "r1"}, "updated_at": "created_at"},
    "agents": {"name": "id", "updated_at": {"constant": "2020-01-01"}},
    "requesters": {"name": "id", "updated_at": {"constant": "2020-01-01"}},
    "groups": {"name": "id"},
    "departments": {"name": "id"},
    "assets": {"name": "id", "updated_at": {"constant": "2020-01-01"}},
    "changes": {"updated_at": "created_at"},
    "problems": {"updated_at": "created_at"},
    "surveys": {"max_score": {"constant": "5"}},
    "time_entries": {"updated_at": "worked_on"},
    "ticket_events": {},
}


@dataclasses.dataclass
class Block:
    word: str  # config, rows, run, query, metrics
    arguments: list[str]
    line: int  # of the directive, 1-based
    text: list[str] = dataclasses.field(default_factory=list)
    expected: list[str] | None = None  # the lines after ----
    expected_from: int = 0  # index of the first of them in the file

    @property
    def sql(self) -> str:
        return "\n".join(self.text)


class BadCase(Exception):
    pass


def parse(path: pathlib.Path) -> list[Block]:
    blocks = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if line.startswith("@"):
            word, *arguments = shlex.split(line[1:])
            if word not in ("config", "rows", "run", "query", "metrics"):
                raise BadCase(f"{path.name}:{number}: there is no @{word}; see tests/golden/README.md")
            blocks.append(Block(word, arguments, number))
        elif line.startswith("#") or not line.strip():
            continue
        elif not blocks:
            raise BadCase(f"{path.name}:{number}: text before the first @ directive; comments start with #")
        elif line.startswith("----"):
            blocks[-1].expected, blocks[-1].expected_from = [], number
        elif blocks[-1].expected is not None:
            blocks[-1].expected.append(line)
        else:
            blocks[-1].text.append(line)
    return blocks


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def columns_by_entity(blocks: list[Block]) -> dict[str, list[str]]:
    """All columns that any delivery of an entity has: the mapping is the same in each run of the case."""
    columns: dict[str, list[str]] = {}
    for block in blocks:
        if block.word == "rows":
            known = columns.setdefault(block.arguments[0], [])
            known += [name for name in cells(block.text[0]) if name not in known]
    return columns


def write_delivery(folder: pathlib.Path, entity: str, columns: list[str], lines: list[str]):
    header = cells(lines[0]) if lines else columns
    with open(folder / f"{entity}.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        for line in lines[1:]:
            values = cells(line)
            if len(values) != len(header):
                raise BadCase(f"a row of {entity} has {len(values)} cells, its header {len(header)}: {line}")
            row = dict(zip(header, values))
            for name, default in DEFAULTS[entity].items():  # of a column that only other deliveries have
                if name in columns and name not in row:
                    row[name] = row[default] if isinstance(default, str) else default["constant"]
            writer.writerow(row)


def toml_of(value) -> str:
    return f'"{value}"' if isinstance(value, str) else '{ constant = "' + value["constant"] + '" }'


def project_text(blocks: list[Block]) -> str:
    """The case's settings, then a table a delivered entity whose fields are the columns of the same name."""
    own = "\n".join(line for block in blocks if block.word == "config" for line in block.text)
    text = own + "\n"
    for entity, columns in columns_by_entity(blocks).items():
        fields = {name: default for name, default in DEFAULTS[entity].items() if name not in columns}
        fields |= {name: name for name in columns}
        if f"[sources.desk.{entity}]" not in own:
            text += f'[sources.desk.{entity}]\npath = "{entity}.csv"\n'
        if f"[sources.desk.{entity}.fields]" not in own:
            text += f"[sources.desk.{entity}.fields]\n" + "".join(f"{name} = {toml_of(v)}\n" for name, v in fields.items())
    return text


def shown(value) -> str:
    """A cell as case files write it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="auto" if value.second or value.microsecond else "minutes")
    return str(value) if value != "" else "''"


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    return [" | ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


def aligned(lines: list[str]) -> list[str]:
    """The same table whatever its padding."""
    parsed = [cells(line) for line in lines]
    if not parsed or any(len(line) != len(parsed[0]) for line in parsed):
        return [" | ".join(line) for line in parsed]
    return table(parsed[0], parsed[1:])


def accept(path: pathlib.Path, results: list[tuple[Block, list[str]]]):
    """Puts the results in the place of what was expected; comments between the rows are lost, all else is kept."""
    lines = path.read_text().splitlines()
    for block, got in reversed(results):
        if block.expected is None:
            start = end = block.line + len(block.text)
            got = ["----", *got]
        else:
            start = block.expected_from
            end = start
            while end < len(lines) and not lines[end].startswith(("@", "#")) and lines[end].strip():
                end += 1
        lines[start:end] = got
    path.write_text("\n".join(lines) + "\n")
