"""Sources that watch files, and compressed ones: each function's docstring is its claim (see run)."""

import gzip
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import net_lib
from net_lib import Skip, alone, check, check_equal, numbers, stats_sum, table, wait

FAST = ("-b", "20ms", "--time-format", "none")
ROWS = ("-b", "1000000000rows", "--time-format", "none")


def write(path, text, mode="w"):
    with open(path, mode) as f:
        f.write(text)


def shown(p, text):
    """Wait until stdout is exactly this."""
    p.wait_out(lambda s: len(s) >= len(text), repr(text[-60:]))
    check_equal(p.out, text, "stdout")


def stop(p, status=0):
    p.kill(signal.SIGTERM)
    p.wait_exit(status)


def lines_seen(p, n):
    """Wait until the pass-through stage has shown n lines; returns them."""
    p.wait_out(lambda s: s.count("\n") >= n, f"{n} lines")
    return p.out.split("\n")[:-1]


# ---------------------------------------------------------------- tail:

def tail(t, *args, text=None, passing=("grep", ""), watching=True):
    """Start tail:log, and wait until what is there has been passed over."""
    path = t.path("log")
    if text is not None:
        write(path, text)
    p = t.run("-i", f"tail:{path}", *args, *FAST, *passing)
    if text is None:
        p.wait_err("waiting")
    elif watching:
        wait_open(p, path)
    return p, path


def wait_open(p, path):
    """Wait until the program has the file open and sleeps."""
    def sleeps():
        try:
            with open(f"/proc/{p.pid}/stat") as f:
                return f.read().rsplit(")", 1)[1].split()[0] == "S"
        except OSError:
            return False
    wait(lambda: path in open_files(p), f"{path} to be open")
    time.sleep(0.02)
    wait(sleeps, "it to sleep")


def open_files(p):
    """The paths of a program's descriptors."""
    found = []
    try:
        for fd in os.listdir(f"/proc/{p.pid}/fd"):
            found.append(os.readlink(f"/proc/{p.pid}/fd/{fd}"))
    except OSError:
        pass
    return found


def idle(p):
    """Wait until the program has waited for a while: it has read what there is."""
    time.sleep(0.1 if not net_lib.WRAP else 1)
    check(p.alive(), "it ended")


def test_tail_starts_at_the_end(t):
    """tail: leaves out what is there at the start, the rest of a half line too"""
    p, path = tail(t, text="old\nhalf")
    idle(p)
    write(path, " old\nnew\n", "a")
    shown(p, "new\n")
    stop(p)


def test_tail_from_start(t):
    """--from start reads what is there, too"""
    p, path = tail(t, "--from", "start", text="old\n")
    shown(p, "old\n")
    write(path, "new\n", "a")
    shown(p, "old\nnew\n")
    stop(p)


def test_tail_absent_at_start(t):
    """a file that is absent at the start is waited for, told once, and read from its beginning"""
    p, path = tail(t)
    write(path, "one\ntwo\n")
    shown(p, "one\ntwo\n")
    stop(p)
    check_equal(p.err.count("waiting"), 1, "notices")


def test_tail_absent_folder(t):
    """so is one whose folder is absent"""
    folder = t.path("sub")
    p = t.run("-i", f"tail:{folder}/log", *FAST, "grep", "")
    p.wait_err("waiting")
    os.mkdir(folder)
    write(f"{folder}/log", "one\n")
    shown(p, "one\n")
    os.rename(f"{folder}/log", f"{folder}/log.1")
    write(f"{folder}/log", "two\n")
    shown(p, "one\ntwo\n")
    stop(p)


def test_tail_rename(t):
    """a renamed file is read on until its writer closes it; then its half line ends, then the new"""
    p, path = tail(t, text="")
    f = open(path, "a", buffering=1)
    f.write("one\n")
    shown(p, "one\n")
    os.rename(path, path + ".1")
    f.write("two\n")
    shown(p, "one\ntwo\n")
    write(path, "new\n")
    shown(p, "one\ntwo\nnew\n")
    f.write("late\nhalf")
    f.flush()
    shown(p, "one\ntwo\nnew\nlate\n")
    idle(p)
    f.close()
    shown(p, "one\ntwo\nnew\nlate\nhalf\n")
    write(path, "more\n", "a")
    shown(p, "one\ntwo\nnew\nlate\nhalf\nmore\n")
    stop(p)
    check_equal(p.err, "", "stderr")


