"""Killed and started again with a checkpoint: each function's docstring is its claim (see run)."""

import gzip
import os
import random
import signal
import subprocess
import time

from file_tests import idle, open_files, stop, wait_open, write
from net_lib import Skip, check, check_equal, wait

ROWS = ("-b", "100rows", "--time-format", "none")
FAST = ("-b", "20ms", "--time-format", "none")


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return b""


def make_lines(n, seed=1):
    """Lines of many lengths, some over the limit of 200 bytes; the last one has no end."""
    rng = random.Random(seed)
    lines = [f"{i} {'x' * (rng.randrange(60) if i % 97 else rng.randrange(400))}" for i in range(n)]
    return "\n".join(lines).encode()


def undisturbed(t, *args, **kw):
    """What a run that nobody kills writes."""
    p = t.run("-o", t.path("want"), *args, **kw)
    p.wait_exit(0)
    return read(t.path("want"))


def killed(t, *args, files=None, kills=5, **kw):
    """Runs that are killed as soon as they have written something more; the last one ends."""
    out = t.path("out")
    for _ in range(kills):
        stdin = open(files, "rb") if files else subprocess.DEVNULL
        size = len(read(out))
        p = t.run("-c", t.path("state"), "-o", out, *args, stdin=stdin, **kw)
        wait(lambda: len(read(out)) > size + 5000 or not p.alive(), "some output")
        p.kill(signal.SIGKILL)
        p.wait_exit(-signal.SIGKILL)
        check_equal(p.err, "", "stderr")
    stdin = open(files, "rb") if files else subprocess.DEVNULL
    t.run("-c", t.path("state"), "-o", out, *args, stdin=stdin, **kw).wait_exit(0)
    return read(out)


def same(got, want):
    at = next((i for i, (x, y) in enumerate(zip(got, want)) if x != y), min(len(got), len(want)))
    check(got == want, f"{len(got)} bytes, want {len(want)}; differ at {at}: "
          f"{got[at:at + 60]!r}, want {want[at:at + 60]!r}")


# ---------------------------------------------------------------- files

def check_file(t, path, *args, **kw):
    args = ("-q", "--max-line", "200", *ROWS, *args)
    want = undisturbed(t, *args, **kw)
    same(killed(t, "--max-rate", "30000", *args, **kw), want)


def test_resume_file(t):
    """a plain file, killed over and over: the output is that of an undisturbed run"""
    path = t.path("in")
    write(path, make_lines(60000), "wb")
    check_file(t, path, "-i", path, "grep", "1")


def test_resume_file_counts(t):
    """so are the batches by rows of what is counted"""
    path = t.path("in")
    write(path, make_lines(60000), "wb")
    check_file(t, path, "-i", path, "countby")


def test_resume_gzip(t):
    """so is that of a gzip file of several members"""
    text = make_lines(60000)
    path = t.path("in.gz")
    write(path, gzip.compress(text[:100000]) + gzip.compress(text[100000:]), "wb")
    check_file(t, path, "-i", path, "grep", "")


def test_resume_zstd(t):
    """and of a zstd file"""
    path = t.path("in.zst")
    try:
        write(path, subprocess.run(["zstd", "-q"], input=make_lines(60000), check=True,
                                   stdout=subprocess.PIPE).stdout, "wb")
    except FileNotFoundError:
        raise Skip("zstd is not installed")
    check_file(t, path, "-i", path, "grep", "")


def test_resume_glob_of_headers(t):
    """CSV files whose headers name the columns in other orders"""
    os.mkdir(t.path("in"))
    for i in range(6):
        names = "a,b" if i % 2 else "b,a"
        write(t.path(f"in/{i}.csv"), names + "\n" + "".join(
            f"{i}.{j},{'a' if i % 2 == 0 else 'b'}\n" for j in range(8000)))
    check_file(t, None, "-i", t.path("in/*.csv"), "-F", "csv", "select", "a,b")


