"""Living in it: how fast the pages are with 100,000 messages and 2,000 cards, and what memory that takes.

The mail is what `bench/search.py` puts together from paragraphs of real messages; every eighth message is the owner's
own, so that discussions go both ways. Nothing of it is kept.
"""

import os
import pathlib
import re
import statistics
import subprocess
import sys
import time
import urllib.parse

from box import Box
from search import queries, write


def mbox(path, corpora, messages, sample):
    """Writes the mail as a file; gives some of it."""
    some = []
    with path.open("w", errors="replace") as out:
        for number, (person, subject, text) in enumerate(write(corpora, messages)):
            sender, to = (("Me <me@home.test>", person) if number % 8 == 7 else (person, "Me <me@home.test>"))
            head = f"From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{number}@bench.test>\n"
            day = f"{1 + number * 28 // messages} Oct 2026 {number % 24:02}:{number % 60:02}:00 +0000"
            head += f"Date: {day}\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            body = re.sub(r"(?m)^(>*From )", r">\1", text.replace("\r\n", "\n"))
            out.write(f"From {sender.split('<')[1][:-1]} Thu Jan  1 00:00:00 2026\n{head}\n{body}\n\n")
            if number % max(1, messages // sample) == 0:
                some.append((person, subject, text))
    return some


def cards(path, people):
    with path.open("w") as out:
        for who in range(people):
            out.write(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Person {who}\r\nEMAIL:p{who}@peer{who % 97}.test\r\nEND:VCARD\r\n")


def high(took):
    took = sorted(took)
    return took[int(len(took) * 0.95)]


def living(table, program, where, size):
    corpora = pathlib.Path(os.environ.get("CALIOPEN_CORPORA", "/nowhere"))
    if not corpora.is_dir():
        print("  the corpora are not there: living in it is left out", file=sys.stderr)
        return
    messages, people = (2_000, 200) if size.quick else (size.living, 2_000)
    box = Box(program, where, "living")
    try:
        path = pathlib.Path(where) / "living.mbox"
        some = mbox(path, corpora, messages, 2_000)
        began = time.perf_counter()
        box.load(path)
        took = time.perf_counter() - began
        path.unlink()
        table.add(f"importing {messages:,} messages", "", f"{took:.0f} s", "", f"{1000 * took / messages:.1f} ms each")
        book = pathlib.Path(where) / "living.vcf"
        cards(book, people)
        taking = ["contacts", "import", "--data", box.data, "--unlock-with", box.secret, book]
        began = time.perf_counter()
        subprocess.run([box.program, *taking], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        table.add(f"taking {people:,} cards in", "", f"{time.perf_counter() - began:.0f} s")
        box.serve()
        cookie = box.sign_in()
        settle(box)
        # Discussions that 2,000 cards join are all worked out at once: no ordinary day.
        held = box.memory() / 1024
        table.add(f"memory after {people:,} cards came at once", "", f"{held:.0f} MiB", "", f"peak {box.memory('VmHWM') / 1024:.0f}")
        box.stop()
        box.serve()
        cookie = box.sign_in()
        pages(table, box, cookie, size, some, f"{messages:,}")
        time.sleep(2)
        idle = box.memory() / 1024
        table.add("memory after all that", "<= 64 MiB", f"{idle:.0f} MiB", "", f"peak {box.memory('VmHWM') / 1024:.0f}", idle <= 64)
    finally:
        box.stop()


def settle(box):
    """Waits until what follows from the cards (indexes, discussions that join) is worked out."""
    calm = 0
    for _ in range(600):
        before = box.cpu()
        time.sleep(1)
        calm = calm + 1 if box.cpu() - before < 0.1 else 0
        if calm == 5:
            return


def pages(table, box, cookie, size, some, much):
    def get(path):
        began = time.perf_counter()
        answer = box.get(path, cookie=cookie)
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise SystemExit(f"GET {path} answered {answer.status}")
        return answer, took

    first, _ = get("/")
    discussions = re.findall(r'href="(/discussions/\d+)"', first.text)[:50]
    listed, _ = get("/contacts")
    contacts = re.findall(r'href="(/contacts/\d+)"', listed.text)[:50]
    asked = [f"/search?{urllib.parse.urlencode({'q': query})}" for _, query in queries(some)]
    kinds = {
        "timeline": (["/", "/?page=2", "/?page=30"], 50),
        "discussion": (discussions, 50),
        "list of contacts": (["/contacts", "/contacts?q=person+1", "/contacts?page=3"], 50),
        "contact": (contacts, 50),
        "search": (asked, 100),
    }
    for name, (paths, wanted) in kinds.items():
        rounds = max(1, size.pages // len(paths))
        took = []
        for _ in range(rounds):
            took += [get(path)[1] for path in paths]
        p95 = high(took)
        table.add(f"{name} with {much} messages, p95", f"<= {wanted} ms", f"{p95:.1f} ms", "", f"median {statistics.median(took):.1f}, {len(took)} visits", p95 <= wanted)
        if name == "search":
            memory = box.memory() / 1024
            table.add("  memory while searching", "<= 96 MiB", f"{memory:.0f} MiB", reached=memory <= 96)
