"""tcp:// by the name of a host: a hosts file and a name server of the test's own, in a mount
namespace.  Each function's docstring is the claim it checks (see run)."""

import os
import signal
import socket
import subprocess
import threading

import net_lib
from net_lib import Failed, Skip, check, check_equal, wait
from net_tests import FAST, ROWS

SHARE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-r", "-m"]
MOUNT = 'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"'
NO_ERROR, SERVER_FAILS, NO_SUCH_NAME, SILENCE = 0, 2, 3, None
TYPE_A = 1


class NameServer(threading.Thread):
    """Answers questions for IPv4 addresses out of a table: NAME to a list of them, or an error."""

    def __init__(self, names):
        super().__init__(daemon=True)
        self.names, self.asked = names, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            answer = self.answer(query)
            if answer is not None:
                self.socket.sendto(answer, peer)

    def answer(self, query):
        labels, at = [], 12
        while query[at] != 0:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        name = ".".join(labels).lower()
        self.asked.append(name)
        known = self.names.get(name, NO_SUCH_NAME)
        if known is SILENCE:
            return None
        error = NO_ERROR if isinstance(known, list) else known
        found = known if error == NO_ERROR and query[at + 2] == TYPE_A else []
        head = query[:2] + bytes([0x81, 0x80 | error, 0, 1, 0, len(found), 0, 0, 0, 0])
        return head + question + b"".join(
            b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04" + socket.inet_aton(a) for a in found)


def run_named(t, names, *args, hosts=""):
    """Start streamctl where a name server knows NAMES and HOSTS are the lines of /etc/hosts."""
    server = NameServer(names)
    t.own(server.socket)
    for name, text in (("resolv", f"nameserver 127.0.0.1:{server.port}\n"
                                  "options timeout:1 attempts:1\n"), ("hosts", hosts)):
        with open(t.path(name), "w") as f:
            f.write(text)
    argv = [*SHARE, "sh", "-c", MOUNT, "sh", t.path("resolv"), t.path("hosts")]
    if subprocess.run([*argv, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                      check=False).returncode != 0:
        raise Skip("no mount namespace can be made here")
    return t.peer(*argv, *net_lib.WRAP, net_lib.BINARY, *args), server


def test_tcp_name_in_the_hosts_file(t):
    """tcp://NAME: each address that /etc/hosts has is tried, and no name server is asked"""
    server, port = t.server()
    p, names = run_named(t, {}, "-i", f"tcp://shop.example:{port}", *ROWS, "count",
                         hosts="127.0.0.2 shop.example\n127.0.0.1 shop.example\n")
    conn = t.accept(server)
    conn.sendall(b"a\nb\n")
    conn.close()
    p.wait_exit(0)
    check_equal(p.out, "2\n", "stdout")
    check_equal(names.asked, [], "names that were asked for")


def test_tcp_name_of_a_name_server(t):
    """tcp://NAME: each address that the name server tells is tried, and asked for anew later"""
    server, port = t.server()
    p, names = run_named(t, {"shop.example": ["127.0.0.2", "127.0.0.1"]}, "-i",
                         f"tcp://shop.example:{port}", "--on-eof", "reconnect", *FAST, "grep", ".")
    for line in (b"one\n", b"two\n"):
        conn = t.accept(server)
        conn.sendall(line)
        conn.close()
        p.wait_out(lambda s, line=line: s.endswith(line.decode()), f"the row {line}")
    check(names.asked.count("shop.example") >= 2, f"it asked for {names.asked}")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "one\ntwo\n", "stdout")


def test_tcp_name_unknown(t):
    """tcp://NAME that no name server knows is an error at once"""
    p, names = run_named(t, {}, "-i", "tcp://nowhere.example:7", *ROWS, "count")
    p.wait_exit(1)
    check("streamctl: tcp://nowhere.example:7: there is no host named nowhere.example" in p.err,
          p.err)
    check(names.asked, "it asked for nothing")


def test_tcp_name_server_fails(t):
    """tcp://NAME: a name server that fails is asked again, --retries times"""
    p, names = run_named(t, {"shop.example": SERVER_FAILS}, "-i", "tcp://shop.example:7",
                         "--retries", "1", *ROWS, "count")
    p.wait_exit(1)
    check("looking up shop.example: the name servers could not tell" in p.err or
          "looking up shop.example: no answer from the name servers" in p.err, p.err)
    check("retry" in p.err, p.err)
    check(names.asked.count("shop.example") >= 2, f"it asked for {names.asked}")


def test_tcp_name_server_is_silent(t):
    """tcp://NAME: no answer in --connect-timeout is a failure that says so"""
    p, _ = run_named(t, {"shop.example": SILENCE}, "-i", "tcp://shop.example:7", "--retries", "0",
                     "--connect-timeout", "300ms", *ROWS, "count")
    p.wait_exit(1)
    check("looking up shop.example: no answer from the name servers" in p.err, p.err)


def test_tcp_name_sigterm_while_looking_up(t):
    """SIGTERM ends a run that waits for a name server"""
    p, names = run_named(t, {"shop.example": SILENCE}, "-i", "tcp://shop.example:7",
                         "--connect-timeout", "1h", *ROWS, "count")
    wait(lambda: names.asked, "a question to the name server")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    check_equal(p.out, "0\n", "stdout")


def test_tcp_name_vanishes(t):
    """tcp://NAME that was there and is not any more may come back: it is retried"""
    server, port = t.server()
    known = {"shop.example": ["127.0.0.1"]}
    p, names = run_named(t, known, "-i", f"tcp://shop.example:{port}", "--on-eof", "reconnect",
                         "--retries", "100", *FAST, "grep", ".")
    conn = t.accept(server)
    conn.sendall(b"one\n")
    known.clear()
    conn.close()
    p.wait_err("there is no host named shop.example.*retry|retry.*there is no host named")
    if not p.alive():
        raise Failed("it ended")
    known["shop.example"] = ["127.0.0.1"]
    conn = t.accept(server)
    conn.sendall(b"two\n")
    p.wait_out(lambda s: s == "one\ntwo\n", "the line behind it")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
