"""The network tests: each function's docstring is the claim it checks (see run)."""

import array
import contextlib
import fcntl
import os
import random
import re
import selectors
import shutil
import signal
import socket
import subprocess
import termios
import threading
import time

import net_lib
from net_lib import (Failed, Skip, alone, check, check_equal, numbers, pending, read_fd, reset,
                     stats, stats_sum, table, wait)

ROWS = ("-b", "1000000rows", "--time-format", "none")
EACH = ("-b", "1rows", "--time-format", "none")
FAST = ("-b", "50ms", "--time-format", "none")


def lines_of(text):
    return text.split("\n")[:-1]


# ---------------------------------------------------------------- tcp://

def test_tcp_clean_close_ends(t):
    """tcp:// reads to the peer's clean close, answers and exits 0"""
    server, port = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", *ROWS, "wordcount")
    conn = t.accept(server)
    conn.sendall(b"a b a\nc a\n")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "a\t3\nb\t1\nc\t1\n", "stdout")
    check_equal(p.err, "", "stderr")


def test_tcp_one_connection_no_probe(t):
    """tcp:// makes exactly one connection"""
    server, port = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", *EACH, "count")
    conn = t.accept(server)
    conn.sendall(b"x\n")
    p.wait_out(lambda s: s == "1\n", "the first row")
    conn.close()
    p.wait_exit(0)
    check(not pending(server), "a second connection was made")


def test_tcp_last_line_without_newline(t):
    """a clean close ends the last line"""
    server, port = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", *ROWS, "countby")
    conn = t.accept(server)
    conn.sendall(b"one\ntwo")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "one\t1\ntwo\t1\n", "stdout")


def test_tcp_bytes_one_at_a_time(t):
    """lines, CRLF and UTF-8 split over packets are put together again"""
    server, port = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", *ROWS, "countby")
    conn = t.accept(server)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for b in "é1\r\nab\n\r\né1\nx\ry\r\n".encode():
        conn.sendall(bytes([b]))
        time.sleep(0.001)
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "é1\t2\n\t1\nab\t1\nx\\ry\t1\n".encode().decode(), "stdout")


def test_tcp_ipv6(t):
    """tcp://[::1]:PORT works"""
    server, port = t.server("::1")
    p = t.run("-i", f"tcp://[::1]:{port}", *ROWS, "count")
    conn = t.accept(server)
    conn.sendall(b"x\n")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "1\n", "stdout")


def test_tcp_name_resolves(t):
    """tcp://localhost:PORT reaches a server on IPv4 loopback only"""
    server, port = t.server()
    p = t.run("-i", f"tcp://localhost:{port}", *ROWS, "count")
    conn = t.accept(server)
    conn.sendall(b"x\ny\n")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "2\n", "stdout")


def test_tcp_name_resolves_to_ipv6(t):
    """tcp://localhost:PORT reaches a server on IPv6 loopback only, where localhost has ::1"""
    try:
        found = {a[4][0] for a in socket.getaddrinfo("localhost", 1, socket.AF_INET6)}
    except OSError:
        found = set()
    if "::1" not in found:
        raise Skip("localhost has no ::1 here")
    server, port = t.server("::1")
    p = t.run("-i", f"tcp://localhost:{port}", *ROWS, "count")
    t.accept(server).close()
    p.wait_exit(0)
    check_equal(p.out, "0\n", "stdout")


def test_tcp_name_does_not_resolve(t):
    """a name that does not resolve: exit 1, the message names it"""
    p = t.run("-i", "tcp://nosuch.invalid:7000", *ROWS, "countby")
    p.wait_exit(1)
    check("nosuch.invalid" in p.err, "the name is not in the message")
    check_equal(p.out, "", "stdout")
    check_equal(len(lines_of(p.err)), 1, "lines on stderr")


def test_tcp_refused_retries_spent(t):
    """a refused connection with --retries 2 spent: exit 1, the message says where and why"""
    server, port = t.server()
    server.close()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--retries", "2", *ROWS, "countby")
    p.wait_exit(1)
    check(f"127.0.0.1:{port}" in p.err, "the address is not in the message")
    check("refused" in p.err.lower(), "the reason is not in the message")
    check_equal(p.out, "", "stdout")


def test_tcp_refused_no_retries(t):
    """--retries 0 gives up at the first refusal"""
    server, port = t.server()
    server.close()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--retries", "0", *ROWS, "countby")
    p.wait_exit(1)
    check("refused" in p.err.lower(), "the reason is not in the message")
    check_equal(len(lines_of(p.err)), 1, "lines on stderr")


def test_tcp_server_comes_up_later(t):
    """a refused connection is tried again until the server is there"""
    server, port = t.server()
    server.close()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--retries", "1000", *ROWS, "count")
    p.wait_err(r"refused")
    late = t.own(socket.socket())
    late.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    late.bind(("127.0.0.1", port))
    late.listen(4)
    late.settimeout(net_lib.DEADLINE)
    conn = t.accept(late)
    conn.sendall(b"x\n")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "1\n", "stdout")


def rst_mid_line(t, *options):
    """Server sends a line and a half, resets, and is there again; returns what is left to check."""
    server, port = t.server()
    path = t.path("stats")
    p = t.run("-i", f"tcp://127.0.0.1:{port}", *options, "--stats", path, *EACH, "countby")
    conn = t.accept(server)
    conn.sendall(b"whole\nhal")
    p.wait_out(lambda s: s == "whole\t1\n", "the first row")
    reset(conn)
    conn = t.accept(server)
    conn.sendall(b"again\n")
    p.wait_out(lambda s: s == "whole\t1\nagain\t1\n", "the row after the gap")
    return p, conn, server, path


def check_gap(p, path):
    check_equal(p.out, "whole\t1\nagain\t1\n", "stdout")
    check_equal(stats_sum(path, "records", "counted", "bad", "reconnects"), (3, 2, 1, 1),
                "records, counted, bad, reconnects")
    check(re.search(r"reset", p.err), "the gap and its cause are not told")
    check(re.search(r"reconnected|again after|gap", p.err), "the end of the gap is not told")


def test_tcp_reset_reconnects_by_default(t):
    """RST mid-line: the half line is dropped and counted, the gap told, the connection made again"""
    p, conn, server, path = rst_mid_line(t)
    conn.close()
    p.wait_exit(0)
    check_gap(p, path)
    check(not pending(server), "one connection too many")


def test_tcp_reset_on_eof_reconnect(t):
    """the same with --on-eof reconnect, ended by SIGTERM"""
    p, _, _, path = rst_mid_line(t, "--on-eof", "reconnect")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_gap(p, path)


def test_tcp_reset_retries_zero(t):
    """--retries 0 and a reset: what came before is answered, exit 1"""
    server, port = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--retries", "0", *EACH, "countby")
    conn = t.accept(server)
    conn.sendall(b"whole\nhal")
    p.wait_out(lambda s: s == "whole\t1\n", "the first row")
    server.close()
    reset(conn)
    p.wait_exit(1)
    check_equal(p.out, "whole\t1\n", "stdout")


def test_tcp_on_eof_exit(t):
    """--on-eof exit is the default, spelled out"""
    server, port = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--on-eof", "exit", *ROWS, "count")
    t.accept(server).close()
    p.wait_exit(0)
    check_equal(p.out, "0\n", "stdout")


