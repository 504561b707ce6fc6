"""The tests of checkpoints, see run.  Each makes its files in a folder of its own and runs the
program there, so that the names in messages are short."""

import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess

import net_lib
from net_lib import Skip, check, check_equal, wait

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.path.dirname(HERE), "data")
FILES = ("c.db", "c.db-wal", "c.db-shm", "c.db.journal-1", "c.db.journal-2")
NOBODY = 65534
STATUS = re.compile(r"^streamctl: batch \d+ +in (\d+) records", re.M)
WINDOW = ("wordcount", "--window", "2000rows", "--slide", "500rows")


class Place:
    """A folder and the program in it."""

    def __init__(self, scope):
        self.scope = scope
        self.dir = os.path.dirname(scope.path("x"))
        self.fed = 0            # records that earlier runs have put down

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self, *args, **kw):
        p = net_lib.Program(net_lib.WRAP + [net_lib.BINARY, *args], cwd=self.dir, **kw)
        self.scope.programs.append(p)
        return p

    def run(self, *args, status=0, **kw):
        """To its end, with the status that it must have."""
        p = self.start(*args, **kw)
        p.wait_exit()
        check_equal(p.proc.returncode, status, f"status of {' '.join(args)}: {p.err}")
        return p

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def write(self, name, data, mode="wb"):
        with open(self.path(name), mode) as f:
            f.write(data)

    def copy(self, name, to):
        shutil.copy(self.path(name), self.path(to))

    def ask(self, sql, name="c.db"):
        with sqlite3.connect(self.path(name)) as db:
            rows = db.execute(sql).fetchall()
        db.close()
        return rows

    def files(self):
        return sorted(os.listdir(self.dir))


def words(n, seed=1):
    rng = random.Random(seed)
    return b"".join(b"w%d x%d\n" % (rng.randrange(40), rng.randrange(7)) for _ in range(n))


def rows(*stages, out="out", batch="500rows"):
    return ["-i", "in", "-b", batch, "--time-format", "none", "-o", out, *stages]


def stopped(scope, n=5250, stages=WINDOW, more=()):
    """A place where a run was stopped in the middle of a batch and of its windows, at record N."""
    p = Place(scope)
    p.write("in", words(n))
    run = p.start("-c", "c.db", *more, "-i", "tail:in", "--from", "start", *rows(*stages)[2:])
    stop(p, run)
    check_equal(p.ask("SELECT rows FROM progress"), [(n,)], "rows that were put down")
    return p


def listens(run):
    """True if a signal would not end it, as at its very start."""
    try:
        with open(f"/proc/{run.pid}/status", encoding="ascii") as f:
            caught = int(re.search(r"^SigCgt:\s+(\w+)", f.read(), re.M).group(1), 16)
    except (OSError, AttributeError):
        return False
    return caught >> (signal.SIGUSR1 - 1) & 1 == 1


def has_read(p, run):
    """True if the run has read its input to the end, as its status line says."""
    if not run.alive():
        return True
    if not listens(run):
        return False
    run.kill(signal.SIGUSR1)
    want = p.read("in").count(b"\n") - (p.fed if "--resume-changed" in run.argv else 0)
    return STATUS.findall(run.err)[-1:] == [str(want)]


def stop(p, run):
    """Ends a run that follows its input when it has read all there is; what it read is put down."""
    wait(lambda: has_read(p, run), "the input to be read")
    run.kill(signal.SIGTERM)
    run.wait_exit(0)
    p.fed = p.read("in").count(b"\n")


def said(run):
    """What it told, but for the status lines that were asked for."""
    return [x for x in run.err.splitlines() if not STATUS.search(x)]


def progress(p, what="records"):
    try:
        found = p.ask(f"SELECT {what} FROM progress")
    except sqlite3.OperationalError:        # its tables are being made
        return 0
    return found[0][0] if found else 0


def tailing(*stages, out="out"):
    return ["-c", "c.db", "-i", "tail:in", "--from", "start", *rows(*stages, out=out)[2:]]


def reached(p, run, n):
    """Ends such a run, which must have answered N records."""
    stop(p, run)
    check_equal(progress(p), n, "records that were answered")


# ---- going on ----

