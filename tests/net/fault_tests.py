"""Peers and readers that die, stall, stop or crawl, clocks that step, and more than can be taken.

The suite "faults" of tests/net/run. What is counted is counted exactly; what takes time has a limit
far beyond what it should take.
"""

import calendar
import contextlib
import ctypes
import fcntl
import heapq
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import net_lib
from file_tests import idle, receiving, sender
from net_lib import (Skip, alone, check, check_equal, numbers, read_fd, stats, stats_sum, table,
                     wait)
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
def test_shed_with_a_checkpoint(t):
    """a run that sheds and is killed goes on from its checkpoint: nothing is doubled, all adds up"""
    for policy in ("oldest", "sample"):
        files = {name: t.path(name + policy) for name in ("check", "out", "first", "second")}
        args = ("-c", files["check"], "--shed", policy, "-b", "100ms", "-o", files["out"],
                "--time-format", "none", *SLOW)
        with flooded(t, "pipe", "--stats", files["first"], *args) as (p, made, _):
            time.sleep(4 if net_lib.LONG else 1)
            p.kill(signal.SIGKILL)
            p.wait_exit(-signal.SIGKILL)
        p = t.run("--stats", files["second"], *args)
        p.wait_exit(0)
        with open(files["out"], encoding="ascii") as f:
            answered = sum(numbers(f.read()))
        before = check_rows(files["first"])["counted"]
        check_rows(files["second"])
        # Of the block that was being written when it was killed some may have come, too.
        check(0 < before <= answered <= made[0] + 2000,
              f"{answered} records are in the answers, {before} were before, {made[0]} came")


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


# ---------------------------------------------------------------- a server that misbehaves

def counted(path):
    return stats_sum(path, "records", "counted", "bad", "reconnects")


def from_server(t, *args):
    """A run that reads from a server of ours; (program, server, its port, file of --stats)."""
    server, port = t.server()
    path = t.path("stats")
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--stats", path, "-b", "50ms", "--time-format",
              "none", *args, "grep", "")
    return p, server, port, path


def serve_again(t, port):
    """Listens on a port that was given up."""
    server = t.own(socket.socket())
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(4)
    server.settimeout(net_lib.DEADLINE)
    return server


def test_peer_stalls(t):
    """a server that falls silent within a line: batches go on, and the line counts when it ends"""
    p, server, _, path = from_server(t)
    conn = t.accept(server)
    conn.sendall(b"one\ntw")
    p.wait_out(lambda s: s == "one\n", "the whole line")
    rows = len(stats(path))
    time.sleep(10 if net_lib.LONG else 1)
    wait(lambda: len(stats(path)) >= rows + 5, "batches that go on")
    conn.sendall(b"o\nthree\n")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "one\ntwo\nthree\n", "stdout")
    check_equal(counted(path), (3, 3, 0, 0), "records, counted, bad, reconnects")


def test_peer_crawls(t):
    """a server that sends a byte at a time, each in a batch of its own: whole lines come out"""
    p, server, _, path = from_server(t)
    conn = t.accept(server)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    text = "a slow\nline or\n\ntwo"
    for c in text:
        conn.sendall(c.encode())
        time.sleep(1 if net_lib.LONG else 0.06)
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, text + "\n", "stdout")
    check_equal(counted(path), (4, 4, 0, 0), "records, counted, bad, reconnects")


def test_peer_half_closes(t):
    """a server that ends its side only is at its end: the last line counts, exit 0"""
    p, server, _, path = from_server(t)
    conn = t.accept(server)
    conn.sendall(b"one\ntwo")
    conn.shutdown(socket.SHUT_WR)
    check_equal(conn.recv(100), b"", "what it says")
    p.wait_exit(0)
    check_equal(p.out, "one\ntwo\n", "stdout")
    check_equal(counted(path), (2, 2, 0, 0), "records, counted, bad, reconnects")


def test_peer_resets_again_and_again(t):
    """a server that resets within each line: whole lines count once, the others are bad"""
    p, server, _, path = from_server(t)
    n = 20 if net_lib.LONG else 4
    for i in range(n):
        conn = t.accept(server)
        conn.sendall(b"line %d\nhalf" % i)
        p.wait_out(lambda s, i=i: s.endswith(f"line {i}\n"), "the whole line")
        net_lib.reset(conn)
    conn = t.accept(server)
    conn.sendall(b"last")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "".join(f"line {i}\n" for i in range(n)) + "last\n", "stdout")
    check_equal(counted(path), (2 * n + 1, n + 1, n, n), "records, counted, bad, reconnects")


