"""Moving in from a file: how many messages a second an mbox gives, indexed and scored, and what memory that takes, of small
messages and of large ones.

Trying the passphrase takes memory of its own, as much as the machine allows and for a moment. It is measured beside what
follows: the highest mark is set back (`clear_refs`, proc(5)) as soon as the first messages are in the store."""

import base64
import pathlib
import random
import re
import subprocess
import time

from box import Box
from mail import Writer

# Octets of an attachment of a large message, before base 64.
LARGE = 12_000_000


def mbox(path, messages):
    writer = Writer(61)
    with path.open("w") as out:
        for _ in range(messages):
            sender, text = writer.message()
            out.write(f"From {sender} Thu Jan  1 00:00:00 2026\n{text.replace(chr(13), '')}\n")


def large(path, messages):
    noise = random.Random(61)
    with path.open("wb") as out:
        for number in range(messages):
            out.write(
                f"From x Thu Jan  1 00:00:00 2026\nFrom: a{number}@x.test\nTo: me@home.test\nSubject: film {number}\n"
                f"Date: Thu, 1 Jan 2026 00:00:00 +0000\nMessage-ID: <film{number}@x.test>\nMIME-Version: 1.0\n"
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nlook\n--b\n"
                "Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=film.bin\n"
                "Content-Transfer-Encoding: base64\n\n".encode()
            )
            out.write(base64.encodebytes(noise.randbytes(LARGE)) + b"--b--\n\n")


def years(path, octets):
    """What somebody may have after years: a file of up to 8 MB at every eighth message, half of the files below 150 kB."""
    writer, noise, count = Writer(62), random.Random(62), 0
    pool = base64.encodebytes(noise.randbytes(12_000_000))
    with path.open("wb") as out:
        while out.tell() < octets:
            count += 1
            sender, text = writer.message()
            text = text.replace("\r", "")
            out.write(f"From {sender} Thu Jan  1 00:00:00 2026\n".encode())
            if count % 8:
                out.write(f"{text}\n".encode())
                continue
            head, said = text.split("MIME-Version: 1.0\n")
            size = min(8_000_000, int(noise.lognormvariate(11.9, 1.5)))
            begin = noise.randrange(len(pool) - size) // 77 * 77
            out.write(
                f"{head}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{said}\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename=f{count}.bin\n"
                "Content-Transfer-Encoding: base64\n\n".encode()
            )
            out.write(pool[begin : begin + size // 77 * 77] + b"--b--\n\n")
    return count


def highest(process):
    """MiB at most since it began, or since the mark was set back; none where it has ended."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found.group(1)) / 1024 if found else None


def taken(box, path):
    """Takes a file in: seconds, and MiB at most until the first messages are kept and after that."""
    store, before, after = box.data / "vault.redb", 0, 0
    empty = store.stat().st_size
    command = [box.program, "import", "--data", box.data, "--unlock-with", box.secret, path]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    begun = False
    while process.poll() is None:
        now = highest(process)
        if now and begun:
            after = max(after, now)
        elif now:
            before = max(before, now)
            begun = store.stat().st_size > empty
            if begun:
                pathlib.Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        time.sleep(0.01)
    if process.returncode:
        raise SystemExit(f"importing ended with {process.returncode}")
    return time.perf_counter() - began, before, after


def importing(table, program, where, size):
    messages = 2_000 if size.quick else 20_000
    path = pathlib.Path(where) / "import.mbox"
    mbox(path, messages)
    rates, trying, peaks = [], [], []
    for number in range(2 if size.quick else 3):
        took, before, after = taken(Box(program, where, f"import-{number}"), path)
        rates.append(messages / took)
        trying.append(before)
        peaks.append(after)
    rates.sort()
    middle, peak = rates[len(rates) // 2], max(peaks)
    table.add(f"an mbox of {messages:,} messages of 5 kB taken in", ">= 1,000/s", f"{middle:.0f}/s", "", f"{rates[0]:.0f} to {rates[-1]:.0f}", middle >= 1000)
    table.add("  memory at most", "<= 128 MiB", f"{peak:.0f} MiB", "", f"{min(peaks):.0f} to {peak:.0f}", peak <= 128)
    table.add("  before it, while the passphrase is tried", "-", f"{max(trying):.0f} MiB", "", f"{min(trying):.0f} to {max(trying):.0f}")
    many = 5 if size.quick else 60
    large(path, many)
    octets = path.stat().st_size
    took, _, peak = taken(Box(program, where, "import-large"), path)
    table.add(f"an mbox of {many} messages of {octets / many / 1e6:.0f} MB taken in", "-", f"{octets / took / 1e6:.0f} MB/s")
    table.add("  memory at most", "<= 128 MiB", f"{peak:.0f} MiB", reached=peak <= 128)
    count = years(path, (0.2 if size.quick else size.gigabytes) * 1e9)
    octets = path.stat().st_size
    took, before, peak = taken(Box(program, where, "import-years"), path)
    path.unlink()
    table.add(f"an mbox of {octets / 1e9:.1f} GB, {count:,} messages", "-", f"{count / took:.0f}/s", "", f"{took:.0f} s, {octets / took / 1e6:.0f} MB/s")
    table.add("  memory at most", "<= 64 MiB", f"{peak:.0f} MiB", "", f"{before:.0f} MiB while the passphrase is tried", peak <= 64)