def test_tcp_on_eof_wait(t):
    """--on-eof wait: after a clean close it runs on, makes no new connection, SIGTERM ends it"""
    server, port = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--on-eof", "wait", *FAST, "count")
    conn = t.accept(server)
    conn.sendall(b"x\ny\n")
    conn.close()
    p.wait_out(lambda s: sum(numbers(s)) == 2, "the two lines")
    seen = len(p.out)
    p.wait_out(lambda s: len(s) > seen + 12, "six more rows")
    check(not pending(server), "it connected again")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(sum(numbers(p.out)), 2, "sum of counts")


def test_tcp_on_eof_reconnect(t):
    """--on-eof reconnect: a clean close is followed by a new connection, each counted"""
    server, port = t.server()
    path = t.path("stats")
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--on-eof", "reconnect", "--stats", path, *EACH,
              "countby")
    for i in range(3):
        conn = t.accept(server)
        conn.sendall(b"line %d\n" % i)
        p.wait_out(lambda s, i=i: len(lines_of(s)) == i + 1, f"row {i}")
        if i < 2:
            conn.close()
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "line 0\t1\nline 1\t1\nline 2\t1\n", "stdout")
    check_equal(stats_sum(path, "records", "bad", "reconnects"), (3, 0, 2), "records, bad, reconnects")


def test_tcp_on_eof_reconnect_half_line(t):
    """--on-eof reconnect and a close in the middle of a line: the half line is dropped and counted"""
    server, port = t.server()
    path = t.path("stats")
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--on-eof", "reconnect", "--stats", path, *EACH,
              "countby")
    conn = t.accept(server)
    conn.sendall(b"whole\nhal")
    conn.close()
    conn = t.accept(server)
    conn.sendall(b"again\n")
    p.wait_out(lambda s: s == "whole\t1\nagain\t1\n", "the row after the gap")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(stats_sum(path, "records", "counted", "bad", "reconnects"), (3, 2, 1, 1),
                "records, counted, bad, reconnects")


def test_tcp_one_source_lost_the_other_goes_on(t):
    """while one tcp:// source is away the other's lines are counted"""
    a, port_a = t.server()
    b, port_b = t.server()
    p = t.run("-i", f"tcp://127.0.0.1:{port_a}", "-i", f"tcp://127.0.0.1:{port_b}", "--retries",
              "1000", *EACH, "countby")
    one, two = t.accept(a), t.accept(b)
    a.close()
    one.sendall(b"first\n")
    p.wait_out(lambda s: s == "first\t1\n", "the first line")
    reset(one)
    p.wait_err(r"reset")
    two.sendall(b"second\n")
    p.wait_out(lambda s: s == "first\t1\nsecond\t1\n", "the other source's line")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)


def test_tcp_sigterm_while_backing_off(t):
    """SIGTERM between two tries ends it with 0 at once"""
    server, port = t.server()
    server.close()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--retries", "1000", *ROWS, "count")
    p.wait_err(r"refused")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)


def full_backlog(t):
    """A listener whose accept queue is full, so that a new connection hangs; returns its port."""
    server, port = t.server(backlog=0)
    for _ in range(8):
        s = t.own(socket.socket())
        s.settimeout(0.3)
        try:
            s.connect(("127.0.0.1", port))
        except (TimeoutError, socket.timeout):
            return port
    raise Skip("a full accept queue does not hold connections back here")


def test_tcp_connect_timeout(t):
    """--connect-timeout ends a connection that hangs: exit 1 with the time in the message"""
    port = full_backlog(t)
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--connect-timeout", "300ms", "--retries", "0",
              *ROWS, "count")
    p.wait_exit(1)
    check(re.search(r"timed out|timeout|no answer", p.err, re.I), "the reason is not told")
    check(f":{port}" in p.err, "the address is not told")


def test_tcp_sigterm_while_connecting(t):
    """SIGTERM during a connection that hangs ends it with 0 at once"""
    port = full_backlog(t)
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--connect-timeout", "1h", *FAST, "count")
    p.wait_out(lambda s: s.count("0\n") >= 2, "two empty batches while it connects")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)


def test_tcp_two_sources(t):
    """two tcp:// sources and stdin are one stream"""
    a, port_a = t.server()
    b, port_b = t.server()
    p = t.run("-i", f"a=tcp://127.0.0.1:{port_a}", "-i", f"b=tcp://127.0.0.1:{port_b}", "-i", "-",
              *ROWS, "wordcount", stdin=subprocess.PIPE)
    one, two = t.accept(a), t.accept(b)
    one.sendall(b"x from-a\n")
    two.sendall(b"x from-b\n")
    p.stdin.write(b"x from-stdin\n")
    p.stdin.close()
    one.close()
    two.close()
    p.wait_exit(0)
    check_equal(p.out, "x\t3\nfrom-a\t1\nfrom-b\t1\nfrom-stdin\t1\n", "stdout")


def test_tcp_from_nc(t):
    """nc as the server"""
    server, port = t.server()
    server.close()
    nc = t.peer("nc", "-l", "-N", "127.0.0.1", str(port), stdin=subprocess.PIPE)
    nc.stdin.write(b"to be or not to be\n")
    nc.stdin.close()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "--retries", "50", "-q", *ROWS, "wordcount")
    p.wait_exit(0)
    check_equal(p.out, "be\t2\nto\t2\nnot\t1\nor\t1\n", "stdout")


def test_sentiment_of_three_sources(t):
    """nc, a file and a log that grows, at once: sentiment --by source"""
    server, port = t.server()
    server.close()
    nc = t.peer("nc", "-l", "-N", "127.0.0.1", str(port), stdin=subprocess.PIPE)
    nc.stdin.write(b"I love it, it is great\nI hate it\n4711\n")
    nc.stdin.close()
    for name, text in (("reviews", "terrible, I hate it\n"), ("comments", "I love it\n")):
        with open(t.path(name), "w", encoding="ascii") as f:
            f.write(text)
    p = t.run("-i", f"twitter=tcp://127.0.0.1:{port}", "-i", f"reviews={t.path('reviews')}",
              "-i", f"comments=tail:{t.path('comments')}", "--from", "start", "--retries", "50",
              "-q", *ROWS, "sentiment", "--by", "source", "then", "select", "source,label,count")
    wait_status(p, r"\bin 5 records")
    with open(t.path("comments"), "a", encoding="ascii") as f:
        f.write("thank you, great\n4711\n")
    wait_status(p, r"\bin 7 records")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "comments\tnegative\t0\ncomments\tneutral\t1\ncomments\tpositive\t2\n"
                "reviews\tnegative\t1\nreviews\tneutral\t0\nreviews\tpositive\t0\n"
                "twitter\tnegative\t1\ntwitter\tneutral\t1\ntwitter\tpositive\t1\n", "stdout")


def test_tcp_from_socat(t):
    """socat as the server, 200,000 lines"""
    path = t.path("lines")
    with open(path, "wb") as f:
        f.write(b"".join(b"w%d common\n" % (i % 1000) for i in range(200000)))
    socat = t.peer("socat", "-d", "-d", "-u", f"OPEN:{path}", "TCP-LISTEN:0,bind=127.0.0.1")
    port = socat.wait_err(r"listening on .*:(\d+)").group(1)
    p = t.run("-i", f"tcp://127.0.0.1:{port}", *ROWS, "wordcount", "then", "top", "2")
    p.wait_exit(0)
    check_equal(p.out, "common\t200000\nw0\t200\n", "stdout")