def test_resume_stdin(t):
    """standard input, if it is a file"""
    path = t.path("in")
    write(path, make_lines(60000), "wb")
    args = ("-q", "--max-line", "200", *ROWS, "grep", "")
    want = undisturbed(t, *args, stdin=open(path, "rb"))
    same(killed(t, "--max-rate", "30000", *args, files=path), want)


def test_resume_rate(t):
    """rate: goes on with the next number"""
    out = t.path("out")
    for _ in range(4):
        size = len(read(out))
        p = t.run("-c", t.path("state"), "-i", "rate:20000", "-o", out, *ROWS, "grep", "")
        wait(lambda: len(read(out)) > size + 3000, "some output")
        p.kill(signal.SIGKILL)
        p.wait_exit()
    got = read(out).split(b"\n")[:-1]
    check_equal(got, [b"%d" % i for i in range(len(got))], "numbers")


def test_resume_new_lines_only(t):
    """a run from time to time reads what was appended, once"""
    path, out = t.path("log"), t.path("out")
    want = b""
    for i in range(5):
        text = "".join(f"{i}.{j}\n" for j in range(i * 50))
        write(path, text, "a")
        want += text.encode()
        t.run("-c", t.path("state"), "-i", path, "-o", out, *ROWS, "grep", "").wait_exit(0)
        same(read(out), want)


def test_resume_another_file(t):
    """a file that is shorter or begins otherwise: exit 1, the message says what to do"""
    path, out = t.path("log"), t.path("out")
    args = ("-c", t.path("state"), "-i", path, "-o", out, *ROWS, "grep", "")
    write(path, "one\ntwo\nthree\n")
    t.run(*args).wait_exit(0)
    for text, why in (("one\n", "was read to byte 14, and has only 4 bytes now"),
                      ("zero\none\ntwo\nthree\n", "was overwritten and does not begin as")):
        write(path, text)
        p = t.run(*args)
        p.wait_exit(1)
        check(f"{path}: {why}" in p.err, f"the message is {p.err}")
        check("--state reset" in p.err, "what to do is not told")
        check_equal(read(out), b"one\ntwo\nthree\n", "output")


# ---------------------------------------------------------------- dir:

def until(p, path, size):
    wait(lambda: len(read(path)) >= size or not p.alive(), f"{size} bytes in {path}")
    check(p.alive(), f"it ended: {p.err}")


def test_resume_dir(t):
    """a directory, killed within files and between them; files come and move while it is down"""
    os.mkdir(t.path("in"))
    out = t.path("out")
    want = b""
    args = ("-c", t.path("state"), "-i", f"dir:{t.path('in')}", "--max-rate", "20000", "-o", out,
            *FAST, "grep", "")
    for i in range(40):
        text = "".join(f"{i:02}.{j}\n" for j in range(1000))
        write(t.path(f"in/{i:02}"), text)
        want += text.encode()
    for k in range(5):
        size = len(read(out))
        p = t.run(*args)
        until(p, out, size + 20000)
        p.kill(signal.SIGKILL)
        p.wait_exit()
    for name in ("00", "39"):       # one was read, the other was not
        os.rename(t.path(f"in/{name}"), t.path(f"in/{name}.old"))
    write(t.path("in/99"), "the last\n")
    want += b"the last\n"
    p = t.run(*args)
    until(p, out, len(want))
    idle(p)
    stop(p)
    same(read(out), want)


# ---------------------------------------------------------------- tail:

class Log:
    """A log with its reader, which is killed and started again."""

    def __init__(self, t, *args):
        os.mkdir(t.path("log"))
        self.t, self.path, self.out, self.want = t, t.path("log/log"), t.path("out"), ""
        self.args, self.n = args, 0
        self.write(1000)

    def write(self, n):
        text = "".join(f"{i} of a log\n" for i in range(self.n, self.n + n))
        self.n += n
        self.want += text
        write(self.path, text, "a")

    def rotate(self, most=9):
        time.sleep(0.02)            # so that the times of the files differ
        for i in range(most, 0, -1):
            if os.path.exists(f"{self.path}.{i}"):
                os.rename(f"{self.path}.{i}", f"{self.path}.{i + 1}")
        os.rename(self.path, self.path + ".1")
        write(self.path, "")

    def start(self):
        self.p = self.t.run("-c", self.t.path("state"), "-i", f"tail:{self.path}", "--from",
                            "start", "-o", self.out, *FAST, *self.args, "grep", "")
        return self.p

    def kill(self):
        self.p.kill(signal.SIGKILL)
        self.p.wait_exit()

    def all_read(self):
        until(self.p, self.out, len(self.want))
        idle(self.p)
        same(read(self.out), self.want.encode())


def test_resume_tail(t):
    """a log, killed in the middle of it"""
    log = Log(t, "--max-rate", "5000")
    log.write(9000)
    for _ in range(4):
        size = len(read(log.out))
        log.start()
        until(log.p, log.out, size + 10000)
        log.kill()
    log.start()
    log.all_read()
    stop(log.p)


def test_resume_tail_rotated_while_down(t):
    """rotated three times while it was down: all files that had the name are read in order"""
    log = Log(t)
    log.start()
    log.all_read()
    log.kill()
    log.write(500)
    for n in (10, 20, 30):
        log.rotate()
        log.write(n)
    log.start()
    log.all_read()
    log.rotate()
    log.write(100)
    log.all_read()
    stop(log.p)
    check_equal(log.p.err.count("was rotated to"), 2, "notices")


def test_resume_tail_copied_and_truncated(t):
    """copied and truncated while it was down: the copy is finished first"""
    log = Log(t)
    log.start()
    log.all_read()
    log.kill()
    log.write(500)
    write(log.path + ".1", read(log.path), "wb")
    write(log.path, "")
    log.write(50)
    log.start()
    log.all_read()
    stop(log.p)


def test_resume_tail_killed_before_a_batch(t):
    """killed before its first batch has ended, it goes on from where the log ended at its start"""
    path, out = t.path("log"), t.path("out")
    args = ("-c", t.path("state"), "-i", f"tail:{path}", "-o", out, "-b", "1h", "--time-format",
            "none", "grep", "")
    write(path, "old\n")
    p = t.run(*args)
    wait_open(p, path)
    p.kill(signal.SIGKILL)
    p.wait_exit()
    write(path, "new\n", "a")
    p = t.run(*args)
    wait_open(p, path)
    idle(p)
    stop(p)
    check_equal(read(out), b"new\n", "output")


def test_resume_dir_killed_before_a_batch(t):
    """--new-only leaves out what was there when the first run began, and nothing else"""
    os.mkdir(t.path("in"))
    out = t.path("out")
    args = ("-c", t.path("state"), "-i", f"dir:{t.path('in')}", "--new-only", "-o", out, "-b",
            "1h", "--time-format", "none", "grep", "")
    write(t.path("in/a"), "old\n")
    p = t.run(*args)
    wait(lambda: any("inotify" in x for x in open_files(p)), "it to watch")
    idle(p)
    p.kill(signal.SIGKILL)
    p.wait_exit()
    write(t.path("in/b"), "new\n")
    p = t.run(*args)
    wait(lambda: any("inotify" in x for x in open_files(p)), "it to watch")
    idle(p)
    stop(p)
    check_equal(read(out), b"new\n", "output")


def test_resume_tail_gone(t):
    """what is gone is told, with the bytes that are known to be missing"""
    log = Log(t)
    log.start()
    log.all_read()
    log.kill()
    os.rename(log.path, t.path("elsewhere"))
    write(log.path, "new\n")
    log.want += "new\n"
    p = log.start()
    log.all_read()
    stop(p)
    check("is not found" in p.err, "the loss is not told")
