"""Runs a command and prints its cost as JSON: {"status", "wall_ms", "peak_kib"}.

Peak memory is the kernel's own figure for this one process, from wait4.
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
print(json.dumps({"status": child.returncode, "wall_ms": wall * 1000, "peak_kib": usage.ru_maxrss}))
