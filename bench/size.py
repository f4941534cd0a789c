"""What is sent to people: the program, and the octets of a page, its style and its script, compressed as a server would."""

import gzip
import pathlib
import platform
import re
import sys

from box import Box
from mail import Writer, send


def packed(octets):
    return len(gzip.compress(octets, 9)) / 1000


def sizes(table, program, where, size):
    """The program is the one that is measured: what is shipped is made by `dist/build`."""
    mebibytes = pathlib.Path(program).stat().st_size / 1048576
    table.add("size of the program", "<= 30 MiB", f"{mebibytes:.1f} MiB", reached=mebibytes <= 30)
    box, writer = Box(program, where, "size"), Writer(13)
    try:
        box.serve()
        send(box.smtp, [writer.message() for _ in range(80)])
        page = box.get("/", cookie=box.sign_in())
        rows = page.text.count('<li class="row')
        length = packed(page.octets)
        table.add(f"timeline of {rows} rows, gzip", "<= 25 kB", f"{length:.1f} kB", reached=length <= 25 and rows == 50)
        for name, most in (("css", 10), ("js", 6)):
            path = re.search(rf'(?:href|src)="(/[^"]+\.{name}[^"]*)"', page.text)[1]
            length = packed(box.get(path).octets)
            table.add(f"  its {'style' if name == 'css' else 'script'}, gzip", f"<= {most} kB", f"{length:.1f} kB", reached=length <= most)
    finally:
        box.stop()