def test_pipe_from_nc(t):
    """nc HOST PORT | streamctl, as in the first line of the README"""
    if not shutil.which("nc"):
        raise Skip("nc is not installed")
    server, port = t.server()
    p = net_lib.Program(["bash", "-c", f'nc -d 127.0.0.1 {port} | "$0" "$@"', net_lib.BINARY,
                         *FAST, "wordcount"])
    t.programs.append(p)
    conn = t.accept(server)
    conn.sendall(b"a b\n")
    p.wait_out(lambda s: s == "a\t1\nb\t1\n", "the rows while nc is connected")
    conn.close()
    p.wait_exit(0)


# ---------------------------------------------------------------- listen://

def own_address():
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))
            addr = s.getsockname()[0]
        except OSError:
            addr = "127.0.0.1"
    if addr.startswith("127."):
        raise Skip("no address but loopback here")
    return addr


def test_listen_one_client(t):
    """listen:// takes a client's lines; the last needs no newline; SIGTERM ends it with 0"""
    p, host, port = t.listening(*FAST, "countby")
    check_equal(host, "127.0.0.1", "address")
    c = t.connect(port)
    c.sendall(b"one\r\ntwo\nlast")
    c.close()
    p.wait_out(lambda s: table(s) == {"one": 1, "two": 1, "last": 1}, "three rows")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)


def test_listen_stays_when_clients_leave(t):
    """the end of the last client is not the end of the input"""
    p, _, port = t.listening(*FAST, "countby")
    for name in (b"first", b"second"):
        c = t.connect(port)
        c.sendall(name + b"\n")
        c.close()
        p.wait_out(lambda s, n=name.decode(): n in s, f"{name!r}")
    check(p.alive(), "it ended")


def test_listen_loopback_by_default(t):
    """without a host only loopback is bound"""
    addr = own_address()
    p, host, port = t.listening(*FAST, "count", source="listen://:0")
    check(host in ("127.0.0.1", "::1", "localhost"), f"it says it listens on {host}")
    t.connect(port).close()
    try:
        t.connect(port, addr)
    except ConnectionRefusedError:
        return
    raise Failed(f"{addr}:{port} answers too")


def test_listen_port_alone(t):
    """listen://PORT without a colon is loopback too"""
    p, host, port = t.listening(*FAST, "count", source="listen://0")
    check(host in ("127.0.0.1", "::1"), f"it says it listens on {host}")
    t.connect(port).close()


def test_listen_named_host_is_bound(t):
    """listen://0.0.0.0:PORT is reached from outside"""
    addr = own_address()
    p, _, port = t.listening(*FAST, "count", source="listen://0.0.0.0:0")
    t.connect(port, addr).sendall(b"x\n")
    p.wait_out(lambda s: sum(numbers(s)) == 1, "the line")


def test_listen_ipv6(t):
    """listen://[::1]:0 works"""
    t.server("::1")
    p, host, port = t.listening(*FAST, "count", source="listen://[::1]:0")
    check_equal(host, "::1", "address")
    t.connect(port, "::1").sendall(b"x\n")
    p.wait_out(lambda s: sum(numbers(s)) == 1, "the line")


def test_listen_port_in_use(t):
    """a port in use: exit 1 with the port and the reason"""
    _, port = t.server()
    p = t.run("-i", f"listen://127.0.0.1:{port}", *FAST, "countby")
    p.wait_exit(1)
    check(str(port) in p.err and "in use" in p.err, "the port or the reason is not told")
    check_equal(p.out, "", "stdout")


def test_listen_restart_at_once(t):
    """the port can be bound again right after a run that had clients"""
    p, _, port = t.listening(*FAST, "count")
    c = t.connect(port)
    c.sendall(b"x\n")
    p.wait_out(lambda s: sum(numbers(s)) == 1, "the line")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    t.listening(*FAST, "count", source=f"listen://127.0.0.1:{port}")


def test_listen_framing_is_per_client(t):
    """half lines of two clients are not glued together"""
    p, _, port = t.listening(*EACH, "countby")
    a, b = t.connect(port), t.connect(port)
    for s in (a, b):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    a.sendall(b"aa")
    b.sendall(b"b1\nbb")
    p.wait_out(lambda s: s == "b1\t1\n", "the first line of b")
    a.sendall(b"AA\n")
    p.wait_out(lambda s: s == "b1\t1\naaAA\t1\n", "the line of a")
    b.sendall(b"BB\n")
    p.wait_out(lambda s: s == "b1\t1\naaAA\t1\nbbBB\t1\n", "the line of b")


def test_listen_two_ports(t):
    """two listen:// sources are one stream"""
    p = t.run("-i", "a=listen://127.0.0.1:0", "-i", "b=listen://127.0.0.1:0", *FAST, "count")
    wait(lambda: len(re.findall(r"listening on \S+:(\d+)", p.err)) == 2, "two ports on stderr")
    for port in re.findall(r"listening on \S+:(\d+)", p.err):
        t.connect(int(port)).sendall(b"x\n")
    p.wait_out(lambda s: sum(numbers(s)) == 2, "both lines")


def test_listen_client_resets(t):
    """a client's RST mid-line drops its half line, counts it, and harms nobody else"""
    path = t.path("stats")
    p, _, port = t.listening("--stats", path, *EACH, "countby")
    a, b = t.connect(port), t.connect(port)
    a.sendall(b"whole\nhal")
    p.wait_out(lambda s: s == "whole\t1\n", "the first line")
    reset(a)
    b.sendall(b"other\n")
    p.wait_out(lambda s: s == "whole\t1\nother\t1\n", "the other client's line")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "whole\t1\nother\t1\n", "stdout")
    check_equal(stats_sum(path, "records", "counted", "bad"), (3, 2, 1), "records, counted, bad")


def test_listen_nc_and_socat(t):
    """nc and socat as clients"""
    p, _, port = t.listening(*FAST, "countby")
    nc = t.peer("nc", "-N", "127.0.0.1", str(port), stdin=subprocess.PIPE)
    nc.stdin.write(b"from nc\n")
    nc.stdin.close()
    socat = t.peer("socat", "-u", "-", f"TCP:127.0.0.1:{port}", stdin=subprocess.PIPE)
    socat.stdin.write(b"from socat\n")
    socat.stdin.close()
    p.wait_out(lambda s: table(s) == {"from nc": 1, "from socat": 1}, "both lines")
    nc.wait_exit(0)
    socat.wait_exit(0)


def send_split(conns, blobs, seed):
    """Send each blob over its connection in pieces of random size, all interleaved; close each."""
    rnd = random.Random(seed)
    left = {c: memoryview(b) for c, b in zip(conns, blobs)}
    sel = selectors.DefaultSelector()
    for c in conns:
        c.setblocking(False)
        sel.register(c, selectors.EVENT_WRITE)
    end = time.monotonic() + net_lib.DEADLINE * 2
    while left:
        check(time.monotonic() < end, "the clients could not send")
        for key, _ in sel.select(1):
            c = key.fileobj
            try:
                n = c.send(left[c][:rnd.randrange(1, 200)])
            except BlockingIOError:
                continue
            left[c] = left[c][n:]
            if not left[c]:
                sel.unregister(c)
                c.close()
                del left[c]
    sel.close()


def many_clients(t, clients, each, *options, **kw):
    p, _, port = t.listening("-b", "50ms", "--time-format", "none", *options, "wordcount", **kw)
    conns = [t.connect(port) for _ in range(clients)]
    blobs = [b"".join(b"c%d n%d\n" % (i, j) for j in range(each)) for i in range(clients)]
    send_split(conns, blobs, clients)
    want = {f"c{i}": each for i in range(clients)}
    want.update({f"n{j}": clients for j in range(each)})

    def complete(text):
        return text.endswith("\n") and text.count("\n") >= clients and \
            sum(table(text).values()) >= sum(want.values())
    p.wait_out(complete, f"all {clients * each} lines")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(table(p.out), want, "words")
    return p