def test_killed_again_and_again(scope):
    """However often it is killed, the file is that of an undisturbed run."""
    p = Place(scope)
    p.write("in", words(60000))
    p.run(*rows(*WINDOW, out="want"))
    rng = random.Random(4)
    for _ in range(12):
        run = p.start("-c", "c.db", *rows(*WINDOW))
        least = rng.randrange(1, 8) * 1000
        wait(lambda: not run.alive() or os.path.exists(p.path("out")) and
             os.path.getsize(p.path("out")) > least, "some output")
        run.kill(signal.SIGKILL)
        run.wait_exit()
    p.run("-c", "c.db", *rows(*WINDOW))
    check(p.read("out") == p.read("want"), "the output is another")


def test_a_signal_does_not_answer_the_open_batch(scope):
    """SIGTERM puts the open batch down; the next run answers it once, and whole."""
    p = stopped(scope)
    p.copy("in", "all")
    p.write("in", words(750, 2), "ab")
    run = p.start(*tailing(*WINDOW))
    reached(p, run, 6000)
    p.run("-i", "in", *rows(*WINDOW, out="want")[2:])
    want = p.read("want")
    check_equal(len(p.read("out").splitlines()), len(want.splitlines()[:]) -
                windows_after_the_end(want, p.read("out")), "rows")
    check(want.startswith(p.read("out")), "the output is another")


def windows_after_the_end(want, got):
    """What ends with the input is answered by the undisturbed run only."""
    return len(want[len(got):].splitlines())


def test_nothing_new(scope):
    """A run that finds nothing new behind an input that has ended writes nothing."""
    for stages in (WINDOW, ["count", "--running"]):
        p = Place(scope)
        for name in p.files():
            os.unlink(p.path(name))
        p.write("in", words(5250))
        p.run("-c", "c.db", *rows(*stages))
        before = p.read("out")
        for _ in range(2):
            p.run("-c", "c.db", *rows(*stages))
            check_equal(p.read("out"), before, "the output")


def test_journaled_before_the_first_commit(scope):
    """What a client sent is counted though the run was killed before its first batch had ended."""
    for form in ([], ["-F", "csv"]):
        p = Place(scope)
        for name in p.files():
            os.unlink(p.path(name))
        stages = ["countby", "a"] if form else ["count"]
        listen = ["-c", "c.db", "-i", "listen://127.0.0.1:0", *form, *rows(*stages, batch="10rows")[2:]]
        for end in (signal.SIGKILL, signal.SIGTERM):
            run = p.start(*listen)
            port = int(run.wait_err(r"listening on \S+:(\d+)\b").group(1))
            before = journal_size(p)
            with scope.connect(port) as s:
                s.sendall((b"a,b\n" if form else b"") + b"x,1\n" * 5)
                wait(lambda: journal_size(p) > before or answered(p), "the journal")
            if end == signal.SIGTERM:
                wait(lambda: answered(p), "ten records to be answered")
            run.kill(end)
            run.wait_exit()
        check_equal(p.read("out"), b"x\t10\n" if form else b"10\n", "the answer")


def answered(p):
    return os.path.exists(p.path("out")) and p.read("out") != b""


def journal_size(p):
    return sum(os.path.getsize(p.path(f)) for f in FILES[3:] if os.path.exists(p.path(f)))


def test_journal_of_a_checkpoint_that_is_gone(scope):
    """A journal that another checkpoint has left is not fed to a new one."""
    p = Place(scope)
    listen = ["-c", "c.db", "-i", "listen://127.0.0.1:0", *rows("count", batch="10rows")[2:]]
    run = p.start(*listen)
    port = int(run.wait_err(r"listening on \S+:(\d+)\b").group(1))
    with scope.connect(port) as s:
        s.sendall(b"x\n" * 5)
        wait(lambda: journal_size(p) > 0, "the journal")
    run.kill(signal.SIGKILL)
    run.wait_exit()
    for name in FILES[:3]:
        os.unlink(p.path(name))
    run = p.start(*listen)
    run.wait_err("listening")
    check_equal(journal_size(p), 0, "bytes in the journal")


# ---- another pipeline ----

def refused(p, stages, says, **kw):
    before = p.read("out")
    run = p.run(*tailing(*stages, **kw), status=4)
    check(says in run.err, f"it does not say {says!r}: {run.err}")
    check_equal(p.read("out"), before, "the output of a refused run")


