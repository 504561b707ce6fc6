"""What the network tests share: a scope that owns processes and sockets, and waits with deadlines."""

import errno
import os
import re
import select
import shlex
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

BINARY = ""
WRAP = []
DEADLINE = 20.0
LONG = False


class Failed(Exception):
    """A claim did not hold."""


class Skip(Exception):
    """The test cannot run on this machine."""


def setup(binary, long=False):
    global BINARY, WRAP, DEADLINE, LONG
    LONG = long
    BINARY = binary
    WRAP = shlex.split(os.environ.get("STREAMCTL_WRAP", ""))
    DEADLINE = float(os.environ.get("NET_DEADLINE", 120 if WRAP else 20))


def alone(func):
    """Mark a test that loads the machine: it runs when no other does."""
    func.alone = True
    return func


def check(cond, message):
    if not cond:
        raise Failed(message)


def check_equal(got, want, what):
    if got != want:
        raise Failed(f"{what}: expected {want!r}\n{' ' * len(what)}       got {got!r}")


def wait(cond, what, deadline=None):
    """Poll until cond() is true; returns its value.  Fails with `what` at the deadline."""
    end = time.monotonic() + (deadline or DEADLINE)
    pause = 0.002
    while True:
        value = cond()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {deadline or DEADLINE:g} s for: {what}")
        time.sleep(pause)
        pause = min(pause * 1.3, 0.05)


class Reader(threading.Thread):
    """Collects what a pipe says."""

    def __init__(self, fd):
        super().__init__(daemon=True)
        self.fd, self.data, self.done = fd, bytearray(), False
        self.start()

    def run(self):
        while True:
            try:
                block = os.read(self.fd, 1 << 16)
            except OSError:
                block = b""
            if not block:
                break
            self.data += block
        self.done = True


class Program:
    """One run of streamctl (or of a peer), its stdout and stderr collected."""

    def __init__(self, argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, limit_nofile=None,
                 env=None, cwd=None, preexec_fn=None):
        self.argv = argv
        if limit_nofile:
            argv = ["bash", "-c", f'ulimit -n {limit_nofile}; exec "$@"', "bash"] + argv
        self.proc = subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
                                     bufsize=0, env=env, cwd=cwd, preexec_fn=preexec_fn)
        self.pid = self.proc.pid
        self.stdin = self.proc.stdin
        self.stdout = self.proc.stdout
        self.err_reader = Reader(self.proc.stderr.fileno())
        self.out_reader = None
        if stdout == subprocess.PIPE:
            self.out_reader = Reader(self.proc.stdout.fileno())

    @property
    def out(self):
        return bytes(self.out_reader.data).decode(errors="backslashreplace") \
            if self.out_reader else ""

    @property
    def err(self):
        return bytes(self.err_reader.data).decode(errors="backslashreplace")

    def alive(self):
        return self.proc.poll() is None

    def kill(self, sig):
        self.proc.send_signal(sig)

    def wait_err(self, pattern):
        """Wait for a line on stderr that matches; returns the match."""
        def look():
            m = re.search(pattern, self.err)
            if not m and not self.alive() and self.err_reader.done:
                raise Failed(f"it ended (status {self.proc.returncode}) without saying /{pattern}/")
            return m
        return wait(look, f"/{pattern}/ on stderr")

    def wait_out(self, cond, what):
        """Wait until cond(stdout text) holds."""
        def look():
            ended = not self.alive() and self.out_reader.done
            value = cond(self.out)
            if not value and ended:
                raise Failed(f"it ended (status {self.proc.returncode}) before: {what}")
            return value
        return wait(look, what)

    def wait_exit(self, status=None, deadline=None):
        """Wait for the end; negative statuses are signals.  All output is in when this returns."""
        wait(lambda: not self.alive(), f"the end of {self.argv[0]} {' '.join(self.argv[1:])}",
             deadline)
        wait(lambda: self.err_reader.done and (not self.out_reader or self.out_reader.done),
             "its last output")
        if status is not None:
            check_equal(self.proc.returncode, status, "exit status")
        return self.proc.returncode

    def stat(self, field):
        """One kB field of /proc/PID/status."""
        with open(f"/proc/{self.pid}/status") as f:
            return int(re.search(rf"^{field}:\s+(\d+)", f.read(), re.M).group(1))


