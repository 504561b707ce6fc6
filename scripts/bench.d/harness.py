"""Running, telling and checking: what every section of measure.py needs.

Commands run under the `run` tool (bench.d/run.c), which reports what they cost. Wrong is raised
for a wrong answer or a command that failed, and for nothing else.
"""

import contextlib
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

SAMPLE_SIZE = 8 << 20
BYTEWISE = {**os.environ, 'LC_ALL': 'C'}

# The independent counter: words as streamctl splits them, its rows without their order.
COUNT_WITH_AWK = r"""tr '\r\v\f' '   ' | awk '
    { for (i = 1; i <= NF; i++) c[$i]++ }
    END { for (k in c) { w = k; gsub(/\\/, "&&", w); printf "%s\t%d\n", w, c[k] } }' | sort"""


class Wrong(Exception):
    """An answer that is not the right one, or a command that failed."""


@dataclass
class Figures:
    """What one run of one command cost."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    system: float  # seconds of these in the kernel
    peak: float  # bytes


@dataclass
class Context:
    """Where things are and how much to do."""

    streamctl: str
    work: str
    runs: int
    seconds: int

    def data(self, name):
        return os.path.join(self.work, name)

    def tool(self, name):
        return os.path.join(self.work, 'bin', name)

    def words(self, source, *options):
        """The command line that counts all words of one source as a single batch."""
        head = [self.streamctl] if source == '-' else [self.streamctl, '-i', source]
        return [*head, '--batch', '1d', '--time-format', 'none', *options, 'wordcount']


# Running one command


class Run:
    """One command under the `run` tool: its process id at once, its cost when it has ended.

    As a context it makes sure that nothing runs on when the block fails.
    """

    def __init__(self, ctx, argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
        self.argv = argv
        report, fd = os.pipe()
        with open(stdin, 'rb') if isinstance(stdin, str) else contextlib.nullcontext(stdin) as f:
            self.process = subprocess.Popen(
                [ctx.tool('run'), str(fd), *argv], stdin=f, stdout=stdout, pass_fds=(fd,)
            )
        os.close(fd)
        self.report = os.fdopen(report)
        self.pid = int(self.report.readline().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def stdout(self):
        return self.process.stdout

    def close_stdin(self):
        self.process.stdin.close()

    def wait(self, allowed=(0,)):
        """Waits for the end; raises Wrong unless the exit status is one of those allowed."""
        done = self.report.readline().split()
        self.report.close()
        self.process.wait()
        if len(done) != 6 or int(done[5]) not in allowed:
            raise Wrong(f'{" ".join(self.argv)}: status {done[5] if done else "unknown"}')
        wall, user, system, peak = (float(word) for word in done[1:5])
        return Figures(wall, user + system, system, peak * 1024)


def once(ctx, argv, stdin=subprocess.DEVNULL):
    return Run(ctx, argv, stdin).wait()


def shell(command, stdin=None):
    """The output of a pipeline of standard tools, bytewise."""
    with open(stdin, 'rb') if stdin else contextlib.nullcontext() as f:
        return subprocess.run(
            ['sh', '-c', command], stdin=f, stdout=subprocess.PIPE, check=True, env=BYTEWISE
        ).stdout


@contextlib.contextmanager
def background(argv, **wiring):
    """A helper process that has to end well by itself before the block is left."""
    process = subprocess.Popen(argv, **wiring)
    try:
        yield process
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.wait() != 0:
        raise Wrong(f'{" ".join(argv)}: status {process.returncode}')


# Telling


def note(text):
    print(text, file=sys.stderr, flush=True)


def table(title, columns, rows):
    """Prints a table that reads well as it is and as Markdown; the first column is text."""
    cells = [columns] + [[str(c) for c in row] for row in rows]
    width = [max(len(row[i]) for row in cells) for i in range(len(columns))]

    def line(row):
        aligned = [row[0].ljust(width[0])] + [c.rjust(w) for c, w in zip(row[1:], width[1:])]
        return '| ' + ' | '.join(aligned) + ' |'

    print(f'\n{title}\n')
    print(line(cells[0]))
    rule = ['-' * width[0]] + ['-' * (w - 1) + ':' for w in width[1:]]
    print('| ' + ' | '.join(rule) + ' |')
    print('\n'.join(line(row) for row in cells[1:]), flush=True)


def machine_busy():
    """Seconds all processors together have spent on anything, and on other guests (steal)."""
    with open('/proc/stat', encoding='ascii') as f:
        ticks = [int(t) for t in f.readline().split()[1:]]
    hertz = os.sysconf('SC_CLK_TCK')
    return (sum(ticks[:8]) - ticks[3] - ticks[4]) / hertz, ticks[7] / hertz


def own_cpu():
    use = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in use)


@contextlib.contextmanager
def noise_told():
    """Says after a section how much of the machine others used meanwhile."""
    begin, (busy, steal), own = time.monotonic(), machine_busy(), own_cpu()
    yield
    wall = time.monotonic() - begin
    busy_now, steal_now = machine_busy()
    others = max(0.0, busy_now - busy - (steal_now - steal) - (own_cpu() - own))
    print(
        f'\n({wall:.0f} s; meanwhile others used {others / wall:.2f} of {os.cpu_count()}'
        f' processors, {(steal_now - steal) / wall:.2f} were stolen)',
        flush=True,
    )


def interleaved(runs, jobs):
    """Runs each of the named jobs `runs` times, in turns, forwards and backwards by turns.

    Returns for each name the medians of its figures.
    """
    results = {name: [] for name in jobs}
    for turn in range(runs):
        for name in list(jobs) if turn % 2 == 0 else reversed(list(jobs)):
            figures = jobs[name]()
            results[name].append(figures)
            note(f'  {turn + 1}/{runs} {name}: wall {figures.wall:.2f} cpu {figures.cpu:.2f}')
    median = statistics.median
    return {
        name: Figures(*(median(getattr(f, a) for f in fs) for a in ('wall', 'cpu', 'system', 'peak')))
        for name, fs in results.items()
    }


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


# Checking


def rows_of(output):
    """Rows of word and count as one map; a word's counts are added up.

    (A run that is under way at midnight answers in two batches, even with --batch 1d.)
    """
    counts = {}
    for row in output.split(b'\n')[:-1]:
        word, _, count = row.rpartition(b'\t')
        counts[word] = counts.get(word, 0) + int(count)
    return counts


def check_same(what, got, want):
    if got == want:
        note(f'  {what}: {len(want)} words, as awk counts them')
        return
    differ = [w for w in {**want, **got} if got.get(w) != want.get(w)]
    shown = ', '.join(f'{w!r}: {got.get(w)} for {want.get(w)}' for w in differ[:5])
    raise Wrong(f'{what}: {len(differ)} words are not counted as awk counts them: {shown}')


def sample_of(ctx, name):
    """The first whole lines of a data file, up to SAMPLE_SIZE, as a file of its own."""
    path = ctx.data(name + '.sample')
    with open(ctx.data(name), 'rb') as whole, open(path, 'wb') as sample:
        text = whole.read(SAMPLE_SIZE)
        sample.write(text[: text.rfind(b'\n') + 1])
    return path


def check_words(ctx, name, *options):
    """Counts a sample from a file and through a pipe, and compares with awk."""
    sample = sample_of(ctx, name)
    want = rows_of(shell(COUNT_WITH_AWK, sample))
    for source, stdin in ((sample, None), ('-', sample)):
        with open(stdin or os.devnull, 'rb') as f:
            done = subprocess.run(
                ctx.words(source, *options), stdin=f, stdout=subprocess.PIPE, check=False
            )
        if done.returncode != 0:
            raise Wrong(f'{" ".join(ctx.words(source, *options))}: status {done.returncode}')
        what = ' '.join([name, 'stdin' if stdin else 'file', *options])
        check_same(what, rows_of(done.stdout), want)
    return want


def check_totals(ctx, name):
    """Counts the whole file once: words and distinct words shall be those it was made with.

    Returns the number of distinct words.
    """
    with open(ctx.data(name + '.totals'), encoding='ascii') as f:
        tokens, distinct = (int(n) for n in f.read().split()[:2])
    with subprocess.Popen(ctx.words(ctx.data(name)), stdout=subprocess.PIPE) as counter:
        sums = subprocess.run(
            ['awk', '-F\t', '{ n += $NF } END { printf "%.0f %d\\n", n, NR }'],
            stdin=counter.stdout, stdout=subprocess.PIPE, check=True, env=BYTEWISE,
        ).stdout  # fmt: skip
    got = tuple(int(n) for n in sums.split())
    if counter.returncode != 0 or got != (tokens, distinct):
        raise Wrong(f'{name}: {got} tokens and words for {(tokens, distinct)}')
    note(f'  {name}: {tokens} tokens, {distinct} words in all, as made')
    return distinct