def test_refused_with_what_differs(scope):
    """Another pipeline is refused with exit status 4 and what differs, and nothing is touched."""
    p = stopped(scope)
    line = " ".join(WINDOW)
    refused(p, [*WINDOW, "then", "top", "5"], "it has no 'stage: top 5'; give the same words, "
            "another FILE, or --resume-changed")
    refused(p, ["grep", "w", "then", *WINDOW], "it has no 'stage: grep w'")
    refused(p, ["count"], f"it has 'stage: {line}', this one 'stage: count'")
    refused(p, [*WINDOW, "also", "count", "into", "two"], "it has no 'also:'")
    refused(p, WINDOW, "it has 'output: out tsv none', this one 'output: other tsv none'", out="other")
    refused(p, ["grep", "a b"], "this one 'stage: grep a\\ b'")
    other = tailing(*WINDOW)
    other[other.index("500rows")] = "100rows"
    run = p.run("--resume-changed", *other, status=4)
    check("it has 'batch: 500rows', this one 'batch: 100rows'; give the same words or another "
          "FILE, or begin anew with --state reset" in run.err, run.err)


def test_fewer_stages_are_refused(scope):
    """A pipeline with fewer stages is refused with the stage that it lacks."""
    p = stopped(scope, stages=[*WINDOW, "then", "top", "3"])
    refused(p, WINDOW, "this one has no 'stage: top 3'")
    run = p.run(*tailing("top", "3"), status=2)
    check("top" in run.err, run.err)


def test_resume_changed_keeps_what_is_alike(scope):
    """Stages with the same words go on under another number, with windows and totals."""
    p = stopped(scope, stages=[*WINDOW, "also", "countby", "--running", "--emit", "update", "into",
                               "totals"])
    p.write("in", words(750, 2), "ab")
    stages = ["grep", "-v", "nothing", "then", "countby", "--running", "--emit", "update", "into",
              "totals", "also", *WINDOW, "then", "top", "1000", "into", "new"]
    del stages[:4]                  # the first chain goes without its filter
    run = p.start("--resume-changed", *tailing(*stages))
    run.wait_err("begins anew")
    reached(p, run, 750)
    check_equal(said(run), ["streamctl: c.db: stage 3, 'top 1000', begins anew",
                       "streamctl: c.db: output 'totals' begins anew",
                       "streamctl: c.db: output 'new' begins anew"], "notices")
    p.run("-i", "in", *rows(*stages, out="unused")[2:-len(stages)],
          *[w + ".want" if stages[i - 1] == "into" else w for i, w in enumerate(stages)])
    for name in ("totals", "new"):
        got, want = p.read(name), p.read(name + ".want")
        check(got != b"", f"{name} has nothing")
        check(got in want, f"{name} does not go on: {got[:200]!r}")
    check_equal(p.run(*["--state", "show", "-c", "c.db"]).out.count("pipeline\tstage:"), 3,
                "stages of the checkpoint")


def test_resume_changed_drops_the_others(scope):
    """A stage that changed begins anew, in an output that goes on."""
    p = stopped(scope, stages=["count", "--running", "--emit", "update"])
    before = p.read("out")
    p.write("in", words(750, 2), "ab")
    run = p.start("--resume-changed", *tailing("countby", "--running", "--emit", "update"))
    run.wait_err("is dropped")
    reached(p, run, 750)
    check("stage 1, 'countby --running --emit update', begins anew" in run.err, run.err)
    check("the state of 'count --running --emit update' is dropped" in run.err, run.err)
    check("output" not in run.err, run.err)
    got = p.read("out")
    check(got.startswith(before), "the output does not go on")
    new = [line.split(b"\t") for line in got[len(before):].splitlines()]
    check(all(len(f) == 2 for f in new), f"rows of another kind: {new[:3]}")
    check_equal(sum(int(f[1]) for f in new[:len({f[0] for f in new})]) <= 750, True, "counts anew")


def test_resume_changed_quiet(scope):
    """With -q nothing is said, and going back needs the option again."""
    p = stopped(scope)
    run = p.start("-q", "--resume-changed", *tailing("count"))
    stop(p, run)
    check_equal(said(run), [], "stderr")
    p.run(*tailing(*WINDOW), status=4)


EVENTS = ["-i", "tail:in", "--from", "start", "-F", "tsv", "--columns", "t,w,v", "--time", "t", "-b",
          "10s", "-l", "5s", "-o", "out"]
BY_EVENTS = ["countby", "w", "--window", "60s", "--slide", "20s", "also", "where", "v > 50", "then",
             "delta", "v", "--by", "w", "into", "rows"]