def test_tail_replaced_by_rename(t):
    """a file that another one was renamed over is drained, then the new one is read"""
    p, path = tail(t, text="")
    write(path, "one\nhalf", "a")
    shown(p, "one\n")
    write(path + ".new", "new\n")
    os.rename(path + ".new", path)
    shown(p, "one\nhalf\nnew\n")
    stop(p)


def test_tail_recreated(t):
    """removed and made anew, the file is read from its beginning"""
    p, path = tail(t, text="")
    for word in ("one", "two", "three"):
        os.unlink(path)
        write(path, f"{word}\n")
        lines_seen(p, ["one", "two", "three"].index(word) + 1)
    stop(p)
    check_equal(p.out, "one\ntwo\nthree\n", "stdout")


def test_tail_truncated(t):
    """a truncated file is read from its beginning, and what may be lost is told"""
    p, path = tail(t, text="")
    write(path, "one\ntwo\nhalf", "a")
    shown(p, "one\ntwo\n")
    idle(p)
    write(path, "new\n")
    shown(p, "one\ntwo\nnew\n")
    stop(p)
    check("truncated at byte 12" in p.err, "the truncation is not told")
    check("unfinished line" in p.err, "the half line is not told")


def test_tail_truncated_and_grown(t):
    """a truncation is noticed though the file is longer again than what was read"""
    p, path = tail(t, text="")
    write(path, "one\n", "a")
    shown(p, "one\n")
    idle(p)
    p.kill(signal.SIGSTOP)
    write(path, "a new content, longer than the old one\n")
    p.kill(signal.SIGCONT)
    shown(p, "one\na new content, longer than the old one\n")
    stop(p)
    check("truncated" in p.err, "the truncation is not told")


def test_tail_truncated_while_behind(t):
    """the bytes that were seen and could not be read before a truncation are told"""
    p, path = tail(t, "--max-rate", "5", text="")
    write(path, "0123456\n" * 1000, "a")
    lines_seen(p, 3)
    os.truncate(path, 0)
    m = p.wait_err(r"truncated at byte (\d+) or behind it; lost are (\d+) bytes")
    check_equal(int(m[1]) + int(m[2]), 8000, "bytes read and lost")
    stop(p)


@alone
def test_tail_copytruncate_under_load(t):
    """copytruncate by a writer that never closes: every line that is not cut off is counted once"""
    p, path = tail(t, text="", passing=("grep", ""))
    written = 0
    with open(path, "a", buffering=1) as f:
        for turn in range(10):
            for i in range(200):
                f.write(f"turn {turn} line {i}\n")
                written += 1
            lines_seen(p, written)      # what is read cannot be lost
            shutil.copy(path, f"{path}.{turn}")
            os.truncate(path, 0)
    idle(p)
    stop(p)
    want = [f"turn {turn} line {i}" for turn in range(10) for i in range(200)]
    check_equal(p.out.split("\n")[:-1] == want, True, "every line, in order")
    check_equal(p.err.count("truncated"), 10, "truncations told")


def rotate_under_load(t, rotations, pause, keep, args=()):
    """A writer rotates its own file again and again; returns the lines written and those seen."""
    p, path = tail(t, *args, text="")
    n = 0
    for turn in range(rotations):
        with open(path, "a") as f:
            end = time.monotonic() + pause
            while time.monotonic() < end or n % 50 != 0:
                f.write(f"{n}\n")
                n += 1
        for i in range(keep - 1, 0, -1):        # as logrotate does
            if os.path.exists(f"{path}.{i}"):
                os.rename(f"{path}.{i}", f"{path}.{i + 1}")
        os.rename(path, path + ".1")
    write(path, "end\n")
    p.wait_out(lambda s: s.endswith("end\n"), "the last line")
    stop(p)
    seen = p.out.split("\n")[:-2]
    return [str(i) for i in range(n)], seen, p.err