DYING = """
import os, signal, socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", 0))
server.listen(1)
print(server.getsockname()[1], flush=True)
conn, _ = server.accept()
conn.sendall(b"".join(b"line %d\\n" % i for i in range(1000)) + b"half")
sys.stdin.read(1)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_peer_killed_and_back(t):
    """a server that is killed within a line and comes back after a pause: the gap is told"""
    path = t.path("stats")
    peer = t.peer("python3", "-c", DYING, stdin=subprocess.PIPE)
    port = int(peer.wait_out(lambda s: s.endswith("\n") and s, "its port"))
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--on-eof", "reconnect", "--retries", "100",
              "--stats", path, "-b", "50ms", "--time-format", "none", "grep", "")
    p.wait_out(lambda s: s.count("\n") == 1000, "a thousand lines")
    peer.stdin.write(b"x")
    peer.wait_exit(-signal.SIGKILL)
    time.sleep(10 if net_lib.LONG else 1.5)
    conn = t.accept(serve_again(t, port))
    conn.sendall(b"again\n")
    p.wait_out(lambda s: s.endswith("again\n"), "the line after the pause")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "".join(f"line {i}\n" for i in range(1000)) + "again\n", "stdout")
    check_equal(counted(path), (1002, 1001, 1, 1), "records, counted, bad, reconnects")
    check(re.search(r"reconnected after \d", p.err), "the end of the gap is not told")


# ---------------------------------------------------------------- clients that misbehave

def client_lines(i, n):
    return [f"c{i} n{j}\n".encode() for j in range(n)]


def behave(t, port, i, rnd):
    """Client I does what chance says; (socket to keep or None, what must have come, what may)."""
    n = rnd.randrange(1, 40)
    text = b"".join(client_lines(i, n))
    conn = t.connect(port)
    how = rnd.choice(("whole", "pieces", "unended", "half-close", "reset", "stall", "silent"))
    if how == "silent":
        return conn, 0, 0
    if how == "pieces":
        for at in range(0, len(text), 7):
            conn.sendall(text[at:at + 7])
    elif how == "unended":
        conn.sendall(text[:-1])
    elif how in ("reset", "stall"):
        conn.sendall(text + b"c%d nev" % i)
    else:
        conn.sendall(text)
    if how == "reset":
        net_lib.reset(conn)
        return None, 0, n
    if how == "half-close":
        conn.shutdown(socket.SHUT_WR)
    if how in ("stall", "half-close"):
        return conn, n, n
    conn.close()
    return None, n, n


def clients_by_chance(t, clients, *args):
    """Runs so many clients in random ways and checks what came of each of them."""
    seed = int.from_bytes(os.urandom(4), "little")
    rnd = random.Random(seed)
    path = t.path("stats" + "".join(args))
    p, _, port = t.listening("-b", "50ms", "--time-format", "none", "--stats", path, *args, "grep",
                             "")
    must, may = {}, {}
    for i in range(clients):
        _, must[i], may[i] = behave(t, port, i, rnd)
    p.wait_out(lambda s: s.count("\n") >= sum(must.values()) and all(
        f"c{i} n{n - 1}\n" in s for i, n in must.items() if n), f"all lines (seed {seed})")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    got = {i: [] for i in range(clients)}
    for line in p.out.split("\n")[:-1]:
        m = re.fullmatch(r"c(\d+) n(\d+)", line)
        if m:
            got[int(m.group(1))].append(int(m.group(2)))
        else:
            check(re.fullmatch(r"c\d+ nev", line) is not None, f"mixed: {line} (seed {seed})")
    for i, seen in got.items():
        check(seen == list(range(len(seen))) and must[i] <= len(seen) <= may[i],
              f"client {i} sent {must[i]} to {may[i]} lines, {seen} came (seed {seed})")
    sums = check_rows(path)
    check_equal(sums["counted"], p.out.count("\n"), "counted")


@alone
def test_clients_by_chance(t):
    """1,000 clients that end, stall, reset and fall silent by chance: no line is lost or doubled"""
    for _ in range(5 if net_lib.LONG else 1):
        clients_by_chance(t, 1000)


@alone
def test_clients_by_chance_jobs(t):
    """the same with threads"""
    clients_by_chance(t, 300, "--jobs", "3")


# ---------------------------------------------------------------- a network that misbehaves

SENDER = """
import socket, sys, time
conn = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for i in range(int(sys.argv[3])):
    conn.sendall(b"line %d of some sixty bytes, so that there is something to lose\\n" % i)
    if i % 50 == 0:
        time.sleep(0.005)
