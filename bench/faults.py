"""What is done to a box in `bench/soak`: it is killed, its disk fills up or fails, its clock jumps, no name server answers. Of
each: how often it was done, what senders were answered, and that what was taken is there, once."""

import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from watched import Living, Post, Visits, verdict


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


def tally(codes):
    """Answers by kind, in words."""
    return ", ".join(f"{many} x {code or 'broken'}" for code, many in sorted(codes.items(), key=str)) or "none"


def brim(table, box, post, ballast, rounds):
    """Somebody else takes the last octet of the disk while mail comes, again and again: below the reserve."""
    met, codes, waits = 0, {}, []
    for _ in range(rounds):
        errors, ending = len(box.errors()), threading.Event()

        def fill(ending=ending):
            # Into room that the box gives back, too.
            with ballast.open("ab", buffering=0) as out:
                while not ending.is_set():
                    try:
                        out.write(b"x" * 65536)
                    except OSError:
                        try:
                            out.write(b"x" * 512)
                        except OSError:
                            time.sleep(0.001)

        filler = threading.Thread(target=fill)
        # In the middle of a commit: the room was looked at before.
        threads, ended = deliverers([post], box.smtp, codes)
        time.sleep(0.2)
        filler.start()
        time.sleep(1.5)
        ending.set(), ended.set()
        for thread in (filler, *threads):
            thread.join()
        ballast.unlink()
        waits.append(recovery(box) if post.insist(box.smtp)[0] else float("inf"))
        met += len(box.errors()) > errors
    slowest = max(waits)
    table.add(f"disk full to the last octet, {rounds} times: answers", "250, 4xx", tally(codes), "", f"met by a commit {met} times", kind(codes))
    table.add("  open again by itself", "<= 30 s", f"{slowest:.1f} s at most", reached=slowest <= 30)


def kind(codes):
    """Whether every answer was yes or not now."""
    return all(code == 250 or (code and 400 <= code < 500) for code in codes)


def deliverers(posts, port, codes):
    """Each of them delivers until it is told to end, as a mail server does: what was refused for now is tried again."""
    ended, lock = threading.Event(), threading.Lock()

    def work(post):
        while not ended.is_set():
            code, _ = post.insist(port)
            with lock:
                codes[code] = codes.get(code, 0) + 1
            if code != 250:
                ended.wait(0.1)

    threads = [threading.Thread(target=work, args=(post,)) for post in posts]
    for thread in threads:
        thread.start()
    return threads, ended


def stands(box):
    """What `/health` says to this machine: the status, whether it can write, whether it is locked."""
    connection = http.client.HTTPConnection("127.0.0.1", box.http, timeout=30)
    connection.request("GET", "/health", headers={"Host": f"127.0.0.1:{box.http}", "Accept": "application/json"})
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said.get("writes"), said.get("locked")


def recovery(box, most=120):
    """Seconds until the box is open and can write; infinite where it does not come to that."""
    began = time.monotonic()
    while time.monotonic() - began < most:
        if stands(box) == (200, True, False):
            return time.monotonic() - began
        time.sleep(0.1)
    return float("inf")


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
        brim(table, box, post, ballast, 3 if size.quick else 10)
        box.stop()
        verdict(table, "full disk", post.taken, box.kept())
    finally:
        box.stop()
        subprocess.run(["umount", "-l", small], capture_output=True)


# What is hurt, with which error, and at which calls: N+ is from the N-th on, N+M each M-th from the N-th on.
WRITING, FLUSHING = "pwrite64,ftruncate,fallocate", "fsync,fdatasync"
HURTS = (
    ("writing fails", WRITING, "EIO", "1+"),
    ("writing fails in the middle of a commit", WRITING, "EIO", "40+"),
    ("each fifth write fails", WRITING, "EIO", "5+5"),
    ("flushing fails", FLUSHING, "EIO", "1+"),
    ("each third flush fails", FLUSHING, "EIO", "3+3"),
    ("nothing can be written or flushed", f"{WRITING},{FLUSHING}", "EIO", "1+"),
    ("reading fails", "pread64", "EIO", "1+"),
    ("each seventh reading fails", "pread64", "EIO", "7+7"),
    ("no space left", WRITING, "ENOSPC", "1+"),
    ("no space left now and then", WRITING, "ENOSPC", "3+9"),
)


class Hurt:
    """Makes system calls of a running process fail for as long as it lasts."""

    def __init__(self, process, calls, error, when, trace):
        command = ["strace", "-f", "-qq", "-o", trace, "-p", str(process), "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}:when={when}"]
        self.trace, self.tracer = trace, subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def end(self):
        """How many calls failed, by name."""
        self.tracer.send_signal(signal.SIGINT)
        self.tracer.wait(30)
        failed = {}
        for call in re.findall(r"(?m)^\d+ +(\w+)\(.*INJECTED\)$", self.trace.read_text(errors="replace")):
            failed[call] = failed.get(call, 0) + 1
        return failed


def disk(table, program, where, size):
    """Calls of the running box fail for some seconds; deliveries go on meanwhile; then they are let be."""
    if shutil.which("strace") is None:
        print("  strace is not here: the disk that fails is left out", file=sys.stderr)
        return
    box, posts = Living(program, where, "disk"), [Post(60 + n) for n in range(4)]
    seconds = 3 if size.quick else 10
    try:
        box.begin()
        visits = Visits(box, posts[0])
        threads, ended = deliverers(posts, box.smtp, {})
        time.sleep(2)
        ended.set()
        for thread in threads:
            thread.join()
        for what, calls, error, when in HURTS:
            codes, said, began = {}, set(), time.monotonic()
            hurt = Hurt(box.process.pid, calls, error, when, box.folder / "trace")
            threads, ended = deliverers(posts, box.smtp, codes)
            while time.monotonic() - began < seconds:
                time.sleep(0.5)
                said.add(stands(box))
            failed, during = hurt.end(), dict(codes)
            # Mail goes on coming while the store stands still, and is taken into what lies in front of it.
            again = recovery(box)
            ended.set()
            for thread in threads:
                thread.join()
            after, _ = posts[0].insist(box.smtp)
            page = box.get("/", cookie=visits.cookie).status
            told = "said so" if any(status != 200 for status, _, _ in said) else "not said"
            times = ", ".join(f"{many} {call}" for call, many in sorted(failed.items()))
            later = {code: many - during.get(code, 0) for code, many in codes.items() if many > during.get(code, 0)}
            table.add(f"disk: {what} ({error}), answers", "250, 4xx", tally(during), "", f"{sum(failed.values())} failed: {times}; {told}", kind(codes) and bool(failed))
            table.add("  open again by itself", "<= 30 s", f"{again:.1f} s", "", f"meanwhile {tally(later)}; then {after}, and the timeline {page}", again <= 30 and after == 250 and page == 200)
        box.stop()
        verdict(table, "disk failed", [name for post in posts for name in post.taken], box.kept(), set().union(*(post.put_off for post in posts)))
    finally:
        box.stop()


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


PARTS = {"kill": kill, "full": full, "disk": disk, "clock": clock, "names": names}