@alone
def test_tail_100_rotations_under_load(t):
    """100 rotations, 20 ms apart, by a writer at full speed: no line is lost or read twice"""
    want, seen, err = rotate_under_load(t, 100, 0.02, 120)
    check(len(want) > 5000, "too little load")
    check_equal(len(seen), len(want), "lines")
    check(seen == want, "the lines are not those written, in order")
    check_equal(err, "", "stderr")


@alone
def test_tail_rotations_faster_than_it_looks(t):
    """100 rotations 1 ms apart: files that were renamed before they were seen are found"""
    want, seen, err = rotate_under_load(t, 100, 0.001, 120)
    check_equal(len(seen), len(want), "lines")
    check(seen == want, "the lines are not those written, in order")
    check_equal(err, "", "stderr")


def test_tail_rotations_while_behind(t):
    """files that wait for their turn under --max-rate are kept through the rotations"""
    p, path = tail(t, "--max-rate", "400", text="")
    for turn in range(6):
        write(path, "".join(f"{turn * 100 + i}\n" for i in range(100)), "a")
        os.rename(path, f"{path}.{turn}")
    write(path, "end\n")
    p.wait_out(lambda s: s.endswith("end\n"), "the last line")
    stop(p)
    check_equal(numbers(p.out.replace("end\n", "")), list(range(600)), "lines")


def test_tail_compressed_is_refused(t):
    """tail: of gzip data ends with a message; it follows plain text only"""
    path = t.path("log")
    write(path, gzip.compress(b"x\n"), "wb")
    p = t.run("-i", f"tail:{path}", *FAST, "count")
    p.wait_exit(1)
    check("gzip" in p.err, "the reason is not told")


def test_tail_rotated_to_gzip(t):
    """a file that a rotation puts there is read as text whatever it holds; that is told"""
    p, path = tail(t, text="old\n")
    write(t.path("new"), gzip.compress(b"x\n") + b"\nend\n", "wb")
    os.rename(t.path("new"), path)
    p.wait_err("is gzip data now; it is read as plain text")
    p.wait_out(lambda s: s.endswith("\nend\n"), "the last line")
    stop(p)


def test_tail_replaced_by_a_folder(t):
    """what comes in place of the file and is none is waited for to go, told once"""
    p, path = tail(t, text="old\n")
    os.rename(path, path + ".1")
    os.mkdir(path)
    p.wait_err("is no regular file; waiting for one")
    idle(p)
    os.rmdir(path)
    write(path, "new\n")
    shown(p, "new\n")
    stop(p)
    check_equal(p.err.count("regular"), 1, "notices")


def test_tail_rotated_while_stopped(t):
    """a process that was stopped through three rotations misses nothing"""
    p, path = tail(t, text="")
    write(path, "1\n", "a")
    shown(p, "1\n")
    p.kill(signal.SIGSTOP)
    for i in range(2, 5):
        write(path, f"{i}\n", "a")
        os.rename(path, f"{path}.{i}")
    write(path, "5\n")
    p.kill(signal.SIGCONT)
    shown(p, "1\n" + "2\n3\n4\n5\n")
    stop(p)


def test_tail_symlink_changed(t):
    """a symbolic link that is turned to another file is a rotation"""
    target = t.path("a")
    write(target, "")
    os.symlink(target, t.path("log"))
    p = t.run("-i", f"tail:{t.path('log')}", *FAST, "grep", "")
    wait_open(p, target)
    idle(p)
    write(target, "one\n", "a")
    shown(p, "one\n")
    write(t.path("b"), "two\n")
    os.symlink(t.path("b"), t.path("new"))
    os.rename(t.path("new"), t.path("log"))
    shown(p, "one\ntwo\n")
    stop(p)