conn.close()
"""


class Namespaces:
    """Two network namespaces with a cable between them; they go with the test."""

    def __init__(self):
        self.names = [f"streamctl-{os.getpid()}-{threading.get_ident() % 9999}-{c}" for c in "ab"]

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("network namespaces need root")
        if not shutil.which("ip") or not shutil.which("tc"):
            raise Skip("there is no ip or tc (iproute2)")
        a, b = self.names
        try:
            for name in self.names:
                self.do("ip", "netns", "add", name)
            self.lay_cable(a, b)
            for i, name in enumerate(self.names):
                self.do("ip", "-n", name, "address", "add", f"10.77.0.{i + 1}/24", "dev", "sc0")
                self.do("ip", "-n", name, "link", "set", "sc0", "up")
        except Skip:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL, check=False)

    def lay_cable(self, a, b):
        self.do("ip", "-n", a, "link", "add", "sc0", "type", "veth", "peer", "name", "sc0",
                "netns", b)

    @staticmethod
    def do(*argv):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stderr + done.stdout).strip().split("\n")[0]
            raise Skip(f"not permitted here: {' '.join(argv)}: {said}")
        return done.stdout

    def start(self, t, which, *argv):
        return t.peer("ip", "netns", "exec", self.names[which], *argv)


TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000    # linux/if_tun.h


class BadNamespaces(Namespaces):
    """The cable is a program that loses one packet in twenty and holds the others up for a while,
    each for another one, so that they overtake each other."""

    def __init__(self):
        super().__init__()
        self.ends, self.carried, self.lost, self.overtaken = [], 0, 0, 0
        self.ended = threading.Event()
        self.relay = threading.Thread(target=self.carry, daemon=True)

    def lay_cable(self, a, b):
        for name in (a, b):
            thread = threading.Thread(target=self.open_end, args=(name,))
            thread.start()
            thread.join()
        if len(self.ends) < 2:
            raise Skip("no tun device can be made here")
        self.relay.start()

    def open_end(self, name):
        """A device belongs to the namespace of the thread that opens it."""
        with contextlib.suppress(OSError):
            with open(f"/var/run/netns/{name}", "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0) != 0:
                    return
            fd = os.open("/dev/net/tun", os.O_RDWR)
            self.ends.append(fd)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"sc0", IFF_TUN | IFF_NO_PI))

    def carry(self):
        rng, waiting, sent = random.Random(1), [], 0
        while not self.ended.is_set():
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, number, to, packet = heapq.heappop(waiting)
                self.overtaken += number < sent
                sent = max(sent, number)
                with contextlib.suppress(OSError):      # the other end is not up yet
                    os.write(to, packet)
            for fd in select.select(self.ends, [], [], 0.001)[0]:
                packet = os.read(fd, 65536)
                if rng.random() < 0.05:
                    self.lost += 1
                    continue
                to = self.ends[1 - self.ends.index(fd)]
                self.carried += 1
                heapq.heappush(waiting, (now + rng.uniform(0.002, 0.008), self.carried, to, packet))

    def __exit__(self, *exc):
        self.ended.set()
        if self.relay.is_alive():
            self.relay.join()
        for fd in self.ends:
            os.close(fd)
        super().__exit__(*exc)


def across(t, net, n):
    """A run in one namespace that a sender of N lines in the other one talks to."""
    p = net.start(t, 0, net_lib.BINARY, "-i", "listen://10.77.0.1:7000", "-b", "50ms",
                  "--time-format", "none", "grep", "")
    p.wait_err("listening on")
    return p, net.start(t, 1, "python3", "-c", SENDER, "10.77.0.1", "7000", str(n))


def check_across(p, sender_of, n):
    sender_of.wait_exit(0, 120)
    wait(lambda: p.out.count("\n") >= n, f"all {n} lines", 120)
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    want = "".join(f"line {i} of some sixty bytes, so that there is something to lose\n"
                   for i in range(n))
    check(p.out == want, "lines are lost, doubled or changed")


def test_network_loses_packets(t):
    """packets that are lost, late and out of order: each line comes once, in order"""
    with BadNamespaces() as net:
        n = 20000 if net_lib.LONG else 2000
        check_across(*across(t, net, n), n)
        check(net.lost > 0, "no packet was lost")
        check(net.overtaken > 0, "no packet overtook another")


def test_network_is_narrow(t):
    """a narrow link with too small a queue, which drops packets: each line comes once, in order"""
    with Namespaces() as net:
        net.do("tc", "-n", net.names[1], "qdisc", "add", "dev", "sc0", "root", "tbf", "rate", "4mbit",
               "burst", "4kb", "limit", "9kb")
        n = 20000 if net_lib.LONG else 2000
        check_across(*across(t, net, n), n)
        said = net.do("tc", "-n", net.names[1], "-s", "qdisc", "show", "dev", "sc0")
        dropped = int(re.search(r"dropped (\d+)", said).group(1))
        check(dropped > 0, f"no packet was lost: {said}")


def test_network_is_cut(t):
    """a cable that is pulled out for a while: each line comes once, in order"""
    with Namespaces() as net:
        n = 40000 if net_lib.LONG else 10000
        p, sender_of = across(t, net, n)
        p.wait_out(lambda s: s.count("\n") > 100, "the first lines")
        net.do("ip", "-n", net.names[1], "link", "set", "sc0", "down")
        time.sleep(0.2)
        seen = p.out.count("\n")
        time.sleep(5 if net_lib.LONG else 1)
        check(seen < n and p.out.count("\n") == seen, "the cable is not out")
        check(p.alive(), "it ended though the other side may come back")
        net.do("ip", "-n", net.names[1], "link", "set", "sc0", "up")
        check_across(p, sender_of, n)


def test_no_connection_to_itself(t):
    """where nobody listens it does not get connected to itself, as source and as sink"""
    with Namespaces() as net:
        net.do("ip", "-n", net.names[0], "link", "set", "lo", "up")
        net.do("ip", "netns", "exec", net.names[0], "sysctl", "-q", "-w",
               "net.ipv4.ip_local_port_range=7000 7000")
        for args in (("--retries", "2", "-i", "tcp://127.0.0.1:7000"),
                     ("-i", "rate:10", "-o", "tcp://127.0.0.1:7000"),
                     ("--retries", "2", "-i", "tcp://[::1]:7000")):
            p = net.start(t, 0, net_lib.BINARY, *args, "-b", "50ms", "count")
            p.wait_err(r"connect: Connection refused; retry 2 of")
            p.kill(signal.SIGKILL)
            p.wait_exit()
            check("assign" not in p.err, f"it says {p.err}")


# ---------------------------------------------------------------- readers that misbehave

def reader(t, *argv):
    """A process that reads a pipe; (process, the end to write to)."""
    r, w = os.pipe()
    peer = t.peer(*argv, stdin=r)
    os.close(r)
    return peer, w


def numbered(p, n):
    """Gives the program N numbered lines in a thread."""
    def run():
        with contextlib.suppress(OSError, ValueError):
            for at in range(0, n, 10000):
                block = "".join(f"{i:011d}\n" for i in range(at, at + 10000)).encode()
                view = memoryview(block)
                while view:
                    view = view[p.stdin.write(view):]
            p.stdin.close()
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def check_numbered(path, n):
    with open(path, "rb") as f:
        got = f.read()
    check(got == "".join(f"{i:011d}\n" for i in range(n)).encode(),
          f"{len(got)} bytes of {12 * n} came, or others")


SLOW_READER = """
import os, sys, time
with open(sys.argv[1], "wb") as out:
    while block := os.read(0, 65536):
        out.write(block)
        time.sleep(0.002)
