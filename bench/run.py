"""What the house must reach, measured on this machine, beside Postfix where there is something to compare.

    sh bench/run                 all figures
    sh bench/run --only rate     one group: size, rate, flushes, history, senders, compose, hostile, spam, openpgp, sealed,
                                 search, sending, living, backup, fetching, import, shipping
    sh bench/run --quick         small numbers, to see whether it works; the figures mean little

Every server is started here, in a temporary folder on a disk, on loopback. The two sides of the rate take
turns, so that a busy moment of the machine falls on both. A miss is printed as one.
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import traceback

from backup import backup
from box import Box, built
from fetching import fetching
from importing import importing
from living import living
from mail import Writer, deep, many_parts, send
from names import Names
from peer import Postfix
from search import search
from sending import sending
from shipping import shipping
from size import sizes
from spam import spam

FLUSHES = ("fsync(", "fdatasync(", "sync_file_range(", "msync(", "syncfs(", "sync(")


class Table:
    """The figures, one line each."""

    def __init__(self):
        self.rows, self.missed = [], 0

    def add(self, figure, wanted, ours, peer="", spread="", reached=None):
        verdict = "" if reached is None else ("reached" if reached else "MISSED")
        self.missed += reached is False
        self.rows.append((figure, wanted, ours, peer, spread, verdict))
        print(f"  {figure}: {ours} (wanted {wanted}) {verdict}", file=sys.stderr, flush=True)

    def show(self):
        rows = [("figure", "wanted", "ours", "postfix", "spread", ""), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        for number, row in enumerate(rows):
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
            if number == 0:
                print("  ".join("-" * width for width in widths))


def spread(values, unit=""):
    return f"{min(values):.0f} to {max(values):.0f}{unit}"


def load(port, messages, sessions=4):
    """smtp-source's load: a connection a message, 5,000 octets each. Stops at the first refusal."""
    command = ["smtp-source", "-s", str(sessions), "-m", str(messages), "-l", "5000", "-f", "bench@peer.test", "-t", "me@home.test"]
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True, timeout=300)


def rate(table, program, where, size):
    """Messages a second until the last one is kept: in our store, and in Postfix's Maildir."""
    box, peer = Box(program, where), Postfix(where)
    ours, theirs = [], []
    try:
        box.serve()
        load(box.smtp, 100), load(peer.port, 100)
        for _ in range(size.rounds):
            began = time.perf_counter()
            load(box.smtp, size.load)
            # The last 250 comes after the commit that keeps its message: nothing is left to wait for.
            ours.append(size.load / (time.perf_counter() - began))
            wait_for(peer, 0)
            began = time.perf_counter()
            load(peer.port, size.load)
            wait_for(peer, size.load)
            theirs.append(size.load / (time.perf_counter() - began))
            peer.empty()
    finally:
        box.stop(), peer.stop()
    mine, other = statistics.median(ours), statistics.median(theirs)
    table.add("accepted and kept, smtp-source -s 4 -l 5000", "ratio >= 1.0", f"{mine / other:.2f}", "1", "", mine >= other)
    table.add("  messages a second", "", f"{mine:.0f}", f"{other:.0f}", f"{spread(ours)} | {spread(theirs)}")


def wait_for(peer, messages):
    """Until that many more than none are in the Maildir; what warmed up is taken away first."""
    if messages == 0:
        time.sleep(0.2)
        peer.empty()
    ends = time.monotonic() + 120
    while peer.kept() < messages:
        if time.monotonic() > ends:
            raise SystemExit(f"Postfix delivered {peer.kept()} of {messages}")
        time.sleep(0.005)


def flushes(table, program, where, size):
    """Flushes of the disk a message; in a run of its own, because the tracer slows everything."""
    box, trace = Box(program, where, "flushes"), pathlib.Path(where) / "trace"
    count = lambda: sum(any(f" {call}" in line for call in FLUSHES) for line in trace.read_text().splitlines())
    under = ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", trace, "-e", "trace=fsync,fdatasync,sync_file_range,msync,syncfs,sync"]
    try:
        box.serve(under=under)
        writer = Writer(3)
        # What a box writes down when it starts is none of any message's.
        send(box.smtp, [writer.message() for _ in range(20)])
        begun = -1
        while begun != (begun := count()):
            time.sleep(2)
        for connections, wanted, reached in ((1, "<= 2", lambda n: n <= 2), (4, "< 1", lambda n: n < 1)):
            messages = [writer.message() for _ in range(size.flushes)]
            before = count()
            send(box.smtp, messages, connections)
            each = (count() - before) / len(messages)
            table.add(f"flushes a message, {connections} connection{'s' * (connections > 1)}", wanted, f"{each:.2f}", reached=reached(each))
    finally:
        box.stop()


