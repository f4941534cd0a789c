"""What it takes to have one: from `sh install.sh` to the first page on a Debian with systemd (`tests/ship/install`), and to make the
image of a card (`image/build`). Both as root, and only where what they need is here: they say what is missing, and so does
this. The image takes a quarter of an hour, and a program for the Pi (`sh dist/build aarch64`)."""

import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parent.parent


def attempt(command, where):
    """Its output; `None` where it could not do it, which is said."""
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "CARGO_TARGET_DIR": str(where)})
    if ran.returncode == 0:
        return ran.stdout
    why = (ran.stderr.strip().splitlines() or ["no reason given"])[-1]
    print(f"  left out: {' '.join(str(word) for word in command)}: {why}", file=sys.stderr)
    return None


def shipping(table, program, where, size):
    # A Debian that was fetched for the tests before is used again.
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    if said := attempt(["sh", "tests/ship/install", program], target):
        page = int(re.search(r"to the page: (\d+) ms", said).group(1)) / 1000
        table.add("from sh install.sh to the page, program at hand", "<= 60 s", f"{page:.1f} s", reached=page <= 60)
    pi = target / "dist/caliopen-aarch64-linux"
    if size.quick or not pi.exists():
        print(f"  the image is left out: {'it is not quick' if size.quick else f'there is no {pi}'}", file=sys.stderr)
        return
    began = time.perf_counter()
    if attempt(["image/build", "--fresh", "--binary", pi], pathlib.Path(where) / "target") is not None:
        took = (time.perf_counter() - began) / 60
        table.add("image for a Pi, everything fetched", "<= 15 min", f"{took:.1f} min", reached=took <= 15)
