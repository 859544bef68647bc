"""count_spark.py BROKERS TOPIC JARS: what Spark Structured Streaming takes to count a topic's events by priority, and nothing else.

Two cores in one process, one batch of all that is there. Prints the counts and, as `seconds`, the time that the query took without the start of Java."""

import json
import sys
import tempfile
import time

from pyspark.sql import SparkSession, functions as F

SCHEMA = "data struct<priority: string>"


def main(brokers, topic, jars):
    session = (SparkSession.builder.master("local[2]").config("spark.jars", jars).config("spark.driver.memory", "1g")
               .config("spark.sql.shuffle.partitions", "2").config("spark.ui.enabled", "false")
               .config("spark.ui.showConsoleProgress", "false").config("spark.log.level", "ERROR").getOrCreate())
    events = (session.readStream.format("kafka").option("kafka.bootstrap.servers", brokers).option("subscribe", topic)
              .option("startingOffsets", "earliest").load())
    counted = events.select(F.from_json(F.col("value").cast("string"), SCHEMA).alias("event")).groupBy("event.data.priority").count()
    counts = {}

    def keep(rows, _):
        counts.update({row["priority"]: row["count"] for row in rows.collect()})

    with tempfile.TemporaryDirectory() as checkpoint:
        start = time.monotonic()
        (counted.writeStream.outputMode("update").foreachBatch(keep).option("checkpointLocation", checkpoint)
         .trigger(availableNow=True).start().awaitTermination())
        seconds = time.monotonic() - start
        session.stop()
    print(json.dumps({"counts": counts, "seconds": seconds}))


main(*sys.argv[1:])
