"""Peers and readers that die, stall, stop or crawl, clocks that step, and more than can be taken.

The suite "faults" of tests/net/run. What is counted is counted exactly; what takes time has a limit
far beyond what it should take.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import net_lib
from net_lib import check, check_equal, read_fd, wait
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
