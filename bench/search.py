"""Searching, beside Xapian and SQLite's FTS5, each inside one process that lives on, on the same mail.

All three are asked what a page of results shows: the newest 50, and how many there are in all. What SQLite takes for the
newest 50 alone, where it need not look at the rest, stands beside it.

The mail is put together from paragraphs of real messages (CALIOPEN_CORPORA), so that words are as common and stand
beside each other as they do in mail. Nothing of it is kept.
"""

import email
import email.policy
import json
import lzma
import mailbox
import os
import pathlib
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from box import built

KINDS = ("one", "two", "phrase", "prefix", "newest")


def paragraphs(corpora):
    """Paragraphs of text, and subjects, of every message of the corpora."""
    found, subjects, sizes = [], [], []

    def take(raw):
        try:
            message = email.message_from_bytes(raw, policy=email.policy.default)
            part = message.get_body(("plain",))
            text = part.get_content() if part else ""
            subject = str(message["subject"] or "")
        except Exception:  # what Python cannot read is left out
            return
        pieces = [piece.strip() for piece in re.split(r"\n\s*\n", text.replace("\0", "")) if piece.strip()]
        found.extend(pieces)
        sizes.append(len(pieces))
        subjects.append(subject.replace("\n", " ").replace("\r", " ").replace("\0", ""))

    for folder in ("spam/spamassassin-corpus", "spam/modern-ham", "mailbox/caliopen-maildir"):
        for path in sorted((corpora / folder).rglob("*")):
            if path.is_file() and path.suffix not in (".tsv", ".json"):
                take(path.read_bytes())
    packed = corpora / "mailbox/linux-mips-2500.mbox.xz"
    if packed.exists():
        with tempfile.NamedTemporaryFile(suffix=".mbox") as unpacked:
            unpacked.write(lzma.open(packed).read())
            unpacked.flush()
            for message in mailbox.mbox(unpacked.name):
                take(message.as_bytes())
    return found, subjects, [size for size in sizes if size]


def write(corpora, messages, seed=7):
    """So many messages as (sender, subject, text)."""
    pool, subjects, sizes = paragraphs(corpora)
    draw = random.Random(seed)
    for number in range(messages):
        who = int(2000 * draw.random() ** 2)
        text = "\n\n".join(draw.choice(pool) for _ in range(draw.choice(sizes)))
        yield f"Person {who} <p{who}@peer{who % 97}.test>", draw.choice(subjects), text[:60_000]


def queries(mail, seed=11, each=40):
    """Queries of each kind, of words as they come in the mail."""
    draw = random.Random(seed)

    def words():
        while True:
            found = re.findall(r"\b[a-z]{3,12}\b", draw.choice(mail)[2].lower())
            if len(found) > 20:
                return found

    for _ in range(each):
        found = words()
        at = draw.randrange(len(found) - 2)
        yield "one", draw.choice(found)
        yield "two", " ".join(draw.sample(found, 2))
        text = draw.choice(mail)[2].lower()
        pair = re.search(r"\b([a-z]{3,12}) ([a-z]{3,12})\b", text[draw.randrange(max(1, len(text) - 200)):]) or re.search(r"(the) (list)", "the list")
        yield "phrase", f'"{pair[1]} {pair[2]}"'
        yield "prefix", draw.choice([word for word in found if len(word) > 4] or ["mess"])[:4] + "*"
        yield "newest", ("the", "and", "for", "this", "that")[at % 5]