def ticks(p):
    """Processor time used, in hundredths of a second."""
    with open(f"/proc/{p.pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_tail_idle_sleeps(t):
    """an idle tail: wakes a few times a second only"""
    p, _ = tail(t, text="x\n")
    p.kill(signal.SIGTERM)
    p.wait_exit(0)
    p = t.run("-i", f"tail:{t.path('log')}", "-b", "1h", "count")
    wait_open(p, t.path("log"))
    idle(p)
    before = p.stat("voluntary_ctxt_switches")
    time.sleep(2)
    used = p.stat("voluntary_ctxt_switches") - before
    check(ticks(p) <= 3 or net_lib.WRAP, f"{ticks(p)} ticks of processor time")
    check(used <= 20 or net_lib.WRAP, f"woke {used} times in two seconds")
    stop(p)


# ---------------------------------------------------------------- udp://

def receiving(t, *args, source="udp://127.0.0.1:0"):
    p = t.run("-i", source, *args)
    m = p.wait_err(r"receiving on (\S+):(\d+)\b")
    return p, m.group(1).strip("[]"), int(m.group(2))


def sender(t):
    return t.own(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))


def test_udp_datagrams_are_lines(t):
    """a datagram is one or more lines, its end ends the line; an empty one is none"""
    p, host, port = receiving(t, *FAST, "grep", "")
    s = sender(t)
    for text in (b"one", b"two\nthree\n", b"", b"four\n\nsix"):
        s.sendto(text, (host, port))
    shown(p, "one\ntwo\nthree\nfour\n\nsix\n")
    stop(p)


def test_udp_large_datagrams(t):
    """the largest datagram there is comes whole, many times"""
    p, host, port = receiving(t, *FAST, "countby")
    s = sender(t)
    for i in range(20):
        s.sendto(b"x" * 65507, (host, port))
    p.wait_out(lambda o: sum(table(o).values()) == 20, "20 lines")
    check_equal(list(table(p.out)), ["x" * 65507], "the line")
    stop(p)


def test_udp_max_rate(t):
    """--max-rate: datagrams wait in the system, and none is lost"""
    p, host, port = receiving(t, "--max-rate", "100", *FAST, "grep", "")
    s = sender(t)
    began = time.monotonic()
    for i in range(80):
        s.sendto(b"%d" % i, (host, port))
    shown(p, "".join(f"{i}\n" for i in range(80)))
    check(time.monotonic() - began > 0.3, "they came faster than they may")
    stop(p)


def test_udp_loopback_by_default(t):
    """without a host it is bound to loopback, IPv6 too where there is one"""
    p, host, port = receiving(t, *FAST, "count", source="udp://0")
    check(host in ("127.0.0.1", "::1"), f"bound to {host}")
    stop(p)


def test_udp_port_in_use(t):
    """a port that is in use: exit 1, the message names it"""
    s = sender(t)
    s.bind(("127.0.0.1", 0))
    p = t.run("-i", f"udp://127.0.0.1:{s.getsockname()[1]}", *FAST, "count")
    p.wait_exit(1)
    check("in use" in p.err, "the reason is not told")


def test_udp_from_socat(t):
    """what socat sends is counted"""
    p, host, port = receiving(t, *FAST, "countby")
    c = t.peer("socat", "-u", "STDIN", f"UDP-SENDTO:{host}:{port}", stdin=subprocess.PIPE)
    c.stdin.write(b"alpha\nbeta\nalpha\n")
    c.stdin.close()
    p.wait_out(lambda o: table(o) == {"alpha": 2, "beta": 1}, "three lines")
    stop(p)


@alone
def test_udp_with_a_checkpoint(t):
    """datagrams are journaled and counted, also where a batch ends between two of them"""
    p, host, port = receiving(t, "-c", t.path("c.db"), "-b", "3rows", "--time-format", "none",
                              "count")
    s = sender(t)
    for _ in range(8):
        s.sendto(b"a\nb\n", (host, port))
    p.wait_out(lambda out: out.count("\n") >= 5, "five batches")
    stop(p)
    check_equal(p.out, "3\n" * 5, "batches of three rows")