def changed_by_events(scope, stages):
    """A run by event time that was stopped in the middle goes on with other stages."""
    p = Place(scope)
    lines = [f"{1700000000 + i // 10 + (i * 7) % 3}\tw{i % 9}\t{i % 100}\n" for i in range(4000)]
    p.write("in", "".join(lines[:2000]).encode())
    stop(p, p.start("-c", "c.db", *EVENTS, *BY_EVENTS))
    check(p.ask("SELECT count(*) FROM chunk WHERE role = 7")[0][0] > 0, "no rows wait")
    p.write("in", "".join(lines[2000:]).encode(), "ab")
    run = p.start("--resume-changed", "-c", "c.db", *EVENTS, *stages)
    stop(p, run)
    p.run("-i", "in", *EVENTS[4:-1], "want", *BY_EVENTS[:-1], "rows.want")
    check(len(p.read("out")) > 1000, "hardly an answer")
    check(p.read("want").startswith(p.read("out")), "the answer does not go on")
    return p, said(run)


def test_resume_changed_by_event_time(scope):
    """By event time open batches go on, and the rows that wait, behind what is the same."""
    p, notices = changed_by_events(scope, [*BY_EVENTS, "also", "count", "into", "third"])
    check_equal(notices, ["streamctl: c.db: stage 4, 'count', begins anew",
                          "streamctl: c.db: output 'third' begins anew"], "notices")
    check(len(p.read("rows")) > 1000, "hardly any rows")
    check(p.read("rows.want").startswith(p.read("rows")), "the rows do not go on")


def test_resume_changed_before_rows_that_wait(scope):
    """Rows that wait behind a stage that changed are dropped, which is told."""
    _, notices = changed_by_events(scope, ["where", "v >= 0", "then", *BY_EVENTS])
    check_equal(notices, [
        "streamctl: c.db: stage 1, 'where v\\ >=\\ 0', begins anew",
        "streamctl: c.db: rows that waited for the end of their batch behind a stage that has "
        "changed are dropped"], "notices")


def test_more_sources_by_event_time(scope):
    """By event time there can be more sources than before, and fewer."""
    p = Place(scope)
    for name in ("in", "two"):
        p.write(name, "".join(f"{1700000000 + i}\tx\n" for i in range(100)).encode())
    words = ["-F", "tsv", "--columns", "t,w", "--time", "t", "-b", "10s", "-o", "out", "countby", "w"]
    p.run("-c", "c.db", "-i", "in", *words)
    p.run("-c", "c.db", "-i", "in", "-i", "two", *words)
    p.run("-c", "c.db", "-i", "in", *words)


# ---- --state ----

def test_state_show(scope):
    """--state show tells what there is as TSV, and changes nothing."""
    p = stopped(scope)
    before = p.read("c.db"), p.files()
    lines = [x.split("\t") for x in p.run("-c", "c.db", "--state", "show").out.splitlines()]
    check_equal((p.read("c.db"), p.files()), before, "the files")
    check_equal(lines[0][:4], ["status", "batch", "time", "records"], "the first line")
    check_equal(lines[1][1], "10", "batches")
    check(["pipeline", "stage: " + " ".join(WINDOW)] in lines, "the stage")
    check(["sources", "tail:in", str(len(p.read("in"))), "0"] in lines, "the source")
    check(["outputs", "0", "out"] in lines, "the output")
    check(any(x[:3] == ["parts", "pane", "0"] for x in lines), "the panes")


def test_state_reset(scope):
    """--state reset removes all files of a checkpoint that nobody uses, and the run begins anew."""
    p = stopped(scope)
    p.write("c.db.other", b"stays")
    p.run("-c", "c.db", "--state", "reset")
    check_equal(p.files(), ["c.db.other", "in", "out"], "the files")
    run = p.run("-c", "c.db", "--state", "reset", status=1)
    check("c.db: open the checkpoint: No such file" in run.err, run.err)
    run = p.start(*tailing("count"))
    p.fed = 0
    reached(p, run, 5250)
    check_equal(p.read("out"), b"500\n" * 10, "the answer of a new run")