def fts5(mail, asked, rounds):
    """SQLite: (octets, medians, medians of the newest 50 alone)."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/fts.db"
        base = sqlite3.connect(path)
        base.execute("create virtual table mail using fts5(people, subject, body, content='', tokenize='unicode61 remove_diacritics 2')")
        with base:
            base.executemany("insert into mail(rowid, people, subject, body) values (?, ?, ?, ?)", ((at + 1, *one) for at, one in enumerate(mail)))
        with base:
            base.execute("insert into mail(mail) values ('optimize')")
        base.execute("vacuum")
        octets = os.path.getsize(path)
        newest = "select rowid from mail where mail match ? order by rowid desc limit 50"
        many = "select count(*) from mail where mail match ?"

        def ask(query):
            return base.execute(newest, (query,)).fetchall(), base.execute(many, (query,)).fetchone()

        alone = timed(asked, rounds, lambda query: base.execute(newest, (query,)).fetchall())
        return octets, timed(asked, rounds, ask), alone


def xapian(mail, asked, rounds):
    """Xapian: (octets, medians)."""
    import xapian as x

    with tempfile.TemporaryDirectory() as folder:
        base = x.WritableDatabase(f"{folder}/x", x.DB_CREATE_OR_OPEN)
        terms = x.TermGenerator()
        for people, subject, body in mail:
            document = x.Document()
            terms.set_document(document)
            for text in (people, subject, body):
                terms.index_text(text)
                terms.increase_termpos()
            base.add_document(document)
        base.commit()
        base.close()
        x.Database(f"{folder}/x").compact(f"{folder}/compact")
        octets = sum(file.stat().st_size for file in pathlib.Path(f"{folder}/compact").iterdir())
        base = x.Database(f"{folder}/compact")
        parser = x.QueryParser()
        parser.set_database(base)
        parser.set_default_op(x.Query.OP_AND)
        flags = x.QueryParser.FLAG_PHRASE | x.QueryParser.FLAG_WILDCARD

        def ask(query):
            enquire = x.Enquire(base)
            enquire.set_query(parser.parse_query(query, flags))
            enquire.set_weighting_scheme(x.BoolWeight())
            enquire.set_docid_order(x.Enquire.DESCENDING)
            # Looking at all of them at least makes the number of matches an exact one.
            found = enquire.get_mset(0, 50, len(mail))
            return [match.docid for match in found], found.get_matches_estimated()

        return octets, timed(asked, rounds, ask)


def timed(asked, rounds, ask):
    """The median of the medians of each kind, in milliseconds."""
    kinds = {}
    for kind, query in asked:
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            ask(query)
            times.append((time.perf_counter() - began) * 1e3)
        kinds.setdefault(kind, []).append(statistics.median(times))
    return {kind: statistics.median(times) for kind, times in kinds.items()}


def search(table, _program, where, size):
    """Size of the index, cost of indexing, and time of queries, beside the two others."""
    corpora = pathlib.Path(os.environ.get("CALIOPEN_CORPORA", "/nowhere"))
    if not corpora.is_dir():
        print("  the corpora are not there: searching is left out", file=sys.stderr)
        return
    program = built("search", size)
    messages, rounds = (2000 if size.quick else size.living), size.rounds * 3
    mail = list(write(corpora, messages))
    asked = list(queries(mail))
    where = pathlib.Path(where) / "search"
    where.mkdir()
    with open(where / "mail", "wb") as out:
        for number, (sender, subject, text) in enumerate(mail):
            head = f"From: {sender}\nTo: Me <me@home.test>\nSubject: {subject}\nMessage-ID: <{number}@bench.test>\n"
            head += "Date: Tue, 6 Oct 2026 10:00:00 +0200\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            out.write((head + "\n" + text + "\n").replace("\r\n", "\n").replace("\n", "\r\n").encode(errors="replace") + b"\0")
    (where / "queries").write_text("".join(f"{kind}\t{query}\n" for kind, query in asked))
    (where / "box").mkdir()
    said = subprocess.run([program, where / "box", where / "mail", where / "queries", str(rounds)], check=True, stdout=subprocess.PIPE).stdout
    ours = json.loads(said)
    *sqlite, alone = fts5(mail, asked, rounds)
    others = {"FTS5": sqlite, "Xapian": xapian(mail, asked, rounds)}
    share = 100 * ours["octets"] / ours["text"]
    beside = ", ".join(f"{name} {100 * octets / ours['text']:.0f} %" for name, (octets, _) in others.items())
    table.add(f"index of {messages:,} messages, of their text", "<= 60 %", f"{share:.0f} %", beside, reached=share <= 60)
    table.add("indexing a message", "<= 1 ms", f"{ours['indexing_ms']:.3f} ms", reached=ours["indexing_ms"] <= 1)
    table.add("a page of results, p95", "<= 100 ms", f"{ours['page_p95_ms']:.1f} ms", reached=ours["page_p95_ms"] <= 100)
    for kind in KINDS:
        mine = ours["medians"][kind]
        best = min(medians[kind] for _, medians in others.values())
        beside = ", ".join(f"{name} {medians[kind]:.3f}" for name, (_, medians) in others.items())
        beside += f" (FTS5, newest 50 alone: {alone[kind]:.3f})"
        table.add(f"search, {kind}", "no slower", f"{mine:.3f} ms", beside, reached=mine <= best)