def test_udp_losses_are_counted(t):
    """what the system drops while the process stands still is told to the datagram"""
    p, host, port = receiving(t, "-b", "50ms", "--time-format", "none", "count")
    s = sender(t)
    p.kill(signal.SIGSTOP)
    n = 20000
    for i in range(n):
        s.sendto(b"x" * 1000, (host, port))
    p.kill(signal.SIGCONT)
    m = None
    for i in range(200):        # the count comes with a later datagram
        s.sendto(b"more", (host, port))
        n += 1
        time.sleep(0.01)
        if "dropped" in p.err:
            break
    idle(p)
    stop(p)
    dropped = sum(int(x.split()[2]) for x in p.err.splitlines() if "dropped" in x)
    check(dropped > 0, "nothing was dropped")
    check_equal(sum(numbers(p.out)) + dropped, n, "counted and dropped")


# ---------------------------------------------------------------- dir:

def folder(t, *args, files=None, passing=("grep", "")):
    """Start dir:in, whose files at the start are those of a dictionary."""
    path = t.path("in")
    os.mkdir(path)
    os.mkdir(t.path("out"))
    for name, text in (files or {}).items():
        write(f"{path}/{name}", text)
    p = t.run("-i", f"dir:{path}", *args, *FAST, *passing)
    p.wait_out(lambda s: True, "a start")
    wait(lambda: any("inotify" in f for f in open_files(p)), "it to watch")
    idle(p)
    return p, path


def test_dir_backlog_by_name(t):
    """what is there at the start is read in the order of names, then what comes"""
    p, path = folder(t, files={"b": "2\n", "a": "1\n", "c": "3"})
    shown(p, "1\n2\n3\n")
    write(f"{path}/a0", "4\n")
    shown(p, "1\n2\n3\n4\n")
    stop(p)
    check_equal(p.err, "", "stderr")


def test_dir_new_only(t):
    """--new-only leaves out what is there at the start"""
    p, path = folder(t, "--new-only", files={"a": "1\n", "b": "2\n"})
    write(f"{path}/c", "3\n")
    shown(p, "3\n")
    os.rename(f"{path}/a", f"{path}/d")
    os.link(f"{path}/b", f"{path}/e")
    write(f"{path}/f", "4\n")
    shown(p, "3\n4\n")
    stop(p)


def test_dir_moved_in_with_an_old_time(t):
    """a file that is moved in is read at once, however old it is"""
    p, path = folder(t)
    write(t.path("out/x"), "old\n")
    os.utime(t.path("out/x"), (1000000, 1000000))
    os.rename(t.path("out/x"), f"{path}/x")
    shown(p, "old\n")
    stop(p)


def test_dir_slow_writer(t):
    """a file that is written slowly is read whole, when it is closed"""
    p, path = folder(t)
    with open(f"{path}/slow", "w", buffering=1) as f:
        for i in range(8):
            f.write(f"{i}\nhalf ")
            f.flush()
            time.sleep(0.2)
        check_equal(p.out, "", "output before the end")
    shown(p, "0\n" + "".join(f"half {i}\n" for i in range(1, 8)) + "half \n")
    stop(p)


def test_dir_slow_writer_from_before(t):
    """so is one that was begun before the start, with --new-only, too"""
    for option in ((), ("--new-only",)):
        path = t.path("in" + str(len(option)))
        os.mkdir(path)
        with open(f"{path}/slow", "w") as f:
            f.write("one\n")
            f.flush()
            p = t.run("-i", f"dir:{path}", *option, *FAST, "grep", "")
            wait(lambda: any("inotify" in x for x in open_files(p)), "it to watch")
            idle(p)
            f.write("two\n")
        shown(p, "one\ntwo\n")
        stop(p)


def test_dir_renamed_and_linked_is_read_once(t):
    """a file that is renamed or hard-linked within the directory is not read again"""
    p, path = folder(t, files={"a": "1\n"})
    shown(p, "1\n")
    os.rename(f"{path}/a", f"{path}/b")
    os.link(f"{path}/b", f"{path}/c")
    os.utime(f"{path}/c")
    time.sleep(1.2)
    os.rename(f"{path}/b", f"{path}/d")
    os.unlink(f"{path}/c")
    write(f"{path}/new", "2\n")
    shown(p, "1\n2\n")
    stop(p)