class Scope:
    """Owns what one test starts; ends it all when the test is over."""

    def __init__(self):
        self.programs, self.sockets, self.dir = [], [], None

    def __enter__(self):
        # A test that blocks on a pipe of a hung program is set free by the program's end.
        self.watchdog = threading.Timer(DEADLINE * 3, self.kill_all)
        self.watchdog.daemon = True
        self.watchdog.start()
        return self

    def kill_all(self):
        for p in self.programs:
            if p.alive():
                p.proc.kill()

    def __exit__(self, *exc):
        self.watchdog.cancel()
        for p in self.programs:
            if p.alive():
                p.proc.kill()
            p.proc.wait()
            p.err_reader.join(2)
            if p.out_reader:
                p.out_reader.join(2)
            for f in (p.proc.stdin, p.proc.stdout, p.proc.stderr):
                if f and not f.closed:
                    try:
                        f.close()
                    except OSError:
                        pass
        for s in self.sockets:
            s.close()
        if self.dir:
            shutil.rmtree(self.dir, ignore_errors=True)

    def report(self):
        """What the programs of a failed test said."""
        lines = []
        for p in self.programs:
            lines.append(f"$ {' '.join(shlex.quote(a) for a in p.argv)}   (status {p.proc.poll()})")
            for name, text in (("stdout", p.out), ("stderr", p.err)):
                said = text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")
                if text:
                    lines += [f"  {name}: {x[:200]}" for x in said[:12]]
                    if len(said) > 12:
                        lines.append(f"  {name}: ... {len(said)} lines, the last: {said[-1][:200]}")
        return lines

    def path(self, name):
        if not self.dir:
            self.dir = tempfile.mkdtemp(prefix="streamctl-net.")
        return os.path.join(self.dir, name)

    def run(self, *args, **kw):
        """Start streamctl."""
        p = Program(WRAP + [BINARY, *args], **kw)
        self.programs.append(p)
        return p

    def peer(self, *argv, **kw):
        """Start another program; the test is skipped where it is not installed."""
        if not shutil.which(argv[0]):
            raise Skip(f"{argv[0]} is not installed")
        p = Program(list(argv), **kw)
        self.programs.append(p)
        return p

    def own(self, sock):
        self.sockets.append(sock)
        return sock

    def server(self, host="127.0.0.1", backlog=16, family=None):
        """A listening socket on a free port."""
        family = family or (socket.AF_INET6 if ":" in host else socket.AF_INET)
        s = self.own(socket.socket(family))
        try:
            s.bind((host, 0))
        except OSError as e:
            raise Skip(f"cannot bind {host}: {e.strerror}")
        s.listen(backlog)
        s.settimeout(DEADLINE)
        return s, s.getsockname()[1]

    def accept(self, server):
        try:
            conn, _ = server.accept()
        except (TimeoutError, socket.timeout):
            raise Failed("nobody connected")
        conn.settimeout(DEADLINE)
        return self.own(conn)

    def connect(self, port, host="127.0.0.1"):
        s = self.own(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
        s.settimeout(DEADLINE)
        s.connect((host, port))
        return s

    def listening(self, *args, source="listen://127.0.0.1:0", **kw):
        """Start streamctl with a listen:// source; returns (program, address, port)."""
        p = self.run("-i", source, *args, **kw)
        m = p.wait_err(r"listening on (\S+):(\d+)\b")
        return p, m.group(1).strip("[]"), int(m.group(2))


def read_fd(fd, size):
    """os.read that fails at the deadline instead of waiting for ever."""
    if not select.select([fd], [], [], DEADLINE)[0]:
        raise Failed(f"nothing to read after {DEADLINE:g} s")
    return os.read(fd, size)


def reset(sock):
    """Close with RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def pending(server):
    """True when one more connection waits in the accept queue (it is taken and closed)."""
    server.setblocking(False)
    try:
        conn, _ = server.accept()
    except OSError as e:
        if e.errno in (errno.EAGAIN, errno.EWOULDBLOCK):
            return False
        raise
    conn.close()
    return True


def table(text):
    """{key: summed count} of `key<TAB>count` rows over all batches."""
    total = {}
    for row in text.split("\n"):
        if row:
            key, _, n = row.rpartition("\t")
            total[key] = total.get(key, 0) + int(n)
    return total


def numbers(text):
    """The whole lines that are numbers."""
    return [int(x) for x in text.split("\n")[:-1]]


STATS_COLUMNS = ("time records bytes counted filtered bad keys state_bytes scheduling_delay_us "
                 "processing_time_us total_delay_us reconnects late chain evicted_keys "
                 "evicted_records error shed dropped").split()


def stats(path):
    """The whole rows of a --stats file as dictionaries of strings."""
    with open(path) as f:
        rows = f.read().split("\n")[:-1]
    return [dict(zip(STATS_COLUMNS, row.split("\t"))) for row in rows]


def stats_sum(path, *columns):
    rows = stats(path)
    return tuple(sum(int(r[c]) for r in rows) for c in columns)