def history(table, program, where, size):
    """CPU, disk, memory, pages and start, at nothing and after a history of text from many people."""
    box, writer = Box(program, where, "history"), Writer(7)
    try:
        box.serve()
        first, disk = cpu_of(box, writer, size.sample), box.disk()
        rest = size.history - 2 * size.sample
        for _ in range(max(rest, 0) // 1000):
            send(box.smtp, [writer.message() for _ in range(1000)])
        last = cpu_of(box, writer, size.sample)
        table.add("CPU a message, no history", "<= 3 ms", f"{first:.2f} ms", reached=first <= 3)
        table.add(f"CPU a message, after {writer.written:,}", "<= 3 ms, flat", f"{last:.2f} ms", "", f"{last / first:.2f} x", last <= 3 and last <= 1.25 * first)
        each = (box.disk() - disk) / (writer.written - size.sample) / 1000
        table.add("disk a message of 5 kB", "<= 7 kB", f"{each:.2f} kB", reached=each <= 7)
        peak = box.memory("VmHWM") / 1024
        table.add(f"memory after {writer.written:,}", "<= 64 MiB", f"{box.memory() / 1024:.0f} MiB", "", f"peak {peak:.0f}", box.memory() <= 65536)
        timeline(table, box, size, writer.written)
        after = box.memory() / 1024
        table.add("memory after signing in and reading", "<= 64 MiB", f"{after:.0f} MiB", reached=after <= 64)
        box.stop()
        starts, resident = [], []
        for _ in range(size.rounds):
            starts.append(box.serve(unlocked=False) * 1000)
            resident.append(box.memory() / 1024)
            box.stop()
        middle = statistics.median(starts)
        table.add("start to first answer, locked", "<= 1 s", f"{middle:.0f} ms", "", spread(starts, " ms"), middle <= 1000)
        least = statistics.median(resident)
        table.add("memory of a box that started locked", "<= 24 MiB", f"{least:.1f} MiB", "", spread(resident, " MiB"), least <= 24)
        table.add("  start to first answer, unlocked", "", f"{box.serve() * 1000:.0f} ms")
    finally:
        box.stop()


def cpu_of(box, writer, messages):
    """Milliseconds of our processor time for each message of a batch of so many."""
    batch = [writer.message() for _ in range(messages)]
    before = box.cpu()
    send(box.smtp, batch)
    return (box.cpu() - before) / messages * 1000


def timeline(table, box, size, messages):
    cookie = box.sign_in()
    for path in ("/", "/?page=2"):
        took = []
        for _ in range(size.pages):
            began = time.perf_counter()
            answer = box.get(path, cookie=cookie)
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise SystemExit(f"GET {path} answered {answer.status}")
        rows = answer.text.count('<li class="row')
        if rows != 50:
            print(f"  GET {path} has {rows} rows, not 50: its time says little", file=sys.stderr)
        took.sort()
        high = took[int(len(took) * 0.95)]
        figure = f"timeline, GET {path}, p95 with {messages:,}"
        table.add(figure, "<= 50 ms", f"{high:.1f} ms", "", f"median {statistics.median(took):.1f}, {rows} rows", high <= 50 and rows == 50)


def compose(table, program, where, size):
    """The page on which a message is written, with 5,000 people in the address book."""
    box = Box(program, where, "compose")
    try:
        people = 200 if size.quick else 5000
        written = pathlib.Path(box.data.parent) / "written.mbox"
        with written.open("w") as mbox:
            for n in range(people):
                to = f"person.{n * 7919 % 100003}@domain{n % 97}.example"
                mbox.write(f"From me Thu Jan  1 00:00:00 2026\nFrom: me@home.test\nTo: Person {n} <{to}>\nMessage-ID: <{n}@home>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\nSubject: {n}\n\ntext\n\n")
        box.stop()
        box.load(written)
        box.serve()
        cookie = box.sign_in()
        for path in ("/write", "/write?to=person.0@domain0.example", "/write/people?q=per"):
            took = []
            for _ in range(size.pages):
                began = time.perf_counter()
                answer = box.get(path, cookie=cookie)
                took.append((time.perf_counter() - began) * 1000)
                if answer.status != 200:
                    raise SystemExit(f"GET {path} answered {answer.status}")
            took.sort()
            high = took[int(len(took) * 0.95)]
            table.add(f"GET {path}, p95 with {people:,} people", "<= 40 ms", f"{high:.1f} ms", "", f"median {statistics.median(took):.1f}", high <= 40)
    finally:
        box.stop()


def hostile(table, program, where, size):
    """The processor that a message made to hurt costs until it is refused or kept bounded."""
    box = Box(program, where, "hostile")
    try:
        box.serve()
        send(box.smtp, [Writer(5).message()])
        for figure, text in (("message of 20,000 parts", many_parts(20_000)), ("message of depth 1,000", deep(1000))):
            costs, code = [], 0
            for _ in range(size.rounds):
                before = box.cpu_fine()
                code = attempt(box.smtp, text)
                costs.append((box.cpu_fine() - before) * 1000)
            middle = statistics.median(costs)
            table.add(f"CPU for a {figure}", "<= 50 ms", f"{middle:.1f} ms", "", f"answer {code}, {spread(costs, ' ms')}", middle <= 50)
    finally:
        box.stop()


def attempt(port, text):
    from mail import Session

    session = Session(port)
    code = session.give("a@b.test", text)
    session.close()
    return code


def machine(where):
    """What it was measured on: processor, memory, file system, and what a flush costs here."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = int(open("/proc/meminfo").readline().split()[1]) // 1024**2
    kind = subprocess.run(["stat", "-f", "-c", "%T", where], capture_output=True, text=True).stdout.strip()
    costs = []
    with open(pathlib.Path(where) / "flush", "wb") as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            costs.append((time.perf_counter() - began) * 1e6)
    version = subprocess.run(["postconf", "-h", "mail_version"], capture_output=True, text=True).stdout.strip()
    load = os.getloadavg()[0]
    print(f"{model}, {os.cpu_count()} cores, {memory} GiB; Linux {platform.release()}; {kind}, a flush {statistics.median(costs):.0f} us")
    print(f"postfix {version or '-'}; load when it began {load:.1f}{' (busy: figures of time are too high)' if load > 0.7 else ''}\n", flush=True)


def openpgp(table, program, where, size):
    """What OpenPGP costs: a key, a small message, a large one side by side with GnuPG, and the memory of a very large one."""
    bench, folder = built("openpgp", size), pathlib.Path(where) / "openpgp"
    folder.mkdir()

    def said(*more):
        return json.loads(subprocess.run([bench, folder, str(size.rounds), *more], check=True, capture_output=True, text=True).stdout)

    figures = said()
    made, read = statistics.median(figures["made"]), statistics.median(figures["read"])
    table.add("a new key", "<= 100 ms", f"{made:.1f} ms", "", spread(figures["made"], " ms"), made <= 100)
    table.add(f"CPU to open {figures['size']:,} octets, encrypted and signed", "<= 5 ms", f"{read:.2f} ms", "", f"{min(figures['read']):.2f} to {max(figures['read']):.2f} ms", read <= 5)
    ours, gnupg = statistics.median(figures["ours"]), statistics.median(figures["gnupg"])
    taken = f"{spread(figures['ours'])} | {spread(figures['gnupg'])} ms"
    table.add("opening 10 MB, and GnuPG", "<= 2 x GnuPG", f"{ours:.0f} ms", f"({gnupg:.0f})", taken, ours <= 2 * gnupg)
    # What is sealed is written once, and is larger in digits; what is opened becomes what is shown where it lies.
    for what, most in (("seal", 1.5), ("open", 1.0)):
        figures = said(what)
        more, size_of = (figures["after"] - figures["before"]) / 1024, figures["octets"] / 1048576
        figure, taken = f"memory more to {what} {size_of:.0f} MiB (25 MiB of file)", f"{figures['after'] / 1024:.0f} MiB at most"
        table.add(figure, f"<= {most} x", f"{more:.0f} MiB", "", taken, more <= most * size_of)


def sealed(table, program, where, size):
    """What encrypting costs: the rate over the encrypting backend and over none, in turns, and opening a large vault."""
    bench = built("sealed", size)
    folder = pathlib.Path(where) / "sealed"
    folder.mkdir()
    load, large = (200, 2000) if size.quick else (2000, 100_000)
    ran = subprocess.run([bench, folder, str(load), str(size.rounds), str(large)], check=True, capture_output=True, text=True)
    said = json.loads(ran.stdout)
    mine, other = statistics.median(said["sealed"]), statistics.median(said["bare"])
    cost = (1 - mine / other) * 100
    table.add("rate lost to the encrypting backend", "<= 25 %", f"{cost:.0f} %", "", "", cost <= 25)
    table.add("  messages a second, encrypted and not", "", f"{mine:.0f}", f"({other:.0f})", f"{spread(said['sealed'])} | {spread(said['bare'])}")
    opened = statistics.median(said["opened"]) * 1000
    took = spread([value * 1000 for value in said["opened"]], " ms")
    table.add(f"opening {said['messages']:,} messages, after the key", "<= 2 s", f"{opened:.0f} ms", "", took, opened <= 2000)


def senders(table, program, where, size):
    """CPU that authenticating the sender adds, with warm DNS: a signed message of the corpora, and a name server here."""
    corpora = os.environ.get("CALIOPEN_CORPORA")
    folder = pathlib.Path(corpora or "/nowhere") / "auth/dkim-verifier"
    if not folder.is_dir():
        print("  the corpora are not there: what authentication costs is left out", file=sys.stderr)
        return
    text = (folder / "rfc6376-A.2.eml").read_text().replace("\r\n", "\n").replace("\n", "\r\n")
    sender, keys = "joe@football.example.com", json.loads((folder / "dns.json").read_text())
    names = Names({**keys, "football.example.com": "v=spf1 ip4:127.0.0.1 -all", "_dmarc.example.com": "v=DMARC1; p=none"})
    each = {}
    try:
        for name, dns in (("without", "none"), ("with", f"127.0.0.1:{names.port}")):
            box = Box(program, where, f"senders-{name}")
            try:
                box.serve(dns=dns)
                send(box.smtp, [(sender, text)] * 20)
                before, asked = box.cpu(), names.asked
                send(box.smtp, [(sender, text)] * size.sample)
                each[name] = (box.cpu() - before) / size.sample * 1000
            finally:
                box.stop()
    finally:
        names.close()
    cost = each["with"] - each["without"]
    questions = (names.asked - asked) / size.sample
    table.add("CPU a message for authentication, warm DNS", "<= 2 ms", f"{cost:.2f} ms", "", f"{questions:.2f} questions", cost <= 2)


GROUPS = {"size": sizes, "rate": rate, "flushes": flushes, "history": history, "senders": senders, "compose": compose, "hostile": hostile, "spam": spam, "openpgp": openpgp, "sealed": sealed, "search": search, "sending": sending, "living": living, "backup": backup, "fetching": fetching, "import": importing, "shipping": shipping}


def measure(parts, size, prefix):
    """Runs the parts that were asked for in a folder of their own and shows the table; gives the exit code."""
    where, table = tempfile.mkdtemp(prefix=prefix, dir=size.where), Table()
    os.chmod(where, 0o755)
    try:
        machine(where)
        for name in size.only or parts:
            # Of its own, and gone afterwards: two may start the same server, and a hundred thousand messages are large.
            folder = os.path.join(where, name)
            os.mkdir(folder, 0o755)
            try:
                parts[name](table, pathlib.Path(size.program).resolve(), folder, size)
            except (Exception, SystemExit) as error:
                traceback.print_exc()
                table.add(name, "", f"{type(error).__name__}: {error}", reached=False)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        shutil.rmtree(where, ignore_errors=True)
        table.show()
    return 1 if table.missed else 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", default="target/release/caliopen")
    arguments.add_argument("--only", action="append", choices=GROUPS)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--where", default="/var/tmp", help="a folder on the disk to measure")
    arguments.add_argument("--history", type=int)
    arguments.add_argument("--living", type=int, default=100_000, help="messages to live with")
    arguments.add_argument("--gigabytes", type=int, default=10, help="of mail to move in with")
    size = arguments.parse_args()
    size.rounds, size.load, size.flushes, size.pages = (2, 200, 40, 20) if size.quick else (5, 2000, 400, 200)
    size.history = size.history or (2000 if size.quick else 20_000)
    size.sample = min(2000, size.history // 4)
    return measure(GROUPS, size, "caliopen-bench-")


if __name__ == "__main__":
    sys.exit(main())
