"""Our side: a mailbox in a folder, the program serving it, and what /proc says of the process."""

import http.client
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.parse

PASSPHRASE = "a river runs through it"
TICK = os.sysconf("SC_CLK_TCK")


def built(name, size):
    """A program of this folder, built as it is shipped; where only its working is looked at, as it is tested."""
    how = ["--profile", "dev"] if size.quick else []
    command = ["cargo", "bench", "--locked", *how, "--bench", name, "--no-run", "--message-format=json"]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    artifacts = (json.loads(line) for line in found.stdout.splitlines() if line.startswith("{"))
    return next(item["executable"] for item in artifacts if item.get("executable") and item["target"]["name"] == name)


def surroundings():
    """As the unit of install.sh starts it."""
    return {**os.environ, "MIMALLOC_PURGE_DELAY": "0"}


class Box:
    """`caliopen init` in a folder below `where`, then `serve`; `stop` ends it in order."""

    def __init__(self, program, where, name="ours", keep_code=False):
        self.program, self.folder = str(program), pathlib.Path(where) / name
        self.data, self.secret = self.folder / "data", self.folder / "passphrase"
        self.folder.mkdir()
        self.secret.write_text(PASSPHRASE + "\n")
        made = ["init", "--data", self.data, "--domain", "home.test", "--address", "me@home.test"]
        said = subprocess.run([self.program, *made, "--passphrase-file", self.secret], check=True, stdout=subprocess.PIPE, text=True).stdout
        if keep_code:
            (self.folder / "code").write_text(next(line for line in said.split("\n") if line.count("-") == 7))
        self.process = None

    def serve(self, unlocked=True, under=(), dns="none", more=()):
        """Starts it and gives the seconds until `GET /health` was answered. `under` is a tracer's command, `more` stands behind
        the options."""
        doors = ["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0"]
        command = [*under, self.program, "serve", "--data", self.data, "--dns", dns, *doors, *more]
        if unlocked:
            command += ["--unlock-with", self.secret]
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings())
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"caliopen did not start: exit code {self.process.wait()}")
        said = json.loads(line)
        self.smtp, self.http = (int(said[door][0].rsplit(":", 1)[1]) for door in ("smtp", "http"))
        status = self.get("/health").status
        took = time.perf_counter() - began
        if status != 200:
            raise SystemExit(f"GET /health answered {status}")
        return took

    def load(self, path):
        """`caliopen import` of a file, while it is not running."""
        command = [self.program, "import", "--data", self.data, "--unlock-with", self.secret, path]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def get(self, path, method="GET", body=None, cookie=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=30)
        head = {"Host": f"127.0.0.1:{self.http}", "Origin": f"http://127.0.0.1:{self.http}"}
        if cookie:
            head["Cookie"] = cookie
        if body is not None:
            head["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, head)
        answer = connection.getresponse()
        answer.octets = answer.read()
        answer.text = answer.octets.decode(errors="replace")
        connection.close()
        return answer

    def sign_in(self):
        """Signs in as a browser would, the hidden fields of the form and all; gives the cookies."""
        page = self.get("/sign-in")
        fields = {}
        for tag in re.findall(r"<input\b[^>]*>", page.text):
            parts = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
            if parts.get("type") == "hidden":
                fields[parts["name"]] = parts.get("value", "")
        jar = cookies(page)
        answer = self.get("/sign-in", "POST", urllib.parse.urlencode({**fields, "passphrase": PASSPHRASE}), spelled(jar))
        if answer.status != 303:
            raise SystemExit(f"signing in answered {answer.status}")
        return spelled({**jar, **cookies(answer)})

    def proc(self, name):
        return pathlib.Path(f"/proc/{self.process.pid}/{name}").read_text()

    def cpu(self):
        """Seconds of processor so far, in user and system; ticks of 10 ms."""
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def cpu_fine(self):
        """The same in nanoseconds, over the threads that are alive."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def memory(self, field="VmRSS"):
        """KiB, as /proc/PID/status says."""
        return int(re.search(rf"{field}:\s+(\d+)", self.proc("status")).group(1))

    def disk(self):
        """Octets of the disk's blocks that the data folder takes."""
        return sum(file.stat().st_blocks * 512 for file in self.data.rglob("*") if file.is_file())


def cookies(answer):
    """Name → value of every Set-Cookie."""
    lines = answer.headers.get_all("Set-Cookie") or []
    return dict(line.split(";", 1)[0].split("=", 1) for line in lines)


def spelled(jar):
    return "; ".join(f"{name}={value}" for name, value in jar.items())