@alone
def test_listen_1000_clients(t):
    """1,000 clients at once, lines split at random: nothing lost, nothing mixed"""
    p = many_clients(t, 1000, 40)
    check_equal(len(lines_of(p.err)), 1, "lines on stderr")


@alone
def test_listen_1000_clients_jobs_4(t):
    """the same with --jobs 4"""
    many_clients(t, 1000, 20, "--jobs", "4")


def test_listen_max_clients(t):
    """--max-clients 3: the fourth is not served while three are there, and is when one leaves"""
    p, _, port = t.listening("--max-clients", "3", *EACH, "countby")
    conns = [t.connect(port) for _ in range(3)]
    for i, c in enumerate(conns):
        c.sendall(b"client %d\n" % i)
    p.wait_out(lambda s: len(lines_of(s)) == 3, "three clients' lines")
    late = t.connect(port)
    late.sendall(b"late\n")
    conns[0].sendall(b"still here\n")
    p.wait_out(lambda s: "still here" in s, "a served client's line")
    check("late" not in p.out, "the fourth client was served")
    conns[0].close()
    p.wait_out(lambda s: "late" in s, "the fourth client after one left")


@alone
def test_listen_descriptors_run_out(t):
    """ulimit -n 40 and 100 clients: accepting pauses, one warning, every line counted"""
    p, _, port = t.listening(*FAST, "count", limit_nofile=40)
    conns = [t.connect(port) for _ in range(100)]
    p.wait_err(r"descriptors|open files")
    for c in conns:
        c.sendall(b"x\n")
    for c in conns:
        c.close()
    p.wait_out(lambda s: sum(numbers(s)) >= 100, "100 lines")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(sum(numbers(p.out)), 100, "sum of counts")
    check_equal(len(re.findall(r"descriptors|open files", p.err)), 1, "warnings")


# ---------------------------------------------------------------- unix:

def unix_server(t):
    path = t.path("sock")
    s = t.own(socket.socket(socket.AF_UNIX))
    s.bind(path)
    s.listen(4)
    s.settimeout(net_lib.DEADLINE)
    return s, path


def test_unix_socket(t):
    """unix:PATH connects to a stream socket and reads to its end"""
    server, path = unix_server(t)
    p = t.run("-i", f"unix:{path}", *ROWS, "wordcount")
    conn = t.accept(server)
    conn.sendall(b"a b a\n")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "a\t2\nb\t1\n", "stdout")
    check(not pending(server), "a second connection was made")


def test_unix_socket_missing(t):
    """unix: with no such path: exit 1 and which"""
    path = t.path("nosuch")
    p = t.run("-i", f"unix:{path}", "--retries", "0", *ROWS, "countby")
    p.wait_exit(1)
    check(path in p.err, "the path is not told")
    check_equal(p.out, "", "stdout")


def test_unix_path_too_long(t):
    """a path longer than a socket address: an error that says so, not another socket"""
    p = t.run("-i", "unix:/tmp/" + "x" * 200, "--retries", "0", *ROWS, "count")
    check(p.wait_exit() in (1, 2), "exit status is not 1 or 2")
    check("too long" in p.err.lower() or "longer" in p.err.lower(), "the reason is not told")


def test_unix_from_nc(t):
    """nc -lU as the server"""
    path = t.path("nc")
    nc = t.peer("nc", "-l", "-N", "-U", path, stdin=subprocess.PIPE)
    wait(lambda: os.path.exists(path), "nc's socket")
    nc.stdin.write(b"hello\n")
    nc.stdin.close()
    p = t.run("-i", f"unix:{path}", "--retries", "20", "-q", *ROWS, "countby")
    p.wait_exit(0)
    check_equal(p.out, "hello\t1\n", "stdout")


# ---------------------------------------------------------------- batches on the clock

def test_rows_come_while_the_input_is_open(t):
    """a batch is written at its boundary though the input stays open"""
    p = t.run(*FAST, "wordcount", stdin=subprocess.PIPE)
    for word in ("one", "two"):
        p.stdin.write(word.encode() + b"\n")
        p.wait_out(lambda s, w=word: w in s, f"{word} before the input ends")
    p.stdin.close()
    p.wait_exit(0)
    check_equal(p.out, "one\t1\ntwo\t1\n", "stdout")


def test_batch_times_are_aligned(t):
    """the time column steps in whole intervals since the epoch, an empty batch has a zero row"""
    p = t.run("-b", "40ms", "--time-format", "epoch-ms", "count", stdin=subprocess.PIPE)
    p.wait_out(lambda s: s.count("\n") >= 8, "eight batches")
    now = int(time.time() * 1000)
    p.stdin.close()
    p.wait_exit(0)
    times = [int(row.split("\t")[0]) for row in lines_of(p.out)]
    check(all(x % 40 == 0 for x in times), "a time is not a multiple of 40 ms")
    check(all(a < b for a, b in zip(times, times[1:])), "times do not rise")
    check(abs(times[7] - now) < 60000, "the time is not near the clock's")
    check(all(row.endswith("\t0") for row in lines_of(p.out)), "a batch counted something")


def test_window_forgets(t):
    """a time window lets a word go when it has slid past, then emits nothing"""
    p = t.run("-b", "50ms", "--time-format", "epoch-ms", "wordcount", "--window", "150ms", "--slide",
              "50ms", "then", "count", stdin=subprocess.PIPE)
    p.stdin.write(b"one two\n")
    p.wait_out(lambda s: re.search(r"\t2\n(.*\n)*.*\t0\n", s), "two words, then none")
    p.stdin.close()
    p.wait_exit(0)
    rows = [row.split("\t")[1] for row in lines_of(p.out)]
    check(1 <= rows.count("2") <= 3, f"the words were in {rows.count('2')} windows, not 1 to 3")


def test_stopped_process_fires_late_once(t):
    """after SIGSTOP and SIGCONT over several boundaries the clock goes on, lines are kept"""
    p = t.run("-b", "40ms", "--time-format", "epoch-ms", "count", stdin=subprocess.PIPE)
    p.wait_out(lambda s: s.count("\n") >= 2, "two batches")
    p.kill(signal.SIGSTOP)
    p.stdin.write(b"kept\n")
    time.sleep(0.4)     # not a wait for anything: the pause is the subject
    p.kill(signal.SIGCONT)
    p.wait_out(lambda s: re.search(r"\t1\n(.*\n){2}", s), "the line and two more batches")
    p.stdin.close()
    p.wait_exit(0)
    times = [int(row.split("\t")[0]) for row in lines_of(p.out)]
    check(all(x % 40 == 0 for x in times), "a time is not a multiple of 40 ms")
    check(all(a < b for a, b in zip(times, times[1:])), "times do not rise")


def test_boundaries_go_on_after_a_burst(t):
    """when a burst of input ends near a boundary, the next boundaries still fire"""
    p = t.run("-b", "20ms", "--time-format", "none", "count", stdin=subprocess.PIPE)
    rnd = random.Random(5)
    for burst in range(30):
        end = time.monotonic() + rnd.uniform(0.02, 0.06)
        while time.monotonic() < end:
            p.stdin.write(b"x\n" * rnd.randrange(1, 2000))
        seen = p.out.count("\n")
        p.wait_out(lambda s, n=seen: s.count("\n") >= n + 3, f"three rows after burst {burst}")
    p.stdin.close()
    p.wait_exit(0)


