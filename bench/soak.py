"""A box that lives: mail comes steadily while its owner reads, searches and writes and backups are made; then it is hurt.

    sh bench/soak                         two hours at five messages a second, then the faults
    sh bench/soak --minutes 20            as long as that
    sh bench/soak --only kill             one part: live, kill, full, disk, clock, names

*live*: memory over time with its slope, every answer that was no answer, every backup that was asked for, and at the end
every message by its Message-ID, in the box and in a box that is made of the last backup: none lost, none twice. *kill*: SIGKILL in the middle of deliveries, again and again; what was answered 250
is there. *full*: the vault on a file system that fills up, to the reserve by mail and to the last octet by somebody else;
what is refused is refused for now, and after room is made it goes on. *disk*: the system calls of the running box answer
"input/output error" or "no space left" for a while, always or now and then, for writing, flushing and reading; afterwards
the box opens its store again by itself. *clock*: the machine's clock jumps ten days ahead and back. *names*: no name server
answers. Each says how often it hurt, and what senders were answered meanwhile.

Everything is on loopback in a temporary folder. A miss is printed as one, and the exit code says so.
"""

import argparse
import statistics
import subprocess
import sys
import time

import faults
from watched import Living, Post, Visits, verdict
from names import Names
from run import measure
from sending import sink


def slope(samples):
    """MiB an hour by least squares."""
    if len(samples) < 3:
        return 0.0
    middle = statistics.mean(at for at, _ in samples)
    mean = statistics.mean(much for _, much in samples)
    below = sum((at - middle) ** 2 for at, _ in samples)
    return 3600 * sum((at - middle) * (much - mean) for at, much in samples) / below


class Backups:
    """Backups into a folder beside the box, asked for again and again on the page of the box that runs."""

    PAGE = "/settings/backup"

    def __init__(self, visits, every):
        self.visits, self.box, self.every = visits, visits.box, every
        self.place, self.code, self.asked, self.seen = self.box.folder / "place", self.box.folder / "code", 0, set()
        visits.form(self.PAGE, do="on", kind="folder", at=self.place, often="weekly", limit="0", code=self.code.read_text().strip())

    def look(self):
        """Every one that was there at some time: of one day only the last stays."""
        there = {file.name for file in (self.place / "snapshots").glob("*")}
        self.seen |= there
        return there

    def ask(self):
        self.asked += 1
        self.visits.form(self.PAGE, do="now")

    def run(self):
        again = time.monotonic() + self.every
        while not self.visits.ending.wait(0.5):
            self.look()
            if time.monotonic() >= again:
                again += self.every
                self.ask()

    def last(self):
        """One that was begun after now: the one that was on its way may end first."""
        for _ in range(2):
            before, until = len(self.seen | self.look()), time.monotonic() + 600
            self.ask()
            while time.monotonic() < until and len(self.seen | self.look()) == before:
                time.sleep(0.2)

    def restored(self):
        """The Message-IDs in a box that is made of the last one."""
        again = self.box.folder / "again"
        command = [self.box.program, "restore", "--data", again, "--folder", self.place, "--code-with", self.code]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self.box.kept(again)


def live(table, program, where, size):
    box, post = Living(program, where, "live", keep_code=True), Post(11)
    server, port = sink()
    names = Names({}, {"sink.test": "127.0.0.1"})
    seconds = size.minutes * 60
    try:
        box.begin("--dns", f"127.0.0.1:{names.port}", "--smtp-port-out", str(port))
        visits = Visits(box, post)
        # Often enough that the disk feels it, seldom enough that one has ended when the next one is asked for.
        backups = Backups(visits, max(15, min(600, seconds / 6)))
        threads = visits.run(visits.read, visits.search, visits.write, backups.run)
        samples, late, began = [], 0, time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            code, _ = post.give(box.smtp)
            if code != 250:
                time.sleep(0.2)
            if not samples or passed - samples[-1][0] >= 5:
                samples.append((passed, box.memory() / 1024, box.memory("RssAnon") / 1024))
            behind = time.monotonic() - began - (len(post.taken) + sum(post.refused.values())) / size.rate
            late = max(late, behind)
            time.sleep(max(0, -behind))
        backups.last()
        visits.ending.set()
        for thread in threads:
            thread.join()
        resident, peak, disk = box.memory() / 1024, box.memory("VmHWM") / 1024, box.disk() / 1e6
        box.stop()
        half = samples[len(samples) // 2 :]
        whole, anonymous = (slope([(sample[0], sample[n]) for sample in half]) for n in (1, 2))
        done = ", ".join(f"{many} {what}" for what, many in sorted(visits.counts.items()))
        table.add(f"lived {size.minutes} min at {size.rate}/s", "", f"{len(post.taken):,} messages", "", f"{done}; {disk:.0f} MB; at most {late:.0f} s late")
        # In less than an hour what grows cannot be told from what warms up.
        flat = None if seconds < 3600 else anonymous <= 4
        table.add("  memory in the second half", "<= 4 MiB/h", f"{whole:+.1f} MiB/h", "", f"anonymous {anonymous:+.1f} MiB/h; {half[0][1]:.0f} to {half[-1][1]:.0f}, peak {peak:.0f} MiB", flat)
        table.add("  memory at the end", "", f"{resident:.0f} MiB")
        refused = sum(post.refused.values()) + post.broken
        table.add("  refused, or the connection broke", "0", f"{refused}", "", f"{post.refused or ''}", refused == 0)
        wrong = visits.wrong + box.errors()
        table.add("  answers that were none, errors in the log", "0", f"{len(wrong)}", "", (wrong or [""])[0][:100], not wrong)
        verdict(table, "  lived", post.taken, box.kept())
        table.add("  backups asked for, and made", "", f"{backups.asked}, {len(backups.seen)}", reached=len(backups.seen) >= backups.asked - 1)
        verdict(table, "  of the last backup", post.taken, backups.restored())
    finally:
        box.stop(), server.terminate(), names.close()


PARTS = {"live": live, **faults.PARTS}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--program", default="target/release/caliopen")
    arguments.add_argument("--minutes", type=float, default=120)
    arguments.add_argument("--rate", type=float, default=5, help="messages a second")
    arguments.add_argument("--only", action="append", choices=PARTS)
    arguments.add_argument("--quick", action="store_true", help="fewer faults")
    arguments.add_argument("--where", default="/var/tmp", help="a folder on a disk")
    size = arguments.parse_args()
    return measure(PARTS, size, "caliopen-soak-")


if __name__ == "__main__":
    sys.exit(main())
