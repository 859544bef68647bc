"""measure.py RESULTS NAME COMMAND...: runs the command, appends its wall seconds and peak memory. measure.py --seconds RESULTS NAME COMMAND...:
appends the number that the command prints last. measure.py --summary RESULTS: medians and ratios."""

import collections
import os
import statistics
import subprocess
import sys
import time


def measure(results, name, command):
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{name}: exit status {os.waitstatus_to_exitcode(status)}")
    with open(results, "a") as out:
        print(name, f"{wall:.3f}", usage.ru_maxrss // 1024, sep="\t", file=out)
    print(f"{name:14} {wall:8.2f} s {usage.ru_maxrss // 1024:6} MiB", flush=True)


def seconds(results, name, command):
    """A time that the command has measured itself, which has no peak memory."""
    value = float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1])
    with open(results, "a") as out:
        print(name, f"{value:.3f}", 0, sep="\t", file=out)
    print(f"{name:14} {value:8.3f} s", flush=True)


def summary(results):
    walls, peaks = collections.defaultdict(list), collections.defaultdict(list)
    for line in open(results):
        name, wall, peak = line.split("\t")
        walls[name].append(float(wall))
        peaks[name].append(int(peak))
    median = {name: statistics.median(values) for name, values in walls.items()}
    print("\nmedian of", len(walls["full"]), "runs")
    for name, wall in median.items():
        print(f"{name:14} {wall:8.3f} s {statistics.median(peaks[name]):6.0f} MiB")
    ratio = statistics.median(a / b for a, b in zip(walls["full"], walls["plain_duckdb"]))
    print(f"\nfull / plain DuckDB   {ratio:6.2f}      target: at most 1")
    print(f"full, peak memory     {max(peaks['full']):6d} MiB  target: at most 512")
    print(f"incremental           {median['incremental']:6.2f} s    target (a million tickets): under 0.5")
    print(f"  tickets alone       {median['tickets_only']:6.2f} s")
    print(f"checks, full load     {median['checks_full']:6.2f} s    target (a million tickets): under 1")
    print(f"checks, incremental   {median['checks_next']:6.2f} s")
    print(f"--version             {median['version'] * 1000:6.0f} ms   target: under 30")


if sys.argv[1] == "--summary":
    summary(sys.argv[2])
elif sys.argv[1] == "--seconds":
    seconds(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    measure(sys.argv[1], sys.argv[2], sys.argv[3:])