def test_state_reset_leaves_what_is_not_ours(scope):
    """--state reset does not remove a file of notes, nor another's database."""
    p = Place(scope)
    p.write("notes", b"remember the milk\n" * 100)
    p.ask("CREATE TABLE t(x)", "db")
    for name, says in (("notes", "is no checkpoint"), ("db", "is a database, but no checkpoint")):
        before = p.read(name)
        run = p.run("-c", name, "--state", "reset", status=4)
        check(says in run.err, run.err)
        check_equal(p.read(name), before, name)


def test_state_of_one_that_is_used(scope):
    """While a run has it: show and export work, reset and a second run are refused at once."""
    p = Place(scope)
    p.write("in", words(2000))
    run = p.start(*tailing(*WINDOW))
    wait(lambda: has_read(p, run) and "batch 4 " in run.err, "the input to be answered")
    before = p.read("out")
    for args in (["-c", "c.db", "--state", "reset"], tailing(*WINDOW)):
        again = p.run(*args, status=1)
        check("c.db: another streamctl has this checkpoint; stop that one first, or name another "
              "file" in again.err, again.err)
    check_equal(p.read("out"), before, "the output")
    p.run("-c", "c.db", "--state", "show")
    p.write("export", p.run("-c", "c.db", "--state", "export").out.encode())
    check(run.alive(), f"it ended: {run.err}")
    run.kill(signal.SIGTERM)
    run.wait_exit(0)
    with open(p.path("export"), "rb") as f:
        p.run("-c", "copy.db", "--state", "import", stdin=f)
    check(p.ask("SELECT records FROM progress", "copy.db")[0][0] % 500 == 0, "records of the copy")


def export(p, name="c.db"):
    text = p.run("-c", name, "--state", "export").out.encode()
    p.write("export", text)
    return text


def import_text(p, text, name="copy.db", status=0):
    p.write("given", text)
    with open(p.path("given"), "rb") as f:
        return p.run("-c", name, "--state", "import", status=status, stdin=f)


def test_export_import_goes_on_alike(scope):
    """A run goes on from an imported copy as it does from the checkpoint; the copy is the same."""
    p = stopped(scope, stages=[*WINDOW, "also", "countby", "--running", "--emit", "update", "into",
                               "two"])
    text = export(p)
    import_text(p, text)
    check_equal(export(p, "copy.db"), text, "the export of the copy")
    p.write("in", words(750, 2), "ab")
    for name in ("out", "two"):
        p.copy(name, name + ".kept")
    answers = []
    for name in ("c.db", "copy.db"):
        os.rename(p.path(name), p.path("used.db"))
        words_ = tailing(*WINDOW, "also", "countby", "--running", "--emit", "update", "into", "two")
        words_[1] = "used.db"
        run = p.start(*words_)
        stop(p, run)
        check_equal(p.ask("SELECT records FROM progress", "used.db"), [(6000,)], "records")
        answers.append((p.read("out"), p.read("two")))
        p.run("-c", "used.db", "--state", "reset")
        for out in ("out", "two"):
            check(len(p.read(out)) > len(p.read(out + ".kept")), f"{out} has not grown")
            p.copy(out + ".kept", out)
    check(answers[0] == answers[1], "the copy goes on in another way")


def test_export_has_the_journal(scope):
    """What a killed run had accepted from a client goes with the export."""
    p = Place(scope)
    listen = ["-i", "listen://127.0.0.1:0", *rows("count", "--running", batch="10rows")[2:]]
    run = p.start("-c", "c.db", *listen)
    port = int(run.wait_err(r"listening on \S+:(\d+)\b").group(1))
    with scope.connect(port) as s:
        s.sendall(b"x\n" * 10)
        wait(lambda: p.read("out") == b"10\n", "the first batch")
        before = journal_size(p)
        s.sendall(b"y\n" * 7)
        wait(lambda: journal_size(p) > before, "the journal")
        run.kill(signal.SIGKILL)
    run.wait_exit()
    text = export(p)
    check(b"\tjournal\t" in text, "the export has no journal")
    import_text(p, text)
    check_equal(export(p, "copy.db"), text, "the export of the copy")
    run = p.start("-c", "copy.db", *listen)
    port = int(run.wait_err(r"listening on \S+:(\d+)\b").group(1))
    with scope.connect(port) as s:
        s.sendall(b"z\n" * 3)
        wait(lambda: p.read("out") == b"10\n20\n", "the batch of both runs")


