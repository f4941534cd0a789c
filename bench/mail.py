"""Mail as people write it, made up from a seed, and a sender for it.

smtp-source repeats one octet, which compresses to nothing; the figures for disk, CPU, memory and pages
want text. The words are made of syllables and drawn as in a language (Zipf), so that a message of
5,000 octets compresses about as well as one written by a person.
"""

import bisect
import itertools
import random
import smtplib
import socket
import threading

SYLLABLES = "la re mi so ti va no ka ber ten ler mon dra pi sur fen gal tou che ri ent ion ais our".split()


class Writer:
    """Writes messages; the same seed writes the same ones."""

    def __init__(self, seed, people=2000):
        self.draw = random.Random(seed)
        self.words = ["".join(self.draw.choices(SYLLABLES, k=self.draw.choice((1, 1, 2, 2, 3, 4)))) for _ in range(9000)]
        weights = itertools.accumulate(1 / (rank + 3) for rank in range(len(self.words)))
        self.weights = list(weights)
        self.people = people
        self.written = 0

    def word(self):
        at = bisect.bisect(self.weights, self.draw.random() * self.weights[-1])
        return self.words[min(at, len(self.words) - 1)]

    def text(self, octets):
        lines, line, left = [], "", octets
        while left > 0:
            word = self.word() + self.draw.choice(("", "", "", "", "", ",", "."))
            if len(line) + len(word) > 72:
                lines.append(line)
                left -= len(line) + 2
                line = ""
            line = f"{line} {word}".strip()
        return "\r\n".join(lines)[:octets]

    def person(self):
        # A few write often, most seldom.
        number = int(self.people * self.draw.random() ** 2)
        first, last = SYLLABLES[number % 24] + SYLLABLES[number // 24 % 24], SYLLABLES[number // 576 % 24] + "or"
        return f"{first.title()} {last.title()}", f"{first}.{last}{number}@{SYLLABLES[number % 7]}{number % 61}.test"

    def noise(self, octets):
        return "".join(self.draw.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=octets))

    def message(self, octets=5000):
        """One message of so many octets: (sender, text). Half are plain, half plain and HTML."""
        self.written += 1
        name, address = self.person()
        domain = address.split("@")[1]
        head = [
            f"Received: from out.{domain} (out.{domain} [192.0.2.{self.written % 250}]) by mx.{domain} with ESMTPS;",
            f" Tue, 6 Oct 2026 10:{self.written % 60:02}:{self.written // 60 % 60:02} +0200",
            f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail; h=from:to:subject:date;",
            f" bh={self.noise(43)}=; b={self.noise(342)}==",
            f"Message-ID: <{self.noise(20).replace('/', '.')}@{domain}>",
            f"Date: Tue, 6 Oct 2026 10:{self.written % 60:02}:00 +0200",
            f"From: {name} <{address}>",
            "To: Me <me@home.test>",
            f"Subject: {' '.join(self.word() for _ in range(5))}",
            "MIME-Version: 1.0",
        ]
        if self.written % 2:
            head += ["Content-Type: text/plain; charset=utf-8", "", ""]
            top = "\r\n".join(head)
            return address, top + self.text(octets - len(top) - 2) + "\r\n"
        edge = self.noise(24).replace("/", "_")
        head += [f'Content-Type: multipart/alternative; boundary="{edge}"', "", ""]
        top = "\r\n".join(head)
        plain = self.text((octets - len(top) - 270) * 47 // 100)
        html = "".join(f"<p>{line}</p>\r\n" for line in plain.split("\r\n"))
        return address, (
            f"{top}--{edge}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n"
            f"--{edge}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n{html}</body></html>\r\n--{edge}--\r\n"
        )


def many_parts(parts):
    """A message of so many parts, none deeper than the first floor."""
    part = "--e\r\n\r\nx\r\n"
    return f"From: a@b.test\r\nTo: me@home.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n{part * parts}--e--\r\n"


def deep(depth):
    """A message of so many multiparts, each inside the one before."""
    head = "From: a@b.test\r\nTo: me@home.test\r\nMIME-Version: 1.0\r\n"
    floors = "".join(f"Content-Type: multipart/mixed; boundary=e{floor}\r\n\r\n--e{floor}\r\n" for floor in range(depth))
    return f"{head}{floors}\r\nx\r\n"


class Session(smtplib.SMTP):
    """One connection. Lines are CRLF already: smtplib's own mending costs more than the sending."""

    def __init__(self, port):
        super().__init__("127.0.0.1", port, timeout=120)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ehlo("bench.test")

    def give(self, sender, text):
        """The reply code to one message."""
        for command in (f"MAIL FROM:<{sender}>", "RCPT TO:<me@home.test>"):
            code, _ = self.docmd(command)
            if code >= 400:
                return code
        code, _ = self.docmd("DATA")
        if code != 354:
            return code
        self.sock.sendall((text.replace("\r\n.", "\r\n..") + ".\r\n").encode())
        return self.getreply()[0]


def send(port, messages, connections=4):
    """Sends all on so many connections at once; every one must be taken."""
    messages, refused = list(messages), []

    def work(share):
        session = Session(port)
        refused.extend(code for sender, text in share if (code := session.give(sender, text)) != 250)
        session.quit()

    threads = [threading.Thread(target=work, args=(messages[first::connections],)) for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise SystemExit(f"{len(refused)} of {len(messages)} messages were refused, the first with {refused[0]}")
