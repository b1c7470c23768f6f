"""The checker's questions as one SQL statement on DuckDB, for comparison. See README.md.

    duckdb-check.py prepare RUN     writes RUN/writes.parquet and RUN/reads.parquet, from the history's own columns
    duckdb-check.py ask RUN         asks
"""

import sys

import duckdb

QUESTIONS = """
WITH
  seen AS (
    SELECT worker, seq, any_value(partition) AS partition, count(DISTINCT "offset") AS places,
           min("offset") AS first_offset, max("offset") AS last_offset
    FROM reads WHERE integrity = 0 GROUP BY worker, seq
  ),
  fates AS (
    SELECT
      count(*) FILTER (w.outcome = 0) AS acknowledged,
      count(*) FILTER (w.outcome = 0 AND s.places IS NULL) AS lost,
      count(*) FILTER (s.places > 1) AS duplicates,
      count(*) FILTER (w.outcome = 0 AND s.places = 1 AND s.first_offset <> w."offset") AS misplaced,
      count(*) FILTER (w.outcome = 2 AND s.places IS NOT NULL) AS aborted_reads,
      count(*) FILTER (w.outcome IS NULL OR w.partition <> s.partition) AS phantoms
    FROM writes w FULL OUTER JOIN seen s ON w.worker = s.worker AND w.seq = s.seq
  ),
  said AS (
    SELECT partition, "offset", worker, seq FROM reads
    UNION ALL
    SELECT partition, "offset", worker, seq FROM writes WHERE outcome = 0 AND "offset" >= 0
  ),
  divergence AS (
    SELECT count(*) AS divergent FROM (
      SELECT 1 FROM said GROUP BY partition, "offset"
      HAVING min(worker) <> max(worker) OR min(seq) <> max(seq)
    )
  ),
  real_time AS (
    SELECT count(DISTINCT partition) AS reordered FROM (
      SELECT partition, "completeNs" AS ret,
             max("invokeNs") OVER (PARTITION BY partition ORDER BY "offset") AS latest_call
      FROM writes WHERE outcome = 0 AND "offset" >= 0
    ) WHERE latest_call > ret
  )
SELECT * FROM fates, divergence, real_time
"""


def prepare(run):
    import pyarrow

    for name in ("writes", "reads"):
        with pyarrow.OSFile(f"{run}/{name}.arrow") as file:
            batches = pyarrow.ipc.open_stream(file)  # noqa: F841: DuckDB finds it by its name
            duckdb.sql(f"COPY (SELECT * FROM batches) TO '{run}/{name}.parquet' (FORMAT parquet)")


def ask(run):
    connection = duckdb.connect()
    connection.sql(f"SET temp_directory = '{run}/spill'")
    for name in ("writes", "reads"):
        connection.sql(f"CREATE VIEW {name} AS SELECT * FROM '{run}/{name}.parquet'")
    answer = connection.sql(QUESTIONS)
    print(dict(zip(answer.columns, answer.fetchall()[0])))


if __name__ == "__main__":
    {"prepare": prepare, "ask": ask}[sys.argv[1]](sys.argv[2])