def test_dir_grown(t):
    """what is added to a file that was read is left out, and that is told once"""
    p, path = folder(t, files={"a": "1\n"})
    shown(p, "1\n")
    write(f"{path}/a", "2\n", "a")
    p.wait_err(r"a has grown since it was read; such additions are not read\n")
    write(f"{path}/a", "3\n", "a")
    write(f"{path}/b", "4\n")
    shown(p, "1\n4\n")
    stop(p)
    check_equal(p.err.count("grown"), 1, "notices")


def test_dir_recreated(t):
    """a name that comes again with other content is a new file"""
    p, path = folder(t)
    want = ""
    for i in range(5):
        write(f"{path}/x", f"{i}\n")        # truncated, and as long as before
        want += f"{i}\n"
        shown(p, want)
    os.unlink(f"{path}/x")
    write(f"{path}/x", "new\n")
    shown(p, want + "new\n")
    stop(p)


def test_dir_ignored_names(t):
    """hidden files, backups, unfinished copies and subdirectories are left alone"""
    p, path = folder(t, files={".hidden": "x\n", "a~": "x\n"})
    os.mkdir(f"{path}/sub")
    write(f"{path}/sub/x", "x\n")
    for name in ("b.tmp", "c._COPYING_", ".d"):
        write(f"{path}/{name}", "x\n")
    os.mkfifo(f"{path}/fifo")
    write(f"{path}/last", "last\n")
    shown(p, "last\n")
    os.rename(f"{path}/c._COPYING_", f"{path}/c")
    shown(p, "last\nx\n")
    stop(p)


def test_dir_many_files_at_once(t):
    """2000 files that come at once are each read once"""
    p, path = folder(t, passing=("countby",))
    for i in range(2000):
        write(t.path(f"out/{i}"), f"{i}\n")
    for i in range(2000):
        os.rename(t.path(f"out/{i}"), f"{path}/{i}")
    p.wait_out(lambda s: sum(table(s).values()) >= 2000, "2000 lines")
    stop(p)
    check_equal(table(p.out), {str(i): 1 for i in range(2000)}, "counts")


def test_dir_large_backlog(t):
    """3000 files of the start, in the order of names"""
    names = [f"{i:05}" for i in range(3000)]
    p, path = folder(t, files={n: f"{n}\n" for n in reversed(names)})
    check_equal(lines_seen(p, 3000), names, "lines")
    stop(p)


def test_dir_compressed(t):
    """gzip files are decoded; a damaged one ends the run, named, and what was read counts"""
    p, path = folder(t)
    write(t.path("out/a"), gzip.compress(b"one\ntwo\n"), "wb")
    os.rename(t.path("out/a"), f"{path}/a")
    shown(p, "one\ntwo\n")
    write(t.path("out/b"), gzip.compress(b"three\n")[:-3], "wb")
    os.rename(t.path("out/b"), f"{path}/b")
    p.wait_exit(1)
    check_equal(p.out, "one\ntwo\nthree\n", "stdout")
    check(f"{path}/b: gzip data is cut short" in p.err, "the damage is not told")


def test_dir_headers(t):
    """with CSV each file has its header, which may name the columns in another order"""
    p, path = folder(t, "-F", "csv", files={"x": "a,b\n1,2\n", "y": "b,a\n3,4\n"},
                     passing=("select", "a"))
    shown(p, "1\n4\n")
    write(f"{path}/z", "a,b\n5,6\n")
    shown(p, "1\n4\n5\n")
    stop(p)


def test_dir_gone(t):
    """a directory that goes away ends the run with a message"""
    p, path = folder(t)
    os.rmdir(path)
    p.wait_exit(1)
    check("No such file" in p.err, "the reason is not told")


def test_dir_idle_sleeps(t):
    """an idle dir: wakes about once a second"""
    path = t.path("in")
    os.mkdir(path)
    p = t.run("-i", f"dir:{path}", "-b", "1h", "count")
    wait(lambda: any("inotify" in f for f in open_files(p)), "it to watch")
    time.sleep(1.5)
    before = p.stat("voluntary_ctxt_switches")
    time.sleep(2)
    used = p.stat("voluntary_ctxt_switches") - before
    check(ticks(p) <= 3 or net_lib.WRAP, f"{ticks(p)} ticks of processor time")
    check(used <= 8 or net_lib.WRAP, f"woke {used} times in two seconds")
    stop(p)