def test_rate(t):
    """rate:1000 makes about 1,000 records a second"""
    p = t.run("-i", "rate:1000", "-b", "100ms", "--time-format", "epoch-ms", "count")
    p.wait_out(lambda s: s.count("\n") >= 12, "twelve batches")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    rows = [tuple(map(int, row.split("\t"))) for row in lines_of(p.out)]
    seconds = (rows[10][0] - rows[0][0]) / 1000
    got = sum(n for _, n in rows[1:11]) / seconds
    check(500 <= got <= 1500, f"{got:.0f} records a second")


def test_rate_slow(t):
    """rate:20 is spread over the second, not sent at once"""
    p = t.run("-i", "rate:20", *EACH, "count")
    p.wait_out(lambda s: s.count("\n") >= 5, "five records")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)


# ---------------------------------------------------------------- signals

def test_sigterm_drains(t):
    """SIGTERM: the open batch is written, exit 0"""
    p = t.run("-b", "1h", "--time-format", "none", "wordcount", stdin=subprocess.PIPE)
    p.stdin.write(b"a b a\n")
    wait(lambda: fionread(p.stdin) == 0, "the line to be read")
    wait_status(p, r"\b1\b")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "a\t2\nb\t1\n", "stdout")


def fionread(f):
    buf = array.array("i", [0])
    fcntl.ioctl(f.fileno(), termios.FIONREAD, buf)
    return buf[0]


def wait_status(p, pattern):
    """Ask with SIGUSR1 until the status line shows the pattern: proof that a line is counted."""
    def ask():
        if not p.alive():
            raise Failed("it ended")
        before = p.err.count("\n")
        p.kill(signal.SIGUSR1)
        wait(lambda: p.err.count("\n") > before, "a status line after SIGUSR1")
        return re.search(pattern, lines_of(p.err)[-1])
    wait(lambda: "SigCgt" in open(f"/proc/{p.pid}/status").read() and catches(p, signal.SIGUSR1),
         "a SIGUSR1 handler")
    return wait(ask, f"/{pattern}/ in the status line")


def catches(p, sig):
    """True when the process has a handler for the signal, or waits for it on a signalfd."""
    with open(f"/proc/{p.pid}/status") as f:
        text = f.read()
    masks = [int(re.search(rf"^{name}:\s+(\w+)", text, re.M).group(1), 16)
             for name in ("SigCgt", "SigBlk")]
    return any(m >> (sig - 1) & 1 for m in masks)


def test_sigint_once(t):
    """the first SIGINT writes the open batch and dies by SIGINT"""
    p = t.run("-b", "1h", "--time-format", "none", "wordcount", stdin=subprocess.PIPE)
    p.stdin.write(b"a b a\n")
    wait(lambda: fionread(p.stdin) == 0, "the line to be read")
    wait_status(p, r"\b1\b")
    p.kill(signal.SIGINT)
    p.wait_exit(-signal.SIGINT)
    check_equal(p.out, "a\t2\nb\t1\n", "stdout")


@contextlib.contextmanager
def stuck(t, *args):
    """A run that writes to a pipe which is full, and the end to read."""
    r, w = os.pipe()
    stop = threading.Event()
    try:
        p = t.run("-b", "20ms", *args, "grep", "", stdin=subprocess.PIPE, stdout=w)
        os.close(w)

        def feed():
            try:
                while not stop.is_set():
                    p.stdin.write(b"some line of text\n" * 1000)
            except OSError:
                pass
        threading.Thread(target=feed, daemon=True).start()
        wait(lambda: blocked_pipe(r), "a full stdout")
        yield p, r
    finally:
        stop.set()
        os.close(r)


def twice(t, sig):
    with stuck(t) as (p, _):
        p.kill(sig)
        time.sleep(0.3)
        check(p.alive(), "the first one did not wait for the reader")
        p.kill(sig)
        p.wait_exit(-sig)


def test_sigint_twice(t):
    """a second SIGINT ends a run that is stuck on its reader"""
    twice(t, signal.SIGINT)


def test_sigterm_twice(t):
    """a second SIGTERM ends a run that is stuck on its reader"""
    twice(t, signal.SIGTERM)


def test_sigterm_stuck(t):
    """one SIGTERM, sent twice as timeout(1) does: the reader gets whole lines, exit 0"""
    with stuck(t) as (p, r):
        began = time.monotonic()
        p.kill(signal.SIGTERM)
        time.sleep(0.005)
        p.kill(signal.SIGTERM)
        took = time.monotonic() - began
        tail = b""
        while True:
            block = read_fd(r, 1 << 16)
            if not block:
                break
            tail = block[-100:]
        if took > 0.09 and p.wait_exit() == -signal.SIGTERM:
            return              # the machine was too busy for the two to be one
        p.wait_exit(0)
        check(tail.endswith(b"\tsome line of text\n"), f"the end of the output is {tail!r}")


def blocked_pipe(r):
    buf = array.array("i", [0])
    fcntl.ioctl(r, termios.FIONREAD, buf)
    return buf[0] >= 60000


def test_sigint_twice_at_once(t):
    """two SIGINTs at once end it by SIGINT"""
    p = t.run("-b", "1h", "count", stdin=subprocess.PIPE)
    wait(lambda: catches(p, signal.SIGINT), "a SIGINT handler")
    p.kill(signal.SIGINT)
    if p.alive():
        p.kill(signal.SIGINT)
    p.wait_exit(-signal.SIGINT)


def test_sigint_ignored_stays_ignored(t):
    """a run started with SIGINT ignored (nohup, background job) does not die of it"""
    p = net_lib.Program(["bash", "-c", 'trap "" INT; exec "$0" "$@"', net_lib.BINARY, *FAST, "count"],
                        stdin=subprocess.PIPE)
    t.programs.append(p)
    p.wait_out(lambda s: s.count("\n") >= 1, "a batch")
    p.kill(signal.SIGINT)
    seen = p.out.count("\n")
    p.wait_out(lambda s: s.count("\n") > seen + 3, "more batches")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)


def test_sigusr1(t):
    """SIGUSR1 prints one line on stderr and the run goes on"""
    p = t.run(*FAST, "count", stdin=subprocess.PIPE)
    p.wait_out(lambda s: s.count("\n") >= 1, "a batch")
    p.kill(signal.SIGUSR1)
    wait(lambda: p.err.endswith("\n"), "a line on stderr")
    seen = p.out.count("\n")
    p.wait_out(lambda s: s.count("\n") > seen + 3, "more batches")
    p.stdin.close()
    p.wait_exit(0)
    check_equal(len(lines_of(p.err)), 1, "lines on stderr")


def test_sigterm_with_clients(t):
    """SIGTERM with clients connected: what they sent is answered, exit 0"""
    p, _, port = t.listening("-b", "1h", "--time-format", "none", "countby")
    c = t.connect(port)
    c.sendall(b"one\ntwo\n")
    wait_status(p, r"\b2\b")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "one\t1\ntwo\t1\n", "stdout")


def test_sighup_default(t):
    """SIGHUP is not caught: a closed terminal ends the run"""
    p = t.run(*FAST, "count", stdin=subprocess.PIPE)
    p.wait_out(lambda s: s.count("\n") >= 1, "a batch")
    p.kill(signal.SIGHUP)
    p.wait_exit(-signal.SIGHUP)


