"""A name server that answers from a table, on loopback: just enough of RFC 1035 to be asked by our program."""

import socket
import struct
import threading

TXT, MX, A = 16, 15, 1


class Names:
    """Answers TXT and A questions by UDP until it is closed; what is not in the table does not exist."""

    def __init__(self, texts, addresses=()):
        self.records = {(name.lower(), TXT): text.encode() for name, text in dict(texts).items()}
        self.records |= {(name.lower(), A): socket.inet_aton(address) for name, address in dict(addresses).items()}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked = 0
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            self.asked += 1
            self.socket.sendto(self.reply(question), peer)

    def reply(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode("latin-1"))
            at += question[at] + 1
        asked = question[12 : at + 5]
        kind = struct.unpack("!H", question[at + 1 : at + 3])[0]
        name = ".".join(labels).lower()
        data = self.records.get((name, kind))
        exists = any(known == name or known.endswith("." + name) for known, _ in self.records)
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | (0 if data or exists else 3), 1, 1 if data else 0, 0, 0)
        if not data:
            return head + asked
        if kind == TXT:
            parts = [data[first : first + 255] for first in range(0, len(data), 255)]
            data = b"".join(bytes([len(part)]) + part for part in parts)
        return head + asked + b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 3600, len(data)) + data

    def close(self):
        self.socket.close()