"""


@alone
def test_reader_is_slow(t):
    """a slow reader of stdout: memory is flat, and it gets every row"""
    n = 20000000 if net_lib.LONG else 2000000
    path = t.path("rows")
    peer, w = reader(t, "python3", "-c", SLOW_READER, path)
    p = t.run("-b", "50ms", "--time-format", "none", "grep", "", stdin=subprocess.PIPE, stdout=w)
    os.close(w)
    numbered(p, n)
    rss = watch_memory(p, net_lib.DEADLINE)
    p.wait_exit(0)
    peer.wait_exit(0)
    check_numbered(path, n)
    check(rss < 65536 or net_lib.WRAP, f"{rss} kB of memory")


@alone
def test_reader_stops(t):
    """a reader that is stopped again and again: memory is flat, and it gets every row"""
    n = 2000000
    path = t.path("rows")
    peer, w = reader(t, "dd", f"of={path}", "bs=64k", "status=none")
    p = t.run("-b", "50ms", "--time-format", "none", "grep", "", stdin=subprocess.PIPE, stdout=w)
    os.close(w)
    peer.kill(signal.SIGSTOP)
    numbered(p, n)
    rss = 0
    for _ in range(8 if net_lib.LONG else 3):
        time.sleep(0.5)
        rss = max(rss, p.stat("VmRSS")) if p.alive() else rss
        peer.kill(signal.SIGCONT)
        time.sleep(0.01)
        peer.kill(signal.SIGSTOP)
    peer.kill(signal.SIGCONT)
    p.wait_exit(0)
    peer.wait_exit(0)
    check_numbered(path, n)
    check(0 < rss < 65536 or net_lib.WRAP, f"{rss} kB of memory")


@alone
def test_reader_dies(t):
    """a reader that is killed while a write waits for it: the run ends by SIGPIPE, quietly"""
    peer, w = reader(t, "sleep", "600")
    p = t.run("-i", "rate:1000000", "-b", "20ms", "grep", "", stdout=w)
    os.close(w)
    wait(lambda: catches(p, signal.SIGTERM), "a handler")
    time.sleep(0.5)
    peer.kill(signal.SIGKILL)
    check(p.wait_exit() in (-signal.SIGPIPE, 141), f"it ended with {p.proc.returncode}")
    check_equal(p.err, "", "stderr")


# ---------------------------------------------------------------- clocks

def driver():
    """streamctl with a wall clock that can be set: see tests/torture/driver.c."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "torture",
                        "streamctl-torture")
    if not os.access(path, os.X_OK):
        raise Skip("there is no build/torture/streamctl-torture (make torture)")
    return path


