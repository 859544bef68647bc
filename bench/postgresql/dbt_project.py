"""Writes the dbt project that does what plain_duckdb.py does, from the same SQL. dbt_project.py FOLDER"""

import pathlib
import re
import sys

import plain_duckdb as plain


def as_model(sql):
    """Tables that other models make are referred to, so that dbt knows the order."""
    return re.sub(r"\b(fact_tickets)\b", "{{ ref('fact_tickets') }}", sql)


folder = pathlib.Path(sys.argv[1])
models = folder / "models"
models.mkdir(parents=True, exist_ok=True)
(folder / "dbt_project.yml").write_text("name: desk\nversion: 1.0.0\nprofile: desk\nmodels: {desk: {+materialized: table}}\n")
(folder / "profiles.yml").write_text("desk:\n  target: local\n  outputs:\n    local: {type: duckdb, path: \"{{ env_var('WAREHOUSE') }}\", threads: 2}\n")
made = {"fact_tickets": plain.cleaned("raw.tickets"), "fact_surveys": plain.SURVEYS.format("raw.surveys"),
        "fact_time": plain.TIME.format("raw.time_entries")}
for statement in (plain.DIMENSIONS + ";" + plain.SUMMARIES).split(";"):
    if found := re.search(r"create or replace table (\w+) as(.*)", statement, re.S):
        made[found[1]] = as_model(found[2])
for name, sql in made.items():
    (models / f"{name}.sql").write_text(sql)
