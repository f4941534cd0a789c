"""Moving in from a file: how many messages a second an mbox gives, indexed and scored, and what memory that takes."""

import os
import pathlib
import subprocess
import time

from box import Box
from mail import Writer


def mbox(path, messages):
    writer = Writer(61)
    with path.open("w") as out:
        for _ in range(messages):
            sender, text = writer.message()
            out.write(f"From {sender} Thu Jan  1 00:00:00 2026\n{text.replace(chr(13), '')}\n")


def importing(table, program, where, size):
    messages = 2_000 if size.quick else 20_000
    path = pathlib.Path(where) / "import.mbox"
    mbox(path, messages)
    rates, peaks = [], []
    for number in range(2 if size.quick else 3):
        box = Box(program, where, f"import-{number}")
        command = [box.program, "import", "--data", box.data, "--unlock-with", box.secret, path]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"importing ended with {process.returncode}")
        rates.append(messages / (time.perf_counter() - began))
        peaks.append(used.ru_maxrss / 1024)
    path.unlink()
    rates.sort()
    middle, peak = rates[len(rates) // 2], max(peaks)
    table.add(f"an mbox of {messages:,} messages of 5 kB taken in", ">= 1,000/s", f"{middle:.0f}/s", "", f"{rates[0]:.0f} to {rates[-1]:.0f}", middle >= 1000)
    # What trying the passphrase takes is in it.
    table.add("  memory at most", "<= 128 MiB", f"{peak:.0f} MiB", reached=peak <= 128)
