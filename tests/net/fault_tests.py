"""Peers and readers that die, stall, stop or crawl, clocks that step, and more than can be taken.

The suite "faults" of tests/net/run. What is counted is counted exactly; what takes time has a limit
far beyond what it should take.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import net_lib
from file_tests import idle, receiving, sender
from net_lib import alone, check, check_equal, numbers, read_fd, stats, stats_sum, wait
from net_tests import ROWS, catches, stuck, wait_status

GAVE_UP = "gave up: it did not take all before the time to end was over (--drain-timeout)"


# ---------------------------------------------------------------- the time there is to end

def test_drain_pipe_not_read(t):
    """a reader that stands still cannot keep a run that was told to end"""
    for sig in (signal.SIGTERM, signal.SIGINT):
        with stuck(t, "--drain-timeout", "300ms") as (p, _):
            p.kill(sig)
            p.wait_exit(1)
            wait(lambda: p.err == f"streamctl: standard output: {GAVE_UP}; "
                 f"{p.err.split('; ')[-1]}", "the message and how many batches were written")
            check("batches were written\n" in p.err, f"it says {p.err!r}")


def test_drain_pipe_read_in_time(t):
    """a reader that goes on in time gets all of it, exit 0"""
    with stuck(t, "--drain-timeout", "1h") as (p, r):
        p.kill(signal.SIGTERM)
        time.sleep(0.3)
        check(p.alive(), "it did not wait for the reader")
        tail = b""
        while block := read_fd(r, 1 << 16):
            tail = block[-100:]
        p.wait_exit(0)
        check(tail.endswith(b"\tsome line of text\n"), f"the end of the output is {tail!r}")


def test_drain_non_blocking_stdout(t):
    """the same for a standard output that does not block"""
    r, w = os.pipe()
    os.set_blocking(w, False)
    p = t.run("-i", "rate:1000000", "-b", "20ms", "--drain-timeout", "200ms", "grep", "",
              stdout=w)
    os.close(w)
    time.sleep(0.5)
    p.kill(signal.SIGTERM)
    p.wait_exit(1)
    os.close(r)
    check(GAVE_UP in p.err, f"it says {p.err!r}")


def test_drain_tcp_peer_stalls(t):
    """a tcp:// peer that does not read cannot keep it, either"""
    server, port = t.server()
    p = t.run("-i", "rate:2000000", "-b", "50ms", "--drain-timeout", "300ms", "-o",
              f"tcp://127.0.0.1:{port}", "grep", "1")
    conn = t.accept(server)
    conn.recv(100)
    time.sleep(0.5)
    p.kill(signal.SIGTERM)
    p.wait_exit(1)
    check(f"tcp://127.0.0.1:{port}: {GAVE_UP}" in p.err, f"it says {p.err!r}")


def test_drain_tcp_peer_gone(t):
    """nor one that is gone and connected to again and again"""
    server, port = t.server()
    p = t.run("-i", "rate:1000", "-b", "20ms", "--drain-timeout", "300ms", "-o",
              f"tcp://127.0.0.1:{port}", "grep", "1")
    conn = t.accept(server)
    conn.recv(100)
    server.close()
    net_lib.reset(conn)
    p.wait_err("retry 3 of 10")
    p.kill(signal.SIGTERM)
    p.wait_exit(1)
    check(GAVE_UP in p.err, f"it says {p.err!r}")


def test_drain_exec_hangs(t):
    """nor a command that hangs, which is told to end"""
    pid = t.path("pid")
    p = t.run("-i", "rate:1000", "-b", "20ms", "--drain-timeout", "300ms", "-o",
              f"exec:echo $$ > {pid}; exec sleep 600", "count")
    wait(lambda: os.path.exists(pid) and open(pid).read().endswith("\n"), "the command to run")
    p.kill(signal.SIGTERM)
    p.wait_exit(1)
    check("the command did not end before the time to end was over" in p.err, f"it says {p.err!r}")
    command = int(open(pid).read())
    wait(lambda: not alive(command), "the end of the command")


