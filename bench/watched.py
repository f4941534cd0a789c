"""A box that is watched: its log is kept, what it was given and took is remembered, and what its owner does is counted."""

import json
import random
import re
import subprocess
import threading
import urllib.parse
import zipfile

from box import Box, surroundings
from mail import Session, Writer


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
        self.session, self.again, self.put_off = None, None, set()

    def next(self):
        sender, text = self.writer.message()
        name = f"soak.{id(self)}.{self.writer.written}@bench.test"
        text = re.sub(r"(?m)^Message-ID: .*$", f"Message-ID: <{name}>", text.replace("\r\n", "\n"), count=1).replace("\n", "\r\n")
        return sender, text, name

    def insist(self, port):
        """As `give`, but what was refused for now is what is given the next time, as a mail server would."""
        self.again = self.again or self.next()
        code, name = self.give(port, self.again)
        if code == 250 or (code and code >= 500):
            self.again = None
        return code, name

    def give(self, port, message=None):
        """One message; gives the code, or none where the connection broke."""
        sender, text, name = message or self.next()
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
            self.put_off.add(name)
            self.hang_up()
        return code, name

    def hang_up(self):
        if self.session:
            self.session.close()
        self.session = None


def verdict(table, what, taken, kept, put_off=()):
    """What was taken is there, once. Of what is there twice it says how much was refused for now and given once more: an
    answer that follows an error of the disk is in doubt, and the sender is the one who may repeat."""
    there = {}
    for name in kept:
        there[name] = there.get(name, 0) + 1
    lost = [name for name in taken if name not in there]
    twice = [name for name in taken if there.get(name, 0) > 1]
    table.add(f"{what}: taken and lost", "0", f"{len(lost)} of {len(taken)}", reached=not lost)
    again = f"{len(put_off.intersection(twice))} of them refused first" if twice and put_off else ""
    table.add(f"{what}: kept twice", "0", f"{len(twice)}", "", again, not twice)


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
