"""What a checkpoint costs, for measure.py: the same words with it and without, in turns.

A state of ten million keys is made by the words that then go on with it; the times of its batches
are taken as their rows arrive: each comes when the commit before it is over.
"""

import os
import random
import statistics
import subprocess
import time
from dataclasses import dataclass

from harness import Wrong, background, interleaved, note, once, rows_of, table

TIMES = 8               # that the text is read, as a file
MANY, FEW = 10_000_000, 10_000
CHANGES = 1000          # keys that a batch touches
BATCHES = 4000          # that are looked at
LONG_BATCHES = 20_000   # until the log of MANY keys has been written anew


def kept_path(ctx):
    return ctx.data('kept.db')


def fresh(ctx):
    """No checkpoint yet."""
    for suffix in ('', '-wal', '-shm', '.journal-1', '.journal-2'):
        if os.path.exists(kept_path(ctx) + suffix):
            os.unlink(kept_path(ctx) + suffix)


def counting(ctx, source, *options):
    """Counts a source; of one that is over within a second or so, several times the same."""
    times = 1 if source.startswith('tcp:') else TIMES
    out = ['-o', ctx.data('kept.out'), '--batch', '1s', '--time-format', 'none', '-q']
    return [ctx.streamctl, *(['-i', source] * times), *out, *options, 'wordcount']


def keeping(ctx, *options):
    return ['-c', kept_path(ctx), *options]


# Throughput


def file_jobs(ctx):
    path = ctx.data('text')

    def job(*options):
        def run():
            fresh(ctx)
            return once(ctx, counting(ctx, path, *options))
        return run

    return {
        'file, none': job(),
        'file, --sync normal': job(*keeping(ctx)),
        'file, --sync full': job(*keeping(ctx, '--sync', 'full')),
        'file -j 2, none': job('-j', '2'),
        'file -j 2, --sync normal': job('-j', '2', *keeping(ctx)),
    }


def tcp_jobs(ctx):
    sender = [ctx.tool('net'), 'serve', ctx.data('text')]

    def job(*options):
        def run():
            fresh(ctx)
            with background(sender, stdout=subprocess.PIPE, text=True) as process:
                port = process.stdout.readline().strip()
                return once(ctx, counting(ctx, 'tcp://127.0.0.1:' + port, *options))
        return run

    return {
        'tcp, none': job(),
        'tcp, --journal off': job(*keeping(ctx, '--journal', 'off')),
        'tcp, journal': job(*keeping(ctx)),
        'tcp, journal, --sync full': job(*keeping(ctx, '--sync', 'full')),
    }


def check_text(ctx):
    """With a checkpoint and from a journal the answer is the same."""
    want = rows_of(subprocess.run(ctx.words(ctx.data('text')), stdout=subprocess.PIPE,
                                  check=True).stdout)  # fmt: skip
    tcp_jobs(ctx)['tcp, journal']()
    with open(ctx.data('kept.out'), 'rb') as f:
        got = rows_of(f.read())
    if got != want:
        raise Wrong(f'with a checkpoint {len(got)} words for {len(want)}, or other counts')


def throughput(ctx):
    check_text(ctx)
    results = interleaved(ctx.runs, {**file_jobs(ctx), **tcp_jobs(ctx)})
    rows = []
    for what, f in results.items():
        size = os.path.getsize(ctx.data('text')) * (1 if what.startswith('tcp') else TIMES)
        plain = results[what.partition(',')[0] + ', none']
        rows.append([
            what, f'{size / 1e6:.0f}', f'{f.wall:.2f}', f'{f.cpu:.2f}', f'{size / 1e6 / f.wall:.0f}',
            f'{100 * plain.wall / f.wall:.0f}', f'{100 * plain.cpu / f.cpu:.0f}',
        ])  # fmt: skip
    table(
        'Checkpoint: text in batches of 1 s; % of the throughput without it',
        ['what', 'MB', 'wall s', 'cpu s', 'MB/s', '% by wall', '% by cpu'], rows,
    )  # fmt: skip


# Batches of a large state


@dataclass
class Batches:
    """A run, from its first row on; a gap is the time from some rows to the next ones."""

    rows: int
    start: float        # seconds of cpu until the first row
    start_wall: float
    wall: float         # seconds, of all that followed
    cpu: float
    longest: float      # gap, in wall time ...
    longest_cpu: float  # ... and in cpu time


