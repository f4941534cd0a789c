"""A box that lives: mail comes steadily while its owner reads, searches and writes and backups are made; then it is hurt.

    sh bench/soak                         two hours at five messages a second, then the faults
    sh bench/soak --minutes 20            as long as that
    sh bench/soak --only kill             one part: live, kill, full, clock, names

*live*: memory over time with its slope, every answer that was no answer, every backup that was asked for, and at the end
every message by its Message-ID, in the box and in a box that is made of the last backup: none lost, none twice. *kill*: SIGKILL in the middle of deliveries, again and again; what was answered 250
is there. *full*: the vault on a file system that fills up; what is refused is refused for now, and after room is made
it goes on. *clock*: the machine's clock jumps ten days ahead and back. *names*: no name server answers.

Everything is on loopback in a temporary folder. A miss is printed as one, and the exit code says so.
"""

import argparse
import json
import pathlib
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
import zipfile

from box import Box, surroundings
from mail import Session, Writer
from names import Names
from run import measure
from sending import sink


class Living(Box):
    """A box of which its own log is kept, and that never refuses this machine."""

    def begin(self, *more, under=(), env=None, data=None):
        command = [*under, self.program, "serve", "--data", data or self.data, "--unlock-with", self.secret]
        for door in ("smtp", "http", "https"):
            command += [f"--{door}", "127.0.0.1:0"]
        command += ["--never-refuse", "127.0.0.0/8", *(more or ("--dns", "none"))]
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env={**surroundings(), **(env or {})})
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"caliopen did not start: exit code {self.process.wait()}")
        said = json.loads(line)
        self.smtp, self.http = (int(said[door][0].rsplit(":", 1)[1]) for door in ("smtp", "http"))

    def kept(self, data=None):
        """The Message-ID of every message, as an export of the whole box has them; the box must not be running."""
        archive = self.folder / "all.zip"
        command = [self.program, "export", "--data", data or self.data, "--unlock-with", self.secret, archive]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ids = []
        with zipfile.ZipFile(archive) as whole:
            for name in whole.namelist():
                if name.startswith("mail/"):
                    with whole.open(name) as message:
                        head = message.read(64 * 1024).split(b"\r\n\r\n")[0]
                    ids += [found.decode() for found in re.findall(rb"(?im)^message-id:\s*<([^>]+)>", head)[:1]]
        archive.unlink()
        return ids

    def errors(self):
        """Lines of the log that say that something went wrong."""
        return [line for line in (self.folder / "log").read_text(errors="replace").splitlines() if " ERROR " in line or "panicked" in line]


class Post:
    """Writes messages of which each can be told from every other, and remembers which were taken."""

    def __init__(self, seed):
        self.writer, self.taken, self.refused, self.broken = Writer(seed), [], {}, 0
        self.session = None

    def give(self, port):
        """One message; gives the code, or none where the connection broke."""
        sender, text = self.writer.message()
        name = f"soak.{id(self)}.{self.writer.written}@bench.test"
        text = re.sub(r"(?m)^Message-ID: .*$", f"Message-ID: <{name}>", text.replace("\r\n", "\n"), count=1).replace("\n", "\r\n")
        try:
            self.session = self.session or Session(port)
            code = self.session.give(sender, text)
        except OSError:
            self.hang_up()
            self.broken += 1
            return None, name
        except Exception:  # smtplib's own
            self.hang_up()
            self.broken += 1
            return None, name
        if code == 250:
            self.taken.append(name)
        else:
            self.refused[code] = self.refused.get(code, 0) + 1
            self.hang_up()
        return code, name

    def hang_up(self):
        if self.session:
            self.session.close()
        self.session = None


def verdict(table, what, taken, kept):
    """What was taken is there, once."""
    there = {}
    for name in kept:
        there[name] = there.get(name, 0) + 1
    lost = [name for name in taken if name not in there]
    twice = [name for name in taken if there.get(name, 0) > 1]
    table.add(f"{what}: taken and lost", "0", f"{len(lost)} of {len(taken)}", reached=not lost)
    table.add(f"{what}: kept twice", "0", f"{len(twice)}", reached=not twice)


