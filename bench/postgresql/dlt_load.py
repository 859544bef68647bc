"""dlt, as its guide for databases says: connectorx into Arrow, nine tables into DuckDB's schema raw. dlt_load.py WAREHOUSE FOLDER"""

import os
import sys

os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR")
import dlt  # noqa: E402
from dlt.sources.sql_database import sql_database  # noqa: E402

warehouse, folder = sys.argv[1:]
tables = ["departments", "agents", "requesters", "assets", "changes", "problems", "tickets", "surveys", "time_entries"]
url = "postgresql://{PGUSER}:{PGPASSWORD}@{PGHOST}:{PGPORT}/{PGDATABASE}?sslmode=disable".format(**os.environ)
source = sql_database(url.replace("postgresql:", "postgresql+psycopg2:"), table_names=tables, backend="connectorx", chunk_size=100_000,
                      backend_kwargs={"return_type": "arrow", "conn": url})
for table in tables:
    source.resources[table].apply_hints(write_disposition="replace")
dlt.pipeline("desk", destination=dlt.destinations.duckdb(warehouse), dataset_name="raw", pipelines_dir=folder).run(source)