def cpu_of(pid):
    try:
        with open(f'/proc/{pid}/schedstat', encoding='ascii') as f:
            return int(f.read().split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return None


def watch(argv):
    """Reads the rows of a command as they come."""
    began = time.monotonic()
    gaps, rows, last, first = [], 0, None, None
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        while text := os.read(process.stdout.fileno(), 1 << 16):
            now = time.monotonic(), cpu_of(process.pid) or (last or (0, 0))[1]
            first = first or now
            if last is not None:
                gaps.append((now[0] - last[0], now[1] - last[1]))
            last = now
            rows += text.count(b'\n')
    if process.returncode != 0 or not gaps:
        raise Wrong(f'{" ".join(argv)}: status {process.returncode}, {rows} rows')
    return Batches(
        rows, first[1], first[0] - began, last[0] - first[0], last[1] - first[1],
        max(g[0] for g in gaps), max(g[1] for g in gaps),
    )  # fmt: skip


def numbers_write(path, mode, numbers):
    with open(path, mode, encoding='ascii') as f:
        f.writelines(f'{n}\n' for n in numbers)


def updating(ctx, source, *options):
    head = [ctx.streamctl, '-q', '-i', source, '--batch', f'{CHANGES}rows', '--time-format', 'none']
    return [*head, *options, 'wordcount', '--running', '--emit', 'update']


def some_of(keys, batches):
    """Batches of keys, no two alike in one."""
    rng = random.Random(keys)
    for _ in range(batches):
        yield from rng.sample(range(1, keys + 1), CHANGES)


def state_made(ctx, source, keys):
    """A checkpoint that holds so many keys."""
    fresh(ctx)
    numbers_write(source, 'w', range(1, keys + 1))
    made = watch(updating(ctx, source, *keeping(ctx)))
    if made.rows != keys:
        raise Wrong(f'{keys} keys gave {made.rows} rows')


def go_on(ctx, source, keys, batches):
    numbers_write(source, 'a', some_of(keys, batches))
    done = watch(updating(ctx, source, *keeping(ctx)))
    if done.rows != batches * CHANGES:
        raise Wrong(f'{batches} batches of {CHANGES} keys gave {done.rows} rows')
    note(f'  {keys} keys: {batches} batches in {done.wall:.2f} s, cpu {done.cpu:.2f}')
    return done


def batches_row(what, done, few):
    batches = done.rows / CHANGES
    return [
        what, f'{1000 * done.wall / batches:.2f}', f'{1000 * done.cpu / batches:.2f}',
        f'{done.cpu / batches / few:.2f}' if few else '',
        f'{1000 * done.longest:.0f}', f'{1000 * done.longest_cpu:.0f}',
        f'{done.start_wall:.2f}', f'{done.start:.2f}',
    ]  # fmt: skip


def middle(runs):
    return sorted(runs, key=lambda done: done.cpu)[len(runs) // 2]


def large_state(ctx):
    source = ctx.data('kept.numbers')
    state_made(ctx, source, FEW)
    few = [go_on(ctx, source, FEW, BATCHES) for _ in range(ctx.runs)]
    state_made(ctx, source, MANY)
    many = [go_on(ctx, source, MANY, BATCHES) for _ in range(ctx.runs)]
    swept = go_on(ctx, source, MANY, LONG_BATCHES)
    plain = watch(updating(ctx, source))
    cost = statistics.median(d.cpu / BATCHES for d in few)
    table(
        f'Checkpoint: each batch touches {CHANGES} keys and is committed; longest pause; restart',
        ['keys held', 'wall ms a batch', 'cpu ms', f'times {FEW}', 'longest ms', 'in cpu ms',
         's to the first row', 'cpu s'],
        [
            batches_row(f'{FEW}', middle(few), cost),
            batches_row(f'{MANY}', middle(many), cost),
            batches_row(f'{MANY}, log written anew', swept, cost),
            batches_row('the same rows from nothing, no checkpoint', plain, None),
        ],
    )  # fmt: skip
    os.unlink(source)
    fresh(ctx)


def section_checkpoint(ctx):
    """Throughput, the cost of a commit beside a large state, the time to go on."""
    throughput(ctx)
    large_state(ctx)
