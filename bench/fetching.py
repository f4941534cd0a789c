"""A mailbox at another provider: a Dovecot of our own on loopback, TLS and all, from which the box fetches everything."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

from box import Box
from names import Names
from peer import free_port

CONFIG = """base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
auth_mechanisms = plain
mail_location = maildir:{root}/mail/%u
first_valid_uid = 1
passdb {{
  driver = static
  args = password=right
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={root}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""
LINE = "The quick brown fox jumps over the lazy dog, and comes back another way round.\n"


class Dovecot:
    """With one mailbox of so many messages of 5 kB; `stop` ends it."""

    def __init__(self, where, messages):
        self.root = pathlib.Path(where) / "dovecot"
        self.port = free_port()
        for name in ("cur", "new", "tmp"):
            (self.root / "mail/me" / name).mkdir(parents=True)
        self.certify()
        for number in range(messages):
            words = " ".join(f"word{number * 31 + n * 7 % 997}" for n in range(20))
            head = f"Received: by x.test; Tue, 3 Mar 2026 09:00:00 +0000\nFrom: Person <p{number % 200}@x.test>\nTo: me@x.test\n"
            head += f"Subject: number {number}\nDate: Tue, 3 Mar 2026 09:{number // 60 % 60:02}:{number % 60:02} +0000\n"
            head += f"Message-ID: <{number}@bench.test>\nContent-Type: text/plain; charset=utf-8\n\n"
            file = self.root / "mail/me/cur" / f"17725284{number:06}.M{number}.x:2,S"
            file.write_text(head + words + "\n" + LINE * 58)
        subprocess.run(["chown", "-R", "65534:65534", self.root / "mail"], check=True)
        (self.root / "dovecot.conf").write_text(CONFIG.format(root=self.root, port=self.port))
        command = ["dovecot", "-F", "-c", self.root / "dovecot.conf"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)

    def certify(self):
        def ssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=self.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        ssl(*new, "-x509", "-days", "3", "-subj", "/CN=bench", "-keyout", "ca.key", "-out", "ca.pem")
        ssl(*new, "-subj", "/CN=imap.x.test", "-keyout", "key.pem", "-out", "asked.pem")
        (self.root / "names").write_text("subjectAltName=DNS:imap.x.test\n")
        ssl("x509", "-req", "-in", "asked.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names", "-out", "cert.pem")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def fetching(table, program, where, size):
    """Messages a second from Dovecot, each kept, weighed and indexed, and the memory that it takes."""
    if not shutil.which("dovecot") or os.geteuid():
        print("  no Dovecot that may be started: fetching is left out", file=sys.stderr)
        return
    messages = 1_000 if size.quick else 10_000
    provider = Dovecot(where, messages)
    names = Names({}, {"imap.x.test": "127.0.0.1"})
    box = Box(program, where, "fetching")
    try:
        box.serve(dns=f"127.0.0.1:{names.port}", more=("--trust", provider.root / "ca.pem"))
        cookie = box.sign_in()

        def post(path, **fields):
            page = box.get(path, cookie=cookie)
            fields["token"] = re.search(r'name="token" value="([^"]+)"', page.text)[1]
            answer = box.get(path, "POST", urllib.parse.urlencode(fields), cookie)
            if answer.status != 303:
                raise SystemExit(f"POST {path} answered {answer.status}: {re.sub('<[^>]+>', ' ', answer.text)[:2000]}")
            return answer.headers["Location"]

        typed = {"address": "me@x.test", "host": "imap.x.test", "port": provider.port, "security": "implicit", "user": "me"}
        page = post("/settings/mailboxes", **typed, password="right", what="history", then="add")
        began = time.perf_counter()
        post(page, do="folders", folder="INBOX")
        done = 0
        while done < messages:
            time.sleep(0.2)
            found = re.search(r"([\d,]+) messages? fetched so far", box.get(page, cookie=cookie).text)
            done = int(found[1].replace(",", "")) if found else 0
            if time.perf_counter() - began > 600:
                raise SystemExit(f"{done} of {messages} messages came")
        rate = messages / (time.perf_counter() - began)
        table.add(f"fetching {messages:,} messages of 5 kB from Dovecot", ">= 200/s", f"{rate:.0f}/s", "", f"peak {box.memory('VmHWM') / 1024:.0f} MiB", rate >= 200)
    finally:
        box.stop()
        names.close()
        provider.stop()
