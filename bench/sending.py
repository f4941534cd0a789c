"""How fast what waits leaves: ours and Postfix's, to the same server that takes everything and keeps nothing."""

import json
import os
import pathlib
import statistics
import subprocess
import time

from box import built
from peer import Postfix, free_port


def sink():
    """Postfix's own null server."""
    port = free_port()
    server = subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1000"], stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    return server, port


def waits(postfix):
    """How many messages are in Postfix's queue."""
    queue = postfix.folder / "spool"
    return sum(len(files) for name in ("maildrop", "incoming", "active", "deferred") for _, _, files in os.walk(queue / name))


def theirs(where, port, messages, rounds):
    """Messages are taken in while nothing may leave; then they may, and the queue is watched until it is empty."""
    rates, postfix = [], Postfix(where)
    set_to = lambda *settings: [subprocess.run(["postconf", "-c", postfix.command[2], "-e", one], check=True) for one in settings]
    control = lambda *words: subprocess.run([*postfix.command, *words], check=True, capture_output=True)
    try:
        master = pathlib.Path(postfix.command[2]) / "master.cf"
        master.write_text(master.read_text() + "smtp unix - - n - - smtp\npickup unix n - n 60 1 pickup\n")
        set_to(f"relayhost = [127.0.0.1]:{port}", "smtp_tls_security_level =", "maximal_queue_lifetime = 1d", "minimal_backoff_time = 1d", "maximal_backoff_time = 1d")
        for _ in range(rounds):
            set_to("defer_transports = smtp")
            control("reload")
            load = ["smtp-source", "-s", "4", "-m", str(messages), "-l", "5000", "-f", "me@peer.test", "-t", "p@sink.test", f"127.0.0.1:{postfix.port}"]
            subprocess.run(load, check=True, timeout=300)
            # All of them have been put off before the clock starts.
            for _ in range(400):
                if sum(len(files) for _, _, files in os.walk(postfix.folder / "spool/deferred")) == messages:
                    break
                time.sleep(0.05)
            set_to("defer_transports =")
            control("reload")
            time.sleep(1)
            began = time.perf_counter()
            control("flush")
            while waits(postfix):
                if time.perf_counter() - began > 120:
                    raise SystemExit(f"{waits(postfix)} messages are still in Postfix's queue")
                time.sleep(0.005)
            rates.append(messages / (time.perf_counter() - began))
    finally:
        postfix.stop()
    return rates


def sending(table, program, where, size):
    """Messages a second from the outbox to a null server, beside Postfix's from its queue."""
    bench = built("sending", size)
    messages = 100 if size.quick else 1000
    server, port = sink()
    try:
        folder = pathlib.Path(where) / "sending"
        ran = subprocess.run([bench, folder, str(messages), str(size.rounds), str(port)], check=True, capture_output=True, text=True)
        ours = json.loads(ran.stdout)["rates"]
        others = theirs(where, port, messages, size.rounds)
    finally:
        server.terminate()
    mine, other = statistics.median(ours), statistics.median(others)
    table.add(f"{messages:,} messages from the outbox to a null server", "ratio >= 0.8", f"{mine / other:.2f}", "1", "", mine >= 0.8 * other)
    spread = lambda values: f"{min(values):.0f} to {max(values):.0f}"
    table.add("  messages a second", "", f"{mine:.0f}", f"{other:.0f}", f"{spread(ours)} | {spread(others)}")