def test_damaged_journal(scope):
    """An entry that is damaged is left out, which is told; those behind it are counted."""
    p = Place(scope)
    listen = ["-i", "listen://127.0.0.1:0", *rows("count", "--running", batch="10rows")[2:]]
    run = p.start("-c", "c.db", *listen)
    port = int(run.wait_err(r"listening on \S+:(\d+)\b").group(1))
    with scope.connect(port) as s:
        for line in (b"first\n", b"second\n", b"third\n"):
            before = journal_size(p)
            s.sendall(line * 2)
            wait(lambda n=before: journal_size(p) > n, "the entry")
        run.kill(signal.SIGKILL)
    run.wait_exit()
    name = next(n for n in ("c.db.journal-1", "c.db.journal-2") if b"second" in p.read(n))
    p.write(name, p.read(name).replace(b"second", b"secund", 1))
    run = p.run("-c", "c.db", "--state", "export", status=1)
    check("c.db: the journal is damaged: 1 of its entries are missing" in run.err, run.err)
    run = p.start("-c", "c.db", *listen)
    port = int(run.wait_err(r"listening on \S+:(\d+)\b").group(1))
    check("c.db: the journal is damaged: 1 of its entries, which had not been counted, are lost" in
          run.err, run.err)
    with scope.connect(port) as s:
        s.sendall(b"x\n" * 6)
        wait(lambda: p.read("out") == b"10\n", "the batch of both runs")


def test_damaged_exports(scope):
    """An export that is damaged or cut short is refused with its line, and leaves no file."""
    p = stopped(scope, n=1250)
    text = export(p)
    lines = text.splitlines(keepends=True)
    before = p.files() + ["given"]
    rng = random.Random(7)

    def bad(data, line):
        run = import_text(p, data, status=1)
        check(f"line {line} of the import " in run.err, f"line {line} is not told: {run.err}")
        check_equal(p.files(), sorted(before), "the files")

    for i in range(1, len(lines)):
        change = bytearray(lines[i])
        at = rng.randrange(len(change) - 1)
        change[at] ^= 1
        if change[at:at + 1] not in b"\n":
            bad(b"".join(lines[:i]) + change + b"".join(lines[i + 1:]), i + 1)
        bad(b"".join(lines[:i]), i + 1)
        if i + 1 < len(lines):
            bad(b"".join(lines[:i] + lines[i + 1:]), i + 1)
        bad(b"".join(lines[:i]) + lines[i][:rng.randrange(1, len(lines[i]))], i + 1)
    bad(text + b"\n", len(lines) + 1)
    for other in (b"", b"hello\n", text[:30].replace(b"\t1\t1\n", b"\t1\n")):
        run = import_text(p, other, status=1)
        check("is not what --state export writes" in run.err, run.err)
    run = import_text(p, text.replace(b"checkpoint\t1\t", b"checkpoint\t2\t", 1), status=4)
    check("newer version" in run.err, run.err)
    check_equal(p.files(), sorted(before), "the files")


def test_import_does_not_overwrite(scope):
    """An import is refused where a checkpoint or one of its files is."""
    p = stopped(scope, n=1250)
    text = export(p)
    before = p.read("c.db")
    run = import_text(p, text, "c.db", status=1)
    check("c.db: is there already" in run.err, run.err)
    check_equal(p.read("c.db"), before, "the checkpoint")
    p.write("new.db.journal-1", b"left")
    run = import_text(p, text, "new.db", status=1)
    check("new.db.journal-1: is there already" in run.err, run.err)
    check(not os.path.exists(p.path("new.db")), "it was made")


# ---- what goes wrong ----

def wrong(p, says, status=1, out="out", **kw):
    """A run fails with a message and leaves its output alone."""
    before = p.read(out) if os.path.exists(p.path(out)) else None
    run = p.run(*tailing(*WINDOW, out=out), status=status, **kw)
    check(re.search(says, run.err), f"it does not say /{says}/: {run.err}")
    check_equal(len(run.err.splitlines()), 1, f"lines of the message: {run.err}")
    after = p.read(out) if os.path.exists(p.path(out)) else None
    check(before == after, "the output was touched")


def test_committed_when_nothing_comes(scope):
    """A commit that was put off, for the next batch to go with it, comes without one."""
    p = Place(scope)
    p.write("in", words(1000))
    run = p.start("-c", "c.db", "-i", "tail:in", "--from", "start", *rows(*WINDOW)[2:])
    wait(lambda: listens(run) and progress(p, "batch") == 2, "the second batch in the checkpoint")
    stop(p, run)