def slope(samples):
    """MiB an hour by least squares."""
    if len(samples) < 3:
        return 0.0
    middle = statistics.mean(at for at, _ in samples)
    mean = statistics.mean(much for _, much in samples)
    below = sum((at - middle) ** 2 for at, _ in samples)
    return 3600 * sum((at - middle) * (much - mean) for at, much in samples) / below


class Visits:
    """What the owner does, in threads that run until they are told to end; every answer is counted."""

    def __init__(self, box, post):
        self.box, self.post, self.cookie = box, post, box.sign_in()
        self.ending, self.counts, self.wrong, self.lock = threading.Event(), {}, [], threading.Lock()

    def get(self, what, path):
        self.note(what, path, lambda: self.box.get(path, cookie=self.cookie))

    def note(self, what, path, act, right=(200,)):
        try:
            answer = act()
            status = answer.status
        except Exception as error:  # whatever kept it from answering is what we look for
            answer, status = None, repr(error)
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1
            if status not in right:
                self.wrong.append(f"{what} {path}: {status}")
        return answer

    def read(self):
        while not self.ending.wait(1):
            page = self.note("pages", "/", lambda: self.box.get("/", cookie=self.cookie))
            links = re.findall(r'href="(/discussions/\d+)"', page.text) if page else []
            for path in (random.choice(links) if links else "/contacts", "/privacy", "/ledger"):
                self.get("pages", path)

    def search(self):
        while not self.ending.wait(2):
            query = urllib.parse.urlencode({"q": self.post.writer.word()})
            self.get("searches", f"/search?{query}")

    def write(self):
        while not self.ending.wait(20):
            page = self.note("drafts", "/write", lambda: self.box.get("/write?to=p@sink.test", cookie=self.cookie))
            if not page:
                continue
            action = re.search(r'action="(/write/\d+)"', page.text)
            hidden = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text))
            if not action:
                self.wrong.append("no form on /write")
                continue
            fields = {**hidden, "from": "me@home.test", "to": "p@sink.test", "subject": "soak", "text": self.post.writer.text(800), "do": "send"}
            body = urllib.parse.urlencode(fields)
            self.note("sent", action[1], lambda: self.box.get(action[1], "POST", body, self.cookie), right=(303,))

    def form(self, path, **fields):
        """Sends the form of a page, its token and all."""
        page = self.note("forms", path, lambda: self.box.get(path, cookie=self.cookie))
        token = re.search(r'name="token" value="([^"]*)"', page.text if page else "")
        body = urllib.parse.urlencode({**fields, "token": token[1] if token else ""})
        return self.note("forms", path, lambda: self.box.get(path, "POST", body, self.cookie), right=(303,))

    def run(self, *works):
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        return threads


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


def kill(table, program, where, size):
    """SIGKILL while four connections deliver."""
    box, posts = Living(program, where, "kill"), [Post(20 + n) for n in range(4)]
    rounds = 5 if size.quick else 25
    for number in range(rounds):
        box.begin()
        ending = threading.Event()

        def work(post):
            while not ending.is_set() and post.give(box.smtp)[0] is not None:
                pass

        threads = [threading.Thread(target=work, args=(post,)) for post in posts]
        for thread in threads:
            thread.start()
        time.sleep(0.4 + 0.1 * (number % 7))
        box.process.kill()
        box.process.wait()
        ending.set()
        for thread in threads:
            thread.join()
        for post in posts:
            post.hang_up()
    box.process = None
    taken = [name for post in posts for name in post.taken]
    verdict(table, f"killed {rounds} times", taken, box.kept())


