"""Backups: how long the first one of a mailbox takes, the next one with a little that is new, bringing it back, and in how
much memory. Into a folder on the same disk, so that what is measured is ours."""

import os
import subprocess
import time

from box import Box
from mail import Writer


def mbox(path, writer, messages):
    with path.open("w", errors="replace") as out:
        for _ in range(messages):
            _, text = writer.message()
            body = "\n".join(">" + line if line.startswith("From ") else line for line in text.replace("\r\n", "\n").split("\n"))
            out.write(f"From bench@peer.test Thu Jan  1 00:00:00 2026\n{body}\n\n")


def timed(command):
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[1]} ended with {status}: {said}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def backup(table, program, where, size):
    box = Box(program, where, "backup", keep_code=True)
    place, code = box.folder / "place", box.folder / "code"
    messages, more = (1_000, 20) if size.quick else (20_000, 100)
    writer, path = Writer(11), box.folder / "mail.mbox"
    mbox(path, writer, messages)
    box.load(path)
    make = [box.program, "backup", "--data", box.data, "--unlock-with", box.secret]
    first, memory = timed([*make, "--folder", place, "--code-with", code])
    table.add(f"backup of {messages} messages of 5 kB", "<= 60 s", f"{first:.1f} s", reached=first <= 60)
    mbox(path, writer, more)
    box.load(path)
    second, _ = timed(make)
    table.add(f"  the next one with {more} new messages", "<= 5 s", f"{second:.1f} s", reached=second <= 5)
    table.add("  most memory while it is made", "", f"{memory:.0f} MiB")
    bring = [box.program, "restore", "--data", box.folder / "again", "--folder", place, "--code-with", code]
    third, memory = timed(bring)
    table.add("  bringing it back, compared and indexed", "", f"{third:.1f} s", spread=f"{memory:.0f} MiB")