# ---------------------------------------------------------------- the reader of stdout

def shell(t, script, *args):
    p = net_lib.Program(["bash", "-c", script, net_lib.BINARY, *args])
    t.programs.append(p)
    return p


def test_head_ends_an_endless_source(t):
    """rate: | head -n 1 ends with 141 and says nothing"""
    p = shell(t, '"$0" -i rate:1000 "$@" | head -n 1; echo "${PIPESTATUS[0]}"', *FAST, "count")
    p.wait_exit(0)
    check_equal(lines_of(p.out)[1], "141", "status")
    check_equal(p.err, "", "stderr")


def test_head_ends_an_idle_listener(t):
    """a reader that goes away ends a listener at its next row"""
    r, w = os.pipe()
    p, _, port = t.listening(*FAST, "count", stdout=w)
    os.close(w)
    read_fd(r, 1)
    os.close(r)
    check_equal(p.wait_exit() in (-signal.SIGPIPE, 141), True, "ends with SIGPIPE or 141")
    check_equal(len(lines_of(p.err)), 1, "lines on stderr")


def feed_rows(p, size):
    """Write `size` bytes of lines to the program's stdin in a thread; returns (thread, progress)."""
    block = b"a line of some sixty bytes that goes through grep as it is...\n" * 1024
    progress = [0]

    def run():
        try:
            while progress[0] < size:
                progress[0] += p.stdin.write(block)
        except OSError:
            pass
        try:
            p.stdin.close()
        except OSError:
            pass
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, progress, len(block)


@alone
def test_slow_reader_pauses_the_source(t):
    """stdout not read: the producer stalls, memory stays flat; read again, every row is there"""
    r, w = os.pipe()
    p = t.run("-b", "100ms", "--time-format", "none", "grep", "", stdin=subprocess.PIPE, stdout=w)
    os.close(w)
    size = 200 << 20
    thread, progress, _ = feed_rows(p, size)
    wait(lambda: blocked_pipe(r), "a full stdout")
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < 1:         # no byte taken for a second: it is paused
        if progress[0] != seen:
            seen, since = progress[0], time.monotonic()
        check(progress[0] < size, f"it took all {size >> 20} MiB though nobody reads")
        time.sleep(0.02)
    stalled = p.stat("VmRSS")
    got = 0
    while True:
        block = read_fd(r, 1 << 20)
        if not block:
            break
        got += len(block)
    os.close(r)
    thread.join(net_lib.DEADLINE)
    p.wait_exit(0)
    check_equal(got, progress[0], "bytes through")
    check(stalled < 65536 or net_lib.WRAP, f"{stalled} kB of memory while paused")


@alone
def test_slow_reader_with_a_tcp_source(t):
    """the same from a socket: the kernel holds the sender back, memory stays flat"""
    server, port = t.server()
    r, w = os.pipe()
    p = t.run("-i", f"tcp://127.0.0.1:{port}", "-b", "50ms", "--time-format", "none", "grep", "",
              stdout=w)
    os.close(w)
    conn = t.accept(server)
    conn.settimeout(1.0)
    block, sent = b"another line that goes through\n" * 2048, 0
    try:
        while sent < 300 << 20:
            sent += conn.send(block)
        raise Failed("it took 300 MiB though nobody reads")
    except (TimeoutError, socket.timeout):
        pass
    rss = p.stat("VmRSS")
    check(rss < 65536 or net_lib.WRAP, f"{rss} kB of memory while paused")
    conn.close()
    got = 0
    while True:
        data = read_fd(r, 1 << 20)
        if not data:
            break
        got += len(data)
    os.close(r)
    p.wait_exit(0)
    check_equal(got, sent + (1 if sent % 31 else 0), "bytes through")


@alone
def test_memory_of_a_long_batch_of_lines(t):
    """a chain without an aggregate does not gather a batch: 300 MB in one batch, memory flat"""
    p = t.run("-b", "1d", "-o", "null:", "grep", "", stdin=subprocess.PIPE)
    thread, progress, _ = feed_rows(p, 300 << 20)
    high = 0
    while thread.is_alive():
        try:
            high = max(high, p.stat("VmHWM"))
        except (OSError, AttributeError):
            break
        time.sleep(0.02)
    p.wait_exit(0)
    check(high < 65536 or net_lib.WRAP, f"{high} kB of memory")


def test_100_mb_without_a_newline(t):
    """100 MB without a newline: one bad record, memory flat"""
    path = t.path("stats")
    p = t.run("--stats", path, *ROWS, "count", stdin=subprocess.PIPE)
    block = b"x" * (1 << 20)
    for i in range(100):
        p.stdin.write(block)
    high = p.stat("VmHWM")
    p.stdin.write(b"\nok\n")
    p.stdin.close()
    p.wait_exit(0)
    check_equal(p.out, "1\n", "stdout")
    check_equal(stats_sum(path, "records", "counted", "bad"), (2, 1, 1), "records, counted, bad")
    check(high < 65536 or net_lib.WRAP, f"{high} kB of memory")


def test_flags_of_shared_descriptors(t):
    """stdin and stdout shared with others are not left non-blocking, even after SIGINT"""
    r, w = os.pipe()
    r2, w2 = os.pipe()
    try:
        p = t.run(*FAST, "count", stdin=r, stdout=w2)
        os.write(w, b"x\n")
        read_fd(r2, 1)
        p.kill(signal.SIGINT)
        p.wait_exit(-signal.SIGINT)
        for name, fd in (("stdin", r), ("stdout", w2)):
            check(not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, f"{name} is left O_NONBLOCK")
    finally:
        for fd in (r, w, r2, w2):
            os.close(fd)


def test_flags_during_the_run(t):
    """while it runs, stdin and stdout shared with others stay blocking"""
    r, w = os.pipe()
    r2, w2 = os.pipe()
    try:
        p = t.run(*FAST, "count", stdin=r, stdout=w2)
        read_fd(r2, 1)
        for name, fd in (("stdin", r), ("stdout", w2)):
            check(not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, f"{name} is O_NONBLOCK")
        p.kill(signal.SIGTERM)
        p.wait_exit(0)
    finally:
        for fd in (r, w, r2, w2):
            os.close(fd)


def test_stdin_non_blocking(t):
    """a stdin that its other owner made non-blocking is waited for, not spun on or failed"""
    r, w = os.pipe()
    try:
        os.set_blocking(r, False)
        p = t.run(*FAST, "countby", stdin=r)
        os.write(w, b"one\n")
        p.wait_out(lambda s: s == "one\t1\n", "the first line")
        os.write(w, b"two\n")
        p.wait_out(lambda s: s == "one\t1\ntwo\t1\n", "the second line")
        os.close(w)
        w = -1
        p.wait_exit(0)
    finally:
        os.close(r)
        if w != -1:
            os.close(w)


def test_stdout_non_blocking(t):
    """a stdout that its other owner made non-blocking loses no row when it is full"""
    r, w = os.pipe()
    os.set_blocking(w, False)
    p = t.run(*ROWS, "grep", "", stdin=subprocess.PIPE, stdout=w)
    os.close(w)
    thread, progress, _ = feed_rows(p, 8 << 20)
    wait(lambda: blocked_pipe(r), "a full stdout")
    got = 0
    while True:
        block = read_fd(r, 1 << 16)
        if not block:
            break
        got += len(block)
    os.close(r)
    thread.join(net_lib.DEADLINE)
    p.wait_exit(0)
    check_equal(got, progress[0], "bytes through")