def full(table, program, where, size):
    """The vault's file system fills up while mail comes; room is made; it goes on."""
    box, post = Living(program, where, "full"), Post(31)
    small = pathlib.Path(where) / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", small], capture_output=True)
    if mounted.returncode != 0:
        print("  no file system of its own may be made here: the full disk is left out", file=sys.stderr)
        return
    try:
        data = small / "data"
        shutil.copytree(box.data, data)
        box.data = data
        ballast = small / "ballast"
        ballast.write_bytes(b"x" * (30 << 20))
        box.begin()
        until = time.monotonic() + 120
        while time.monotonic() < until and sum(post.refused.values()) + post.broken < 20:
            post.give(box.smtp)
        before = len(post.taken)
        alive = box.process.poll() is None and box.get("/sign-in").status == 200
        for_now = all(400 <= code < 500 for code in post.refused)
        ballast.unlink()
        until, code = time.monotonic() + 60, None
        while time.monotonic() < until and code != 250:
            code, _ = post.give(box.smtp)
            time.sleep(0.2 if code != 250 else 0)
        for _ in range(50):
            post.give(box.smtp)
        table.add("full disk: refused for now, and alive", "4xx, yes", f"{post.refused}, {'yes' if alive else 'no'}", "", f"after {before} messages; {post.broken} connections broke", bool(post.refused) and for_now and alive)
        table.add("full disk: goes on once there is room", "yes", "yes" if code == 250 else "no", "", f"{len(post.taken) - before} more", code == 250)
        box.stop()
        verdict(table, "full disk", post.taken, box.kept())
    finally:
        box.stop()
        subprocess.run(["umount", "-l", small], capture_output=True)


def clock(table, program, where, size):
    """The clock of the machine, as the program sees it, jumps ten days ahead, and back."""
    box, post = Living(program, where, "clock"), Post(41)
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        print("  faketime is not here: the clock that jumps is left out", file=sys.stderr)
        return
    offset = pathlib.Path(where) / "offset"
    offset.write_text("+0\n")
    env = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    try:
        box.begin(env=env)
        visits = Visits(box, post)
        for jump in ("+0\n", "+10d\n", "-10d\n", "+0\n"):
            offset.write_text(jump)
            time.sleep(2)
            for _ in range(20 if size.quick else 100):
                post.give(box.smtp)
            for path in ("/", "/journal", "/ledger", "/settings/dns", "/privacy"):
                # A session may have ended by the clock: being asked to sign in again is an answer.
                visits.note("pages", path, lambda path=path: box.get(path, cookie=visits.cookie), right=(200, 303))
        wrong = visits.wrong + box.errors()
        box.stop()
        table.add("clock jumps +10 d, -20 d, +10 d: refused, wrong", "0", f"{sum(post.refused.values()) + post.broken}, {len(wrong)}", "", (wrong or [""])[0][:100], not post.refused and not post.broken and not wrong)
        verdict(table, "clock jumps", post.taken, box.kept())
    finally:
        box.stop()


def names(table, program, where, size):
    """A name server that takes every question and answers none."""
    box, posts = Living(program, where, "names"), [Post(50 + n) for n in range(4)]
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    many = 2 if size.quick else 5
    try:
        box.begin("--dns", f"127.0.0.1:{silent.getsockname()[1]}")
        took = []

        def work(post):
            for _ in range(many):
                began = time.perf_counter()
                post.give(box.smtp)
                took.append(time.perf_counter() - began)

        threads = [threading.Thread(target=work, args=(post,)) for post in posts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = sum(sum(post.refused.values()) + post.broken for post in posts)
        errors = box.errors()
        box.stop()
        table.add("names dead: refused, errors", "0", f"{refused}, {len(errors)}", "", f"{len(took)} messages, {max(took):.1f} s at most", refused == 0 and not errors)
        verdict(table, "names dead", [name for post in posts for name in post.taken], box.kept())
    finally:
        box.stop(), silent.close()


PARTS = {"live": live, "kill": kill, "full": full, "clock": clock, "names": names}


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
