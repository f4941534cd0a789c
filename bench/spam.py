"""The spam filter beside bogofilter, on the labelled mail of the corpora (`CALIOPEN_CORPORA`).

The oldest 60 % of each kind is learnt, the rest judged, by both sides in the same run and over the same files: as
they are, without the fields that tell where they were collected, and as they come out of our own SMTP door.
"""

import email
import email.policy
import email.utils
import json
import os
import pathlib
import shutil
import smtplib
import statistics
import subprocess

SEEDS = range(1, 6)


def laid(corpora, where):
    """The labelled files in two folders, by links."""
    folders = {"ham": where / "ham", "spam": where / "spam"}
    for folder in folders.values():
        folder.mkdir(parents=True)
    for line in (corpora / "spam/labels.tsv").read_text().splitlines()[1:]:
        path, label, group, _ = line.split("\t")
        shutil.copy(corpora / "spam" / path, folders[label] / f"{group}__{pathlib.Path(path).name}")
    return folders


def evaluate(program, folders, *more):
    command = [program, "spam", "evaluate", "--ham", folders["ham"], "--spam", folders["spam"], "--train", "0.6", *more]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True, timeout=900)
    return done.stdout.splitlines()


def bogofilter(folders, judged, where):
    """The same split: what was not judged is learnt. False alarms, found, AUC, seconds a message, octets."""
    state = where / "bogofilter"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    files = {kind: sorted(folder.iterdir()) for kind, folder in folders.items()}
    test = {kind: [file for file in files[kind] if file.name in judged] for kind in files}
    for kind, flag in (("ham", "-n"), ("spam", "-s")):
        learnt = [str(file) for file in files[kind] if file.name not in judged]
        subprocess.run(["bogofilter", "-d", str(state), flag, "-B", *learnt], check=True)
    began = os.times()
    scores = {}
    for kind in test:
        done = subprocess.run(["bogofilter", "-d", str(state), "-TT", "-B", *map(str, test[kind])], capture_output=True, text=True)
        scores[kind] = [float(line.split()[-1]) for line in done.stdout.splitlines() if line.strip()]
    ended = os.times()
    cpu = ended.children_user + ended.children_system - began.children_user - began.children_system
    ham, spam = sorted(scores["ham"]), sorted(scores["spam"])
    at = lambda share: sum(score > ham[len(ham) - 1 - int(len(ham) * share)] for score in spam) / len(spam)
    pairs = sum((one > other) + (one == other) / 2 for one in spam for other in ham) / (len(ham) * len(spam))
    size = sum(file.stat().st_size for file in state.iterdir())
    return at(0), at(0.001), at(0.005), pairs, cpu / (len(ham) + len(spam)), size


def came(file):
    """When a message came, by the newest server's word, else by its own: the order in which the door is given them."""
    head = email.message_from_bytes(file.read_bytes(), policy=email.policy.compat32)
    stamps = [str(line).rpartition(";")[2] for line in head.get_all("Received", [])[:1]] + [str(head.get("Date", ""))]
    for stamp in stamps:
        read = email.utils.parsedate_tz(stamp.strip())
        if read and read[0] > 1970:
            return email.utils.mktime_tz(read), file.name
    return 0, file.name


def through_the_door(program, where, folders):
    """Every message through our SMTP door, as it is kept: our `Received` before it, line ends made right."""
    from box import Box

    out = {kind: where / f"door-{kind}" for kind in folders}
    box = Box(program, where, "door")
    try:
        box.serve()
        cookie = box.sign_in()
        number = 0
        for kind, folder in folders.items():
            out[kind].mkdir()
            for file in sorted(folder.iterdir(), key=came):
                octets = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
                try:
                    # A peer of its own for each: nobody is slowed down for what others sent.
                    with smtplib.SMTP("127.0.0.1", box.smtp, local_hostname="peer.test", source_address=(f"127.{number // 60000 % 200}.{number // 250 % 250}.{number % 250 + 2}", 0)) as door:
                        door.sendmail("peer@peer.test", "me@home.test", octets)
                except smtplib.SMTPException:
                    continue
                number += 1
                kept = box.get(f"/messages/{number}/source", cookie=cookie)
                (out[kind] / file.name).write_bytes(kept.octets)
    finally:
        box.stop()
    return out


def spam(table, program, where, size):
    """Figures of the filter, ours beside bogofilter's."""
    corpora = os.environ.get("CALIOPEN_CORPORA")
    if not corpora or not pathlib.Path(corpora, "spam/labels.tsv").exists():
        print("no labelled mail: CALIOPEN_CORPORA says where it would be")
        return
    where = pathlib.Path(where) / "spam"
    folders = laid(pathlib.Path(corpora), where)
    ways = [("as it is", folders, []), ("stripped", folders, ["--strip"]), ("as it is, from nothing", folders, ["--from-nothing"]), ("stripped, from nothing", folders, ["--strip", "--from-nothing"])]
    if not size.quick:
        ways.append(("through the door", through_the_door(program, where, folders), []))
    for name, mail, more in ways:
        runs = [json.loads(evaluate(program, mail, "--json", "--seed", str(seed), *more)[-1]) for seed in (SEEDS if not size.quick else [1])]
        middle = lambda get: statistics.median(get(run) for run in runs)
        lowest = lambda get: min(get(run) for run in runs)
        tagged = [run["false_positives"] for run in runs]
        peer = ""
        if shutil.which("bogofilter") and not more:
            lines = evaluate(program, mail, "--each")
            judged = {line.split("\t")[2] for line in lines if line.startswith(("ham\t", "spam\t"))}
            none, tenth, half, area, cpu, octets = bogofilter(mail, judged, where)
            peer = f"{none:.3f}/{tenth:.3f}/{half:.3f}, AUC {area:.5f}, {cpu * 1000:.2f} ms, {octets >> 10} KiB"
        recall = lambda at: lambda run: run["recall_at_fp"][at]
        at = "/".join(f"{middle(recall(key)):.3f}" for key in ("0", "0.1%", "0.5%"))
        table.add(f"spam found at 0/0.1/0.5 % false, {name}", ">= 0.95 at 0.1 %", at, peer, f"at 0.1 %: {lowest(recall('0.1%')):.3f} and more", lowest(recall("0.1%")) >= 0.95)
        area = lowest(lambda run: run["auc"])
        table.add(f"AUC, {name}", ">= 0.9995", f"{area:.5f}", "", "lowest of the seeds", area >= 0.9995)
        share = max(tagged) / runs[0]["tested"]["ham"]
        found = lowest(lambda run: run["recall"])
        table.add(f"tagged at the filter's own limit, {name}", "<= 0.1 % of honest", f"{share:.2%}, spam {found:.1%}", "", f"{tagged} of {runs[0]['tested']['ham']}", share <= 0.001 and found >= 0.95)
    judge = middle(lambda run: run["seconds"]["judge_one"]) * 1000
    table.add("a verdict", "<= 1 ms", f"{judge:.2f} ms", "", "by the clock of this machine", judge <= 1)
    octets = max(run["model_bytes"] for run in runs)
    table.add("the model", "<= 16 MiB", f"{octets / 2**20:.1f} MiB", "", "in memory", octets <= 16 * 2**20)