def test_stdin_is_a_socket(t):
    """a socket as stdin, as inetd and systemd give it"""
    a, b = socket.socketpair()
    t.own(a)
    p = t.run(*ROWS, "countby", stdin=b.fileno())
    b.close()
    a.sendall(b"one\ntwo")
    a.close()
    p.wait_exit(0)
    check_equal(p.out, "one\t1\ntwo\t1\n", "stdout")


def test_stdin_is_not_touched(t):
    """with -i tcp:// not a byte of stdin is read"""
    server, port = t.server()
    r, w = os.pipe()
    try:
        os.write(w, b"for somebody else\n")
        p = t.run("-i", f"tcp://127.0.0.1:{port}", *ROWS, "count", stdin=r)
        t.accept(server).close()
        p.wait_exit(0)
        check_equal(read_fd(r, 100), b"for somebody else\n", "stdin")
    finally:
        os.close(r)
        os.close(w)


# ---------------------------------------------------------------- a terminal

def terminal(t, *args):
    """Start streamctl with a terminal as stdin; returns (program, our side of it)."""
    master, slave = os.openpty()
    p = t.run(*args, stdin=slave)
    os.close(slave)
    return p, master


def test_terminal_hint(t):
    """stdin a terminal: one hint on stderr; typed lines count; Ctrl-D ends with 0"""
    p, master = terminal(t, *ROWS, "wordcount")
    try:
        p.wait_err(r"\n")
        os.write(master, b"a b a\n")
        os.write(master, b"\x04")
        p.wait_exit(0)
    finally:
        os.close(master)
    check_equal(p.out, "a\t2\nb\t1\n", "stdout")
    check_equal(len(lines_of(p.err)), 1, "lines on stderr")
    check(re.search(r"terminal|stdin|standard input", p.err), "the hint does not say what it reads")


def test_terminal_hint_quiet(t):
    """-q silences the hint"""
    p, master = terminal(t, "-q", *ROWS, "count")
    try:
        os.write(master, b"x\n\x04")
        p.wait_exit(0)
    finally:
        os.close(master)
    check_equal((p.out, p.err), ("1\n", ""), "stdout, stderr")


def test_terminal_hint_not_with_a_source(t):
    """no hint when stdin is not read"""
    p, master = terminal(t, "-i", "/dev/null", *ROWS, "count")
    try:
        p.wait_exit(0)
    finally:
        os.close(master)
    check_equal(p.err, "", "stderr")


def test_terminal_hangup(t):
    """a terminal that goes away is the end of the input or a failure, never a spin"""
    p, master = terminal(t, *ROWS, "count")
    p.wait_err(r"\n")
    os.close(master)
    check(p.wait_exit() in (0, 1, -signal.SIGHUP), "an odd status")


# ---------------------------------------------------------------- tcp:// and udp:// as sinks

def take_all(conn, size=None):
    """What comes over a connection, to its end or SIZE bytes of it."""
    data = b""
    while size is None or len(data) < size:
        piece = conn.recv(65536 if size is None else size - len(data))
        if not piece:
            break
        data += piece
    return data.decode()


def test_out_tcp_to_nc(t):
    """tcp:// as a sink sends every row to nc, byte for byte, and ends the connection"""
    server, port = t.server()
    server.close()
    nc = t.peer("nc", "-l", "127.0.0.1", str(port))
    p = t.run("-q", "-b", "1000rows", "--time-format", "none", "-o", f"tcp://127.0.0.1:{port}",
              "grep", ".", stdin=subprocess.PIPE)
    text = "".join(f"{i}\n" for i in range(50000))
    p.stdin.write(text.encode())
    p.stdin.close()
    p.wait_exit(0)
    nc.wait_exit(0)
    check(nc.out == text, f"nc got {len(nc.out)} bytes of {len(text)}")


def test_out_tcp_to_socat_ipv6(t):
    """tcp:// as a sink reaches an IPv6 address"""
    server, port = t.server("::1")
    server.close()
    socat = t.peer("socat", "-u", f"TCP6-LISTEN:{port},bind=[::1]", "-")
    p = t.run("-q", *EACH, "-o", f"tcp://[::1]:{port}", "--header", "count", stdin=subprocess.PIPE)
    p.stdin.write(b"a\nb\n")
    p.stdin.close()
    p.wait_exit(0)
    socat.wait_exit(0)
    check_equal(socat.out, "count\n1\n1\n", "what socat got")


def test_out_tcp_peer_dies_and_comes_back(t):
    """a peer that is killed in the middle of a batch and comes back gets the batch from its start"""
    server, port = t.server()
    p = t.run("-b", "400000rows", "--time-format", "none", "-o", f"tcp://127.0.0.1:{port}",
              "grep", ".", stdin=subprocess.PIPE)
    text = "".join(f"{i}\n" for i in range(1000000))
    feeder = threading.Thread(target=feed, args=(p, text.encode()), daemon=True)
    feeder.start()
    conn = t.accept(server)
    first = take_all(conn, 4000000)
    server.close()
    reset(conn)
    p.wait_err(r"connection lost: [A-Za-z ]+; retry 1 of 10 in \d")
    server = t.own(socket.socket())
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(4)
    server.settimeout(net_lib.DEADLINE)
    second = take_all(t.accept(server))
    p.wait_exit(0)
    p.wait_err(r"reconnected after \d+\.\ds; the batch is sent again")
    check(text.startswith(first), "the first connection got something else")
    start = int(second.split("\n", 1)[0])
    check(start % 400000 == 0, f"the second connection begins at {start}, within a batch")
    at = text.index(f"\n{start}\n") + 1 if start else 0
    check(at <= len(first), "something between the connections is missing")
    check(second == text[at:], "the second connection got something else")


def feed(p, data):
    p.stdin.write(data)
    p.stdin.close()


def test_out_tcp_idle_peer_dies(t):
    """a peer that ended between two batches does not swallow the next one"""
    server, port = t.server()
    p = t.run(*EACH, "-o", f"tcp://127.0.0.1:{port}", "grep", ".", stdin=subprocess.PIPE)
    conn = t.accept(server)
    p.stdin.write(b"one\n")
    check_equal(take_all(conn, 4), "one\n", "the first row")
    conn.close()
    p.stdin.write(b"two\n")
    conn = t.accept(server)
    check_equal(take_all(conn, 4), "two\n", "the second row")
    p.stdin.close()
    p.wait_exit(0)
    check_equal(take_all(conn), "", "what followed")


def test_out_tcp_slow_peer(t):
    """a peer that does not read makes the run wait, with what it keeps bounded by a batch"""
    server, port = t.server()
    p = t.run("-q", "-i", "rate:2000000", "-b", "100ms", "-o", f"tcp://127.0.0.1:{port}", "grep",
              "1")
    conn = t.accept(server)
    take_all(conn, 100)
    time.sleep(1)
    before = p.stat("VmRSS")
    time.sleep(0.5)
    check(p.alive() and p.stat("VmRSS") - before < 4096, "it grows while its peer sleeps")
    p.kill(signal.SIGKILL)


def test_out_tcp_nobody_there(t):
    """a port where nobody listens is tried again, and the row arrives when somebody does"""
    server, port = t.server()
    server.close()
    p = t.run(*EACH, "-o", f"tcp://127.0.0.1:{port}", "grep", ".", stdin=subprocess.PIPE)
    p.wait_err(r"connect: Connection refused; retry 2 of 10 in 0\.\ds")
    server = t.own(socket.socket())
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(4)
    server.settimeout(net_lib.DEADLINE)
    p.stdin.write(b"row\n")
    p.stdin.close()
    check_equal(take_all(t.accept(server)), "row\n", "the row")
    p.wait_exit(0)