# ---------------------------------------------------------------- compressed, and --max-rate

def test_gzip_pipe_that_stays_open(t):
    """what a compressed pipe has sent so far is counted while it stays open"""
    p = t.run(*FAST, "grep", "", stdin=subprocess.PIPE)
    z = gzip.compress(b"one\ntwo\n")
    for i in range(len(z)):
        p.stdin.write(z[i:i + 1])
    shown(p, "one\ntwo\n")
    p.stdin.write(gzip.compress(b"x\n" * 500000))
    lines_seen(p, 500002)
    p.stdin.close()
    p.wait_exit(0)


def test_zstd_pipe_that_ends_early(t):
    """a compressed pipe that ends in the middle: exit 1, the byte is told, what came counts"""
    p = t.run(*ROWS, "count", stdin=subprocess.PIPE)
    text = "".join(f"{i}\n" for i in range(300000)).encode()
    z = subprocess.run(["zstd", "-q"], input=text, stdout=subprocess.PIPE, check=True).stdout
    p.stdin.write(z[:-1000])
    p.stdin.close()
    p.wait_exit(1)
    check(f"standard input: zstd data is cut short at byte {len(z) - 1000}" in p.err, "no message")
    check(250000 < int(p.out) < 300000, f"{p.out} lines")


def check_rate(p, rate, low=0.97, high=1.03):
    """The whole batches of a second are of this rate."""
    p.wait_out(lambda s: s.count("\n") >= 4, "four batches")
    rows = numbers(p.out)[1:4]
    check(all(low * rate - 1 <= n <= high * rate + 1 for n in rows), f"{rows} at rate {rate}")


@alone
def test_max_rate_of_a_pipe(t):
    """--max-rate holds a writer up, and is precise over each second"""
    p = t.run("--max-rate", "2000", "-b", "1s", "--time-format", "none", "count",
              stdin=subprocess.PIPE)
    threading.Thread(target=lambda: feed(p, b"a line of some length\nx\n\n" * 100), daemon=True).start()
    check_rate(p, 2000)
    stop(p)


def feed(p, text):
    try:
        while True:
            p.stdin.write(text)
    except (OSError, ValueError):
        pass


@alone
def test_max_rate_is_smooth(t):
    """within the second the records are spread: no tenth has much more than its share"""
    p = t.run("-i", "rate:100000", "--max-rate", "1000", "-b", "100ms", "--time-format", "none",
              "count")
    p.wait_out(lambda s: s.count("\n") >= 21, "21 batches")
    rows = numbers(p.out)[1:21]
    stop(p)
    check(1900 <= sum(rows) <= 2060, f"{sum(rows)} in two seconds")
    check(max(rows) <= 140, f"a tenth of a second has {max(rows)}")


def test_max_rate_of_clients(t):
    """all clients of listen:// together are one source, and nothing is dropped"""
    p, host, port = t.listening("--max-rate", "1000", "-b", "1s", "--time-format", "none", "count")
    began = time.monotonic()
    socks = [t.connect(port) for _ in range(3)]
    for s in socks:
        s.sendall(b"x\n" * 500)
        s.shutdown(socket.SHUT_WR)
    p.wait_out(lambda s: sum(numbers(s)) >= 1500, "1500 lines")
    check(time.monotonic() - began > 1.2, "too fast")
    check_equal(sum(numbers(p.out)), 1500, "lines")
    stop(p)


def test_max_rate_in_order(t):
    """the next file waits while the rate holds up the one before it"""
    for name, word in (("a", "first"), ("b", "second")):
        write(t.path(name), "".join(f"{word}\n" for i in range(200)))
    p = t.run("-i", t.path("a"), "-i", t.path("b"), "--max-rate", "1000", *FAST, "grep", "")
    p.wait_exit(0)
    check_equal(p.out, "first\n" * 200 + "second\n" * 200, "stdout")