def alive(pid):
    """True unless the process is gone or dead already."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_drain_query_without_end(t):
    """nor a query that never ends, with threads or without"""
    query = "with recursive r(i) as (select 1 union all select i + 1 from r) " \
            "select count(*) as n from r"
    for jobs in ("1", "3"):
        p = t.run("-i", "rate:1000", "-b", "20ms", "-j", jobs, "--drain-timeout", "300ms", "sql",
                  query)
        wait(lambda: catches(p, signal.SIGTERM), "a handler")
        time.sleep(0.3)
        p.kill(signal.SIGTERM)
        p.wait_exit(1)
        check_equal(p.err, "streamctl: sql: a query was stopped before its end\n", "stderr")


def test_drain_what_heeds_nothing(t):
    """what does not heed the alarm, as a FIFO that nobody opens, is ended all the same"""
    fifo = t.path("fifo")
    os.mkfifo(fifo)
    p = t.run("-i", "rate:1000", "--drain-timeout", "100ms", "-o", fifo, "count")
    wait(lambda: catches(p, signal.SIGTERM), "a handler")
    time.sleep(0.3)
    p.kill(signal.SIGTERM)
    p.wait_exit(1)
    check_equal(p.err, "streamctl: gave up: it did not end in time (--drain-timeout)\n", "stderr")


def test_drain_second_signal(t):
    """a second signal ends it at once, however long the first one would wait"""
    with stuck(t, "--drain-timeout", "1h") as (p, _):
        p.kill(signal.SIGTERM)
        time.sleep(0.3)
        check(p.alive(), "the first one did not wait for the reader")
        p.kill(signal.SIGTERM)
        p.wait_exit(-signal.SIGTERM)


# ---------------------------------------------------------------- more than can be taken

def flood(write, stop, made):
    """Write numbered lines as fast as they are taken; made[0] counts the lines that went."""
    n = 0
    with contextlib.suppress(OSError, ValueError):
        while not stop.is_set():
            block = b"".join(b"key%d %d\n" % (i % 100, i) for i in range(n, n + 2000))
            view = memoryview(block)
            while view:
                view = view[write(view):]
            n += 2000
            made[0] = n


@contextlib.contextmanager
def flooded(t, kind, *args):
    """A run that is given more than it can take; yields (program, counter of lines that it took)."""
    stop, made = threading.Event(), [0]
    if kind == "pipe":
        p = t.run(*args, stdin=subprocess.PIPE)
        write, end = p.stdin.write, p.stdin.close
    else:
        server, port = t.server()
        p = t.run("-i", f"tcp://127.0.0.1:{port}", *args)
        conn = t.accept(server)
        write, end = conn.send, conn.close
    thread = threading.Thread(target=flood, args=(write, stop, made), daemon=True)
    thread.start()

    def finish():
        stop.set()
        thread.join(net_lib.DEADLINE)
        end()
        p.wait_exit(0)
    try:
        yield p, made, finish
    finally:
        stop.set()


SLOW = ("grep", "-v", "(a+)+([0-9]+x)+", "then", "where", "length(line) * 3 % 7 >= 0", "then",
        "sql", "select count(*) as n from stream where line like '%k%y%' and line glob '*e*'")


def watch_memory(p, seconds):
    """The most kB that the program had in so many seconds, from a moment after the start."""
    time.sleep(0.5)
    most, end = 0, time.monotonic() + seconds
    while time.monotonic() < end and p.alive():
        most = max(most, p.stat("VmRSS"))
        time.sleep(0.05)
    return most


def check_rows(path):
    """Each row of --stats adds up; the sums of its columns."""
    rows = stats(path)
    parts = ("counted", "filtered", "late", "bad", "shed")
    for row in rows:
        check_equal(int(row["records"]), sum(int(row[c]) for c in parts), f"records of {row}")
    return {c: sum(int(r[c]) for r in rows) for c in ("records",) + parts}


@alone
def test_overload_slows_the_sender(t):
    """by default a sender that is too fast is slowed, memory is flat and each record is counted"""
    for kind in ("pipe", "tcp"):
        path = t.path(kind)
        with flooded(t, kind, "-b", "100ms", "--time-format", "none", "--stats", path,
                     *SLOW) as (p, made, finish):
            rss = watch_memory(p, 10 if net_lib.LONG else 1.5)
            finish()
        sums = check_rows(path)
        check_equal(sums["records"], made[0], f"records that came by {kind}")
        check_equal(sums["shed"], 0, "records that were dropped")
        check_equal(sum(numbers(p.out)), made[0], "the sum of the counts")
        check(rss < 100000 or net_lib.WRAP, f"{rss} kB of memory")
        check_equal(p.err, "", "stderr")


@alone
def test_overload_sheds(t):
    """with --shed each record is counted or told to be lost, whatever the policy and the source"""
    for kind, policy, jobs in (("pipe", "oldest", 1), ("tcp", "newest", 1), ("pipe", "sample", 3)):
        path = t.path(kind + policy)
        with flooded(t, kind, "-b", "100ms", "--time-format", "none", "--stats", path, "--shed",
                     policy, "-j", str(jobs), *SLOW) as (p, made, finish):
            rss = watch_memory(p, 10 if net_lib.LONG else 1.5)
            finish()
        sums = check_rows(path)
        check_equal(sums["records"], made[0], f"records that came by {kind}")
        check_equal(sum(numbers(p.out)), made[0] - sums["shed"], "the sum of the counts")
        check(rss < 130000 or net_lib.WRAP, f"{rss} kB of memory")
        if sums["shed"] > 0:
            check_equal(p.err, f"streamctl: cannot keep up: records are dropped (--shed {policy}); "
                        "how many is told at the end\n"
                        f"streamctl: {sums['shed']} of {made[0]} records were dropped "
                        f"(--shed {policy})\n", "stderr")


def burst(t, policy):
    """The last and the first number that are seen of 40 MB that come at once, and how many."""
    p = t.run("-b", "1h", "--time-format", "none", "--shed", policy, "-T", "json", "grep",
              "(a+)+(9+x)+|[0-9]", "then", "select", "cast(line as integer) as n, "
              "line glob '*1*2*3*4*' as slow, length(line) as len", "then", "stats", "n", "--what",
              "count,min,max", stdin=subprocess.PIPE)
    n = 5000000
    p.stdin.write(b"".join(b"%07d\n" % i for i in range(n)))
    p.stdin.close()
    p.wait_exit(0)
    return n, json.loads(p.out), p


@alone
def test_shed_policies_differ(t):
    """of a burst oldest keeps the last record, newest the first; no policy loses all"""
    for policy in ("oldest", "newest", "sample"):
        n, row, p = burst(t, policy)
        lost = re.search(r"(\d+) of (\d+) records were dropped", p.err)
        check(lost, "nothing was dropped of a burst")
        check_equal(int(lost.group(1)) + row["count"], n, f"{policy}: dropped and counted")
        check(row["count"] > 0, "all was dropped")
        if policy == "oldest":
            check_equal(row["max"], n - 1, "the last record that counts")
        if policy == "newest":
            check_equal(row["min"], 0, "the first record that counts")


@alone
def test_udp_losses_have_a_column(t):
    """what the system drops while the process stands still is in the column dropped"""
    path = t.path("stats")
    p, host, port = receiving(t, "-b", "50ms", "--time-format", "none", "--stats", path, "count")
    s = sender(t)
    p.kill(signal.SIGSTOP)
    n = 20000
    for _ in range(n):
        s.sendto(b"x" * 1000, (host, port))
    p.kill(signal.SIGCONT)

    def dropped():
        nonlocal n
        s.sendto(b"more", (host, port))
        n += 1
        return stats_sum(path, "dropped")[0] if os.path.exists(path) else 0
    wait(dropped, "a number in the column")
    idle(p)
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    counted, lost = stats_sum(path, "counted", "dropped")
    check_equal(counted + lost, n, "counted and dropped")
    check_equal(sum(numbers(p.out)), counted, "counted")
    check_rows(path)
