"""A Postfix of our own: its configuration, queue and Maildir in one folder, one loopback port, no chroot.

Debian's settings but for what the load needs: every address of home.test goes to one Maildir by virtual(8),
and `in_flow_delay` is off, which only makes it faster. It keeps its promises to the disk as it always does.
"""

import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

SERVICES = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Postfix:
    """Started in a folder below `where`; `stop` ends it."""

    def __init__(self, where):
        if os.geteuid() != 0:
            raise SystemExit("the comparison starts a Postfix of its own, which only root may")
        self.folder = pathlib.Path(where) / "postfix"
        self.port = free_port()
        etc, mail, data = (self.folder / name for name in ("etc", "mail", "data"))
        for folder in (etc, mail, data, self.folder / "spool"):
            folder.mkdir(parents=True)
        nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        os.chown(mail, nobody.pw_uid, nobody.pw_gid)
        os.chown(data, postfix.pw_uid, postfix.pw_gid)
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "spool",
            "data_directory": data,
            "maillog_file": self.folder / "log",
            "maillog_file_prefixes": self.folder,
            "myhostname": "peer.test",
            "mydestination": "",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "virtual_mailbox_domains": "home.test",
            "virtual_mailbox_base": mail,
            "virtual_mailbox_maps": "static:me/",
            "virtual_uid_maps": f"static:{nobody.pw_uid}",
            "virtual_gid_maps": f"static:{nobody.pw_gid}",
            "virtual_mailbox_limit": 0,
            "in_flow_delay": 0,
        }
        (etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        (etc / "master.cf").write_text(f"127.0.0.1:{self.port} inet n - n - - smtpd{SERVICES}")
        self.command = ["postfix", "-c", str(etc)]
        self.maildir = mail / "me" / "new"
        started = subprocess.run([*self.command, "start"], capture_output=True, text=True)
        if started.returncode != 0:
            raise SystemExit(f"postfix does not start: {started.stderr}")
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"postfix does not answer: {(self.folder / 'log').read_text()}")

    def kept(self):
        """How many messages are in the Maildir."""
        return len(os.listdir(self.maildir)) if self.maildir.exists() else 0

    def empty(self):
        """Takes the delivered messages away, so that each round begins alike."""
        shutil.rmtree(self.maildir.parent, ignore_errors=True)

    def stop(self):
        subprocess.run([*self.command, "stop"], capture_output=True)