def test_files_of_another_kind(scope):
    """A folder, a device, notes or another's database as FILE: refused, and left as they are."""
    p = Place(scope)
    p.write("in", words(1000))
    p.write("out", b"an answer of old\n")
    os.mkdir(p.path("c.db"))
    wrong(p, "c.db: open the checkpoint: Is a directory")
    os.rmdir(p.path("c.db"))
    os.mkfifo(p.path("c.db"))
    wrong(p, "c.db: is no regular file, as a checkpoint must be")
    os.unlink(p.path("c.db"))
    p.write("c.db", b"remember the milk\n" * 100)
    wrong(p, "c.db: is no checkpoint, or its beginning is damaged; name another file")
    check_equal(p.read("c.db"), b"remember the milk\n" * 100, "the notes")
    os.unlink(p.path("c.db"))
    p.ask("CREATE TABLE t(x)")
    before = p.read("c.db")
    wrong(p, "c.db: is a database, but no checkpoint; name another file", status=4)
    check_equal(p.read("c.db"), before, "the other's database")


def test_newer_version(scope):
    """A checkpoint of a newer version is refused with exit status 4."""
    p = stopped(scope)
    p.ask("PRAGMA user_version = 99")
    wrong(p, r"c.db: is a checkpoint of a newer version \(99, this program knows 1\)", status=4)


def test_corrupted(scope):
    """A checkpoint that is damaged anywhere is refused, or goes on if nothing that counts was hit."""
    p = stopped(scope)
    good, out = p.read("c.db"), p.read("out")
    p.ask("UPDATE chunk SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE seq = "
          "(SELECT max(seq) FROM chunk WHERE role = 2)")
    wrong(p, "c.db: the checkpoint is damaged; put a copy back, or begin anew with --state reset")
    for at in range(4096, len(good), 4096):
        p.write("c.db", good[:at] + b"\xa5" * 512 + good[at + 512:])
        wrong(p, r"c.db: the checkpoint is damaged")
    p.write("c.db", b"\xa5" * 100 + good[100:])
    wrong(p, "c.db: is no checkpoint, or its beginning is damaged")
    p.write("c.db", good)
    check_equal(p.read("out"), out, "the output")


ALTERED = (
    "DELETE FROM chunk WHERE seq = (SELECT min(seq) FROM chunk)",
    "UPDATE chunk SET sum = sum + 1 WHERE seq = (SELECT max(seq) FROM chunk)",
    "UPDATE progress SET rows = rows - 1",
    "UPDATE progress SET batch = 'ten'",
    "DELETE FROM progress",
    "UPDATE account SET counted = counted + 1",
    "DELETE FROM account",
    "UPDATE source SET position = position + 1",
    "UPDATE source SET address = 'tail:on'",
    "UPDATE output SET state = CAST(x'00' || substr(state, 2) AS BLOB)",
    "DELETE FROM output",
    "UPDATE meta SET value = value || ' ' WHERE name = 'identity'",
    "UPDATE seal SET chunks = chunks + 1",
    "DELETE FROM seal",
)


def test_altered(scope):
    """A number that has changed, a row that is gone: refused before an output is opened."""
    p = stopped(scope)
    good = p.read("c.db")
    for sql in ALTERED:
        p.ask(sql)
        wrong(p, "c.db: the checkpoint is damaged; put a copy back, or begin anew with --state reset")
        for verb in ("show", "export"):
            run = p.run("-c", "c.db", "--state", verb, status=1)
            check("c.db: the checkpoint is damaged" in run.err, f"{verb} after {sql}: {run.err}")
        p.write("c.db", good)
    p.run("-c", "c.db", "--state", "show")