def stepped(t, steps, *args, seconds=2.0, **kw):
    """Runs with steps of the wall clock; (its rows as (time, rest), sums of --stats)."""
    path = t.path(f"stats{len(t.programs)}")
    p = t.peer(driver(), "--stats", path, *args, env=dict(os.environ, TORTURE_STEPS=steps), **kw)
    time.sleep(seconds * (4 if net_lib.LONG else 1))
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    return [tuple(x.split("\t", 1)) for x in p.out.split("\n")[:-1]], check_rows(path)


def test_clock_steps(t):
    """the clock is set an hour forward and two back: no batch is lost, doubled or made up"""
    rows, sums = stepped(t, "500:3600,1200:-7200", "-i", "rate:1000", "-b", "100ms", "count")
    check_equal(sum(int(n) for _, n in rows), sums["records"], "the sum of the counts")
    check(sums["records"] > 500, f"{sums['records']} records only")
    check(len(rows) <= (100 if net_lib.LONG else 60), f"{len(rows)} rows in this time")
    check_equal(len({time for time, _ in rows}), len(rows), "different times")
    hours = [time[:13] for time, _ in rows]
    check_equal(sorted(set(hours), key=hours.index),
                ["2026-01-01T00", "2026-01-01T01", "2025-12-31T23"], "the hours of the batches")


def test_clock_steps_window(t):
    """a window that slides over steps of the clock holds the last batches, each as often as else"""
    rows, sums = stepped(t, "500:3600,1200:-7200", "-i", "rate:1000", "-b", "100ms", "count",
                         "--window", "300ms", "--slide", "100ms")
    total = sum(int(n) for _, n in rows)
    check(2 * sums["records"] < total <= 3 * sums["records"],
          f"{total} counted in windows of three batches, of {sums['records']} records")


