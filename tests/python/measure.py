"""Runs a command and prints its cost as JSON: {"status", "wall_ms", "cpu_ms", "peak_kib"}.

Processor time and peak memory are the kernel's own figures for this one process, from wait4.
"""

import json
import os
import subprocess
import sys
import time

started = time.monotonic()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
wall = time.monotonic() - started
child.returncode = os.waitstatus_to_exitcode(status)
cpu = usage.ru_utime + usage.ru_stime
cost = {"status": child.returncode, "wall_ms": wall * 1000, "cpu_ms": cpu * 1000, "peak_kib": usage.ru_maxrss}
print(json.dumps(cost))
