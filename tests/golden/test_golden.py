"""Runs every case file below this folder; README.md says how to write one."""

import difflib
import json
import os
import pathlib
import re
import tomllib

import duckdb
import pytest

from case_file import BadCase, accept, aligned, columns_by_entity, parse, project_text, shown, table, write_delivery

FOLDER = pathlib.Path(__file__).resolve().parent
REPO = FOLDER.parents[1]
CASES = sorted(FOLDER.rglob("*.case"))


def run_query(deskhouse, folder: pathlib.Path, block) -> list[str]:
    if block.arguments == ["deskhouse"]:
        rows = json.loads(deskhouse("-C", folder, "query", "--json", f"from ({block.sql}) order by all").stdout)
        return table(list(rows[0]), [[shown(value) for value in row.values()] for row in rows])
    with duckdb.connect(str(folder / "deskhouse.duckdb"), read_only=True) as connection:
        sql = block.sql if block.arguments == ["ordered"] else f"from ({block.sql}) order by all"
        result = connection.sql(sql)
        return table(result.columns, [[shown(value) for value in row] for row in result.fetchall()])


def run_metrics(deskhouse, folder: pathlib.Path, block) -> list[str]:
    rows = []
    for name in block.text:
        value = json.loads(deskhouse("-C", folder, "explain", "metric", name.strip(), "--json").stdout)["value"]
        rows.append([name.strip(), shown(float(value) if isinstance(value, int) else value)])
    return table(["metric", "value"], rows)


@pytest.mark.parametrize("path", CASES, ids=lambda p: str(p.relative_to(FOLDER).with_suffix("")))
def test_case(deskhouse, tmp_path, request, path):
    blocks = parse(path)
    columns = columns_by_entity(blocks)
    (tmp_path / "deskhouse.toml").write_text(project_text(blocks))
    for entity, names in columns.items():
        write_delivery(tmp_path, entity, names, [])

    results, different = [], []
    for block in blocks:
        if block.word == "rows":
            write_delivery(tmp_path, block.arguments[0], columns[block.arguments[0]], block.text)
        elif block.word == "run":
            deskhouse("-C", tmp_path, "run", *block.arguments)
        elif block.word in ("query", "metrics"):
            got = run_query(deskhouse, tmp_path, block) if block.word == "query" else run_metrics(deskhouse, tmp_path, block)
            results.append((block, got))
            expected = aligned(block.expected or [])
            if expected != got:
                changes = difflib.unified_diff(expected, got, "expected", "got", lineterm="", n=100)
                different.append("\n".join([f"{path.relative_to(REPO)}:{block.line}", *block.text, *changes]))
    if not results:
        raise BadCase(f"{path.name} has no @query and no @metrics")
    # What the increments left is what a full computation gives.
    deskhouse("-C", tmp_path, "verify")

    if request.config.getoption("--accept", default=False) or os.environ.get("GOLDEN_ACCEPT"):
        accept(path, results)
    else:
        assert not different, "\n\n" + "\n\n".join(different)


def queries() -> str:
    return "\n".join(block.sql for path in CASES for block in parse(path) if block.word == "query")


def test_every_model_has_a_case():
    text = queries()
    models = [f"{p.parent.name}.{p.stem}" for p in (REPO / "models").rglob("*.sql")]
    missing = [name for name in models if not re.search(rf"\b{re.escape(name)}\b", text)]
    assert not missing, f"no case below tests/golden queries {', '.join(sorted(missing))}"


def test_every_metric_has_a_case():
    asked = {name.strip() for path in CASES for block in parse(path) if block.word == "metrics" for name in block.text}
    defined = set(tomllib.loads((REPO / "models" / "metrics.toml").read_text()))
    assert not defined - asked, f"no case below tests/golden asks for {', '.join(sorted(defined - asked))}"
    assert not asked - defined