def every(t, p, text, ms, n):
    """Gives the program N lines, one each MS milliseconds."""
    def run():
        with contextlib.suppress(OSError, ValueError):
            for i in range(n):
                p.stdin.write(text.replace("#", str(i)).encode())
                time.sleep(ms / 1000)
            p.stdin.close()
    threading.Thread(target=run, daemon=True).start()


def test_clock_set_back_stages(t):
    """what stages remember for a time is forgotten in that time, though the clock is set back"""
    runs = []
    for words in (("dedup", "v", "--within", "300ms"), ("sessions", "v", "--gap", "100ms"),
                  ("rate", "n")):
        p = t.peer(driver(), "-F", "csv", "--columns", "v,n", "-b", "50ms", *words,
                   env=dict(os.environ, TORTURE_STEPS="400:-7200"), stdin=subprocess.PIPE)
        every(t, p, "a,#\n", 150 if words[0] == "sessions" else 30,
              12 if words[0] == "sessions" else 60)
        runs.append(p)
    for p in runs:
        p.wait_exit(0)
    dedup, sessions, rate = ([x.split("\t") for x in p.out.split("\n")[:-1]] for p in runs)
    hours = [x[0][:13] for x in dedup]
    check(hours.count("2025-12-31T22") >= 2 and len(dedup) <= 10, f"dedup: {runs[0].out}")
    check(len(sessions) >= 4, f"sessions: {runs[1].out}")
    check(all(float(x[-1]) < 400 for x in rate[1:] if x[-1] != "\\N") and float(rate[-1][-1]) > 5,
          f"rate: {runs[2].out}")


def test_zone_with_a_change(t):
    """daylight saving: times are UTC whatever TZ is, by the clock and by the records"""
    text = "".join(f"2026-{d}T{h:02d}:{m:02d}:00Z,x\n" for d in ("03-29", "10-25")
                   for h in range(4) for m in (0, 30))
    text += "2026-03-29T02:30:00+02:00,x\n2026-10-25 02:30:00,x\n"
    out = []
    for zone in ("UTC", "Europe/Berlin", "America/New_York"):
        p = t.run("-F", "csv", "--columns", "at,v", "--time", "at", "-l", "365d", "-b", "30m",
                  "countby", "v", stdin=subprocess.PIPE, env=dict(os.environ, TZ=zone))
        p.stdin.write(text.encode())
        p.stdin.close()
        p.wait_exit(0)
        out.append(p.out)
    check_equal(out[1:], out[:1] * 2, "rows in other zones")
    check_equal(table(out[0].replace("Z\tx", "Z")), {
        **{f"2026-{d}T{h:02d}:{m:02d}:00.000Z": 1 for d in ("03-29", "10-25")
           for h, m in ((0, 30), (1, 0), (1, 30), (2, 0), (2, 30), (3, 0), (3, 30), (4, 0))},
        "2026-03-29T01:00:00.000Z": 2, "2026-10-25T03:00:00.000Z": 2}, "rows")
    before = time.time()
    p = t.run("-b", "1h", "count", env=dict(os.environ, TZ="Europe/Berlin"))
    p.wait_exit(0)
    at = calendar.timegm(time.strptime(p.out.split("\t")[0], "%Y-%m-%dT%H:%M:%S.000Z"))
    check(at % 3600 == 0 and before < at + 1 and at <= time.time() + 3600, f"the batch is of {p.out}")


def test_batches_of_1ms(t):
    """batches of 1 ms, for some seconds: each record is in one, and their times go up"""
    path = t.path("stats")
    p = t.run("-i", "rate:20000", "-b", "1ms", "--stats", path, "count")
    wait(lambda: catches(p, signal.SIGTERM), "a handler")
    time.sleep(20 if net_lib.LONG else 2)
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    rows = [x.split("\t") for x in p.out.split("\n")[:-1]]
    sums = check_rows(path)
    check_equal(sum(int(n) for _, n in rows), sums["records"], "the sum of the counts")
    times = [calendar.timegm(time.strptime(x[:19], "%Y-%m-%dT%H:%M:%S")) * 1000 + int(x[20:23])
             for x, _ in rows]
    steps = [b - a for a, b in zip(times, times[1:])]
    check(min(steps) > 0, "times do not go up")
    check_equal(steps.count(1), len(steps), "steps of 1 ms")