def test_cut_short(scope):
    """A checkpoint that was cut short is refused."""
    p = stopped(scope)
    good = p.read("c.db")
    for size in (len(good) // 2, 8192, 4096, 100):
        p.write("c.db", good[:size])
        wrong(p, "c.db: (the checkpoint is damaged|is no checkpoint)")


def test_journal_is_a_folder(scope):
    """A journal that cannot be opened is told."""
    p = Place(scope)
    p.write("in", words(1000))
    os.mkdir(p.path("c.db.journal-1"))
    wrong(p, "c.db.journal-1: open the journal: Is a directory")


def as_nobody():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def open_to_all(p):
    os.chmod(p.dir, 0o777)
    for name in p.files():
        os.chmod(p.path(name), 0o666)


def test_no_permission(scope):
    """A file or a folder that may not be written is told, and nothing is touched."""
    p = stopped(scope)
    open_to_all(p)
    os.chmod(p.path("c.db"), 0o444)
    wrong(p, "c.db: open the checkpoint: Permission denied", preexec_fn=as_nobody)
    os.mkdir(p.path("sub"), 0o555)
    run = p.run(*["-c", "sub/c.db", *tailing(*WINDOW)[2:]], status=1, preexec_fn=as_nobody)
    check("sub/c.db: open the checkpoint: Permission denied" in run.err, run.err)
    os.chmod(p.path("c.db"), 0o666)
    os.chmod(p.dir, 0o555)
    wrong(p, "c.db: the checkpoint: ", preexec_fn=as_nobody)
    os.chmod(p.dir, 0o777)


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))


def test_no_room_for_the_first_commit(scope):
    """With no room for the checkpoint it fails with a message, and goes on where there is some."""
    p = Place(scope)
    p.write("in", words(20000))
    p.run(*rows(*WINDOW, out="want"))
    run = p.run("-c", "c.db", *rows(*WINDOW), status=1, preexec_fn=limit_files)
    check(re.search(r"streamctl: (c.db|out): ", run.err), run.err)
    p.run("-c", "c.db", *rows(*WINDOW))
    check(p.read("out") == p.read("want"), "the output is another")


def test_full_disk(scope):
    """A full disk ends the run with a message; with room again it goes on to the same answer."""
    p = Place(scope)
    p.write("in", words(20000))
    p.run(*rows(*WINDOW, out="want"))
    os.mkdir(p.path("disk"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", p.path("disk")],
                             capture_output=True) if os.geteuid() == 0 else None
    if mounted is None or mounted.returncode != 0:
        raise Skip("no tmpfs can be mounted")
    try:
        run = p.run("-c", "disk/c.db", *rows(*WINDOW), status=1)
        check("disk/c.db: no room to write the checkpoint; the last one stands: free some space and "
              "start again" in run.err, run.err)
        subprocess.run(["mount", "-o", "remount,size=8m", p.path("disk")], check=True)
        p.run("-c", "disk/c.db", *rows(*WINDOW))
        check(p.read("out") == p.read("want"), "the output is another")
    finally:
        subprocess.run(["umount", p.path("disk")], check=True)


# ---- versions ----

def test_versions(scope):
    """Checkpoints that each version has left are read, and go on to the right answer."""
    folders = sorted(f for f in os.listdir(DATA) if re.fullmatch(r"checkpoint-v\d+", f))
    check("checkpoint-v1" in folders, "there is none of version 1")
    names = [(f, n[:-3]) for f in folders for n in sorted(os.listdir(os.path.join(DATA, f)))
             if n.endswith(".db")]
    check(len(names) >= 2, "there are too few")
    for folder, name in names:
        for how in ("db", "export"):
            go_on_from(Place(scope), os.path.join(DATA, folder), name, how)


def go_on_from(p, folder, name, how):
    """A copy of what was left goes on to the end of its input."""
    for left in p.files():
        os.unlink(p.path(left))
    shutil.copy(os.path.join(folder, "input"), p.path("input"))
    if how == "db":
        shutil.copy(os.path.join(folder, name + ".db"), p.path("c.db"))
    else:
        with open(os.path.join(folder, name + ".export"), "rb") as f:
            p.run("-c", "c.db", "--state", "import", stdin=f)
    outs = [n.split(".")[1] for n in sorted(os.listdir(folder)) if re.match(name + r"\.\d+\.begun", n)]
    for n in outs:
        shutil.copy(os.path.join(folder, f"{name}.{n}.begun"), p.path("out" + n))
    with open(os.path.join(folder, name + ".words"), encoding="utf-8") as f:
        options, stages = f.read().split("\n", 1)
    p.write("stages", stages.encode())
    p.run("-c", "c.db", *options.split(), "-f", "stages")
    for n in outs:
        with open(os.path.join(folder, f"{name}.{n}.answer"), "rb") as f:
            want = f.read()
        got = p.read("out" + n)
        check(got == want, f"{os.path.basename(folder)}/{name}.{how}: output {n} is another, from "
              f"byte {len(os.path.commonprefix([got, want]))} on")