def test_out_tcp_no_such_host(t):
    """a host that does not exist is told at once"""
    p = t.run(*EACH, "-o", "tcp://nope.invalid:7", "count")
    p.wait_exit(1)
    check_equal(p.err, "streamctl: tcp://nope.invalid:7: there is no host named nope.invalid\n",
                "stderr")


def test_out_udp(t):
    """udp:// sends a datagram for each row, to the address of localhost where somebody listens"""
    receiver = t.own(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(net_lib.DEADLINE)
    p = t.run(*ROWS, "-o", f"udp://localhost:{receiver.getsockname()[1]}", "countby",
              stdin=subprocess.PIPE)
    p.stdin.write(b"a\nb\na\n")
    p.stdin.close()
    p.wait_exit(0)
    check_equal([receiver.recv(100) for _ in range(2)], [b"a\t2\n", b"b\t1\n"], "datagrams")
    check_equal(p.err, "", "stderr")


def test_out_udp_quoted_rows(t):
    """a row with a line end in quotes is one datagram; one over 65507 bytes is lost, and told"""
    receiver = t.own(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(net_lib.DEADLINE)
    p = t.run(*ROWS, "-F", "json", "-T", "csv", "-o", f"udp://127.0.0.1:{receiver.getsockname()[1]}",
              "select", "k, 1 as n", stdin=subprocess.PIPE)
    p.stdin.write(b'{"k":"x\\n\\"y"}\n{"k":"' + b"l" * 66000 + b'"}\n{"k":"z"}\n')
    p.stdin.close()
    p.wait_exit(0)
    check_equal([receiver.recv(100) for _ in range(2)], [b'"x\n""y",1\n', b"z,1\n"], "datagrams")
    check("a row is lost: it is longer than 65507 bytes" in p.err, p.err)


def test_out_udp_refused(t):
    """rows that nobody takes are told once and counted, and do not end the run"""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    port = receiver.getsockname()[1]
    receiver.close()
    p = t.run(*ROWS, "-o", f"udp://127.0.0.1:{port}", "countby", stdin=subprocess.PIPE)
    p.stdin.write(b"a\nb\na\n")
    p.stdin.close()
    p.wait_exit(0)
    p.wait_err(r"a row is lost: Connection refused; more are only counted\n(.*rows are lost\n)?$")


# ---------------------------------------------------------------- telling

def test_progress(t):
    """--progress shows a line on stderr about once a second"""
    p = t.run("--progress", *FAST, "count", stdin=subprocess.PIPE)
    p.wait_err(r"[\r\n]")
    wait(lambda: len(re.findall(r"[^\r\n]+[\r\n]", p.err)) >= 2, "two progress lines")
    p.stdin.close()
    p.wait_exit(0)


def test_stats_while_running(t):
    """--stats rows are there at each boundary, and each row adds up"""
    path = t.path("stats")
    p = t.run("-q", "--stats", path, "--max-line", "4B", *FAST, "grep", "a", "then", "count",
              stdin=subprocess.PIPE)
    p.stdin.write(b"a\nb\ntoo long\na\n")
    wait(lambda: os.path.exists(path) and len(stats(path)) >= 3, "three rows")
    p.stdin.close()
    p.wait_exit(0)
    check_equal(stats_sum(path, "records", "counted", "filtered", "bad"), (4, 2, 1, 1),
                "records, counted, filtered, bad")
    for row in stats(path):
        check_equal(int(row["records"]), sum(int(row[c]) for c in ("counted", "filtered", "bad")),
                    "records of a row")


def test_idle_run_sleeps(t):
    """a run with nothing to do uses no processor time to speak of"""
    p = t.run("-b", "1s", "count", stdin=subprocess.PIPE)
    p.wait_out(lambda s: s.count("\n") >= 1, "a batch")

    def ticks():
        with open(f"/proc/{p.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    before = ticks()
    p.wait_out(lambda s: s.count("\n") >= 3, "two more batches")
    used = ticks() - before
    check(used <= 5 or net_lib.WRAP, f"{used} ticks in two seconds")
    p.stdin.close()
    p.wait_exit(0)


# ---------------------------------------------------------------- event time over several sources

EVENTS = ("-F", "csv", "--columns", "t", "-t", "t", "--lateness", "0s", "-b", "5s",
          "--time-format", "epoch")


def two_sources(t, *args):
    """A run of two servers by event time, with a connection from each."""
    first, second = t.server(), t.server()
    p = t.run(*(w for _, port in (first, second) for w in ("-i", f"tcp://127.0.0.1:{port}")),
              *EVENTS, *args)
    return p, t.accept(first[0]), t.accept(second[0])


def test_event_time_waits_for_a_source(t):
    """a source that has sent nothing yet holds up the others, and no more when it has ended"""
    p, first, second = two_sources(t, "--idle", "1h", "count")
    first.sendall(b"1\n2\n7\n13\n")
    wait_status(p, r"\b4\b")
    check_equal(p.out, "", "rows before the other source said a thing")
    second.close()
    p.wait_out(lambda s: s == "5\t2\n10\t1\n", "the batches that are over")
    first.close()
    p.wait_exit(0)
    check_equal(p.out, "5\t2\n10\t1\n15\t1\n", "stdout")


def test_event_time_idle_source(t):
    """--idle: a silent source holds up the others no more, and counts again when it speaks"""
    p, first, second = two_sources(t, "--idle", "500ms", "count")
    second.sendall(b"3\n")
    first.sendall(b"1\n7\n")
    sent = 0

    def speak():
        nonlocal sent
        first.sendall(b"13\n")
        sent += 1
        time.sleep(0.1)
        return p.out == "5\t2\n10\t1\n"
    wait(speak, "the batches that are over")
    check_equal(p.err, "", "stderr")
    second.sendall(b"4\n12\n14\n")
    wait_status(p, rf"\b{sent + 6}\b")
    for conn in (first, second):
        conn.close()
    p.wait_exit(0)
    check_equal(p.out, f"5\t2\n10\t1\n15\t{sent + 2}\n", "stdout")
    check("late" in p.err, f"nothing was said of the record that came too late: {p.err}")


def test_fail_if_silent_counts_from_the_last_record(t):
    """--fail-if-silent: records put the end off; then it says so and exits with 6"""
    p = t.run(*EACH, "--fail-if-silent", "3s", "count", stdin=subprocess.PIPE)
    began = time.monotonic()
    for n in range(1, 10):
        p.stdin.write(b"x\n")
        p.wait_out(lambda s: s.count("\n") == n, f"row {n}")
        time.sleep(0.4 if not net_lib.WRAP else 0)
    told = time.monotonic()
    p.wait_exit(6)
    check(net_lib.WRAP or told - began > 3, "the records took no longer than the silence")
    check("no record came for" in p.err, f"stderr: {p.err}")


def test_status_with_threads(t):
    """SIGUSR1 is answered while threads count"""
    p = t.run("-j", "2", "-b", "1h", "--time-format", "none", "countby", stdin=subprocess.PIPE)
    p.stdin.write(b"a\nb\na\n")
    wait(lambda: fionread(p.stdin) == 0, "the lines to be read")
    wait_status(p, r"\b3\b")
    p.stdin.close()
    p.wait_exit(0)
    check_equal(p.out, "a\t2\nb\t1\n", "stdout")
