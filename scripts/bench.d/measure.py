#!/usr/bin/env python3
"""Measures streamctl against its peers and prints tables; scripts/bench prepares and calls it.

    measure.py STREAMCTL WORKDIR RUNS SECONDS SECTION...

Each section first checks on a sample that streamctl's counts are those of awk, and stops if they
are not; then runs everything RUNS times, in turns so that a noisy machine hits all alike, and
prints medians. What is slow is never an error. Progress goes to stderr, tables to stdout.
"""

import dataclasses
import os
import platform
import resource
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time

from frauds import section_fraud
from grouped import section_csv, section_keys, section_panes
from harness import (
    Context, Run, Wrong, background, check_same, check_totals, check_words,
    interleaved, noise_told, note, once, percentile, rows_of, table,
)  # fmt: skip
from judging import section_sentiment
from kept import fresh, keeping, section_checkpoint

MAWK = 'mawk {for(i=1;i<=NF;i++)c[$i]++} END{for(k in c) print k, c[k]}'
LATENCY_KEYS = 10000
CLIENTS = 10000
CLIENT_LINES = 4
STARTS = 200

# Sections


def peers(ctx, path):
    """The programs to compare with, as jobs that count the words of a file on stdin."""
    commands = {'mawk': MAWK.split(' ', 1)}
    for entry in filter(str.strip, os.environ.get('BENCH_PEERS', '').split(';')):
        name, _, command = entry.partition('=')
        if not command:
            raise Wrong(f'BENCH_PEERS: not name=command: {entry!r}')
        commands[name.strip()] = ['sh', '-c', f'exec {command.strip()}']
    return {name: lambda argv=argv: once(ctx, argv, path) for name, argv in commands.items()}


def measure_words(ctx, name, title):
    """One text, one core: streamctl against every peer."""
    path = ctx.data(name)
    check_words(ctx, name)
    distinct = check_totals(ctx, name)
    results = interleaved(
        ctx.runs, {'streamctl': lambda: once(ctx, ctx.words(path)), **peers(ctx, path)}
    )
    own, size = results['streamctl'], os.path.getsize(path)
    table(
        f'{title}: {size / 1e6:.0f} MB, {distinct} distinct words',
        ['program', 'cpu s', 'in kernel', 'wall s', 'MB/s cpu', 'peak MB', 'bytes a word', 'times streamctl'],
        [
            [
                who, f'{f.cpu:.2f}', f'{f.system:.2f}', f'{f.wall:.2f}', f'{size / 1e6 / f.cpu:.0f}',
                f'{f.peak / 1e6:.1f}', f'{f.peak / distinct:.0f}',
                f'{f.cpu / own.cpu:.2f}',
            ]
            for who, f in results.items()
        ],
    )  # fmt: skip


def section_text(ctx):
    measure_words(ctx, 'text', 'Word count, few distinct words')


def section_zipf(ctx):
    measure_words(ctx, 'zipf', "Word count, Zipf's law")


def section_uniform(ctx):
    measure_words(ctx, 'uniform', 'Word count, every word alike')


def through_pipe(ctx, path, argv):
    """cat FILE | COMMAND; the cost is the command's alone."""
    with background(['cat', path], stdout=subprocess.PIPE) as cat:
        run = Run(ctx, argv, stdin=cat.stdout)
        cat.stdout.close()
        return run.wait()


def through_tcp(ctx, path, argv_for):
    """A sendfile(2) sender on loopback, and a command that connects to it."""
    sender = [ctx.tool('net'), 'serve', path]
    with background(sender, stdout=subprocess.PIPE, text=True) as process:
        return once(ctx, argv_for(process.stdout.readline().strip()))


def check_tcp(ctx, want):
    sender = [ctx.tool('net'), 'serve', ctx.data('text.sample')]
    with background(sender, stdout=subprocess.PIPE, text=True) as process:
        source = 'tcp://127.0.0.1:' + process.stdout.readline().strip()
        output = subprocess.run(ctx.words(source), stdout=subprocess.PIPE, check=True).stdout
    check_same('text tcp', rows_of(output), want)


def section_input(ctx):
    """The same text from a file, a pipe and a socket, beside what plain readers get."""
    path = ctx.data('text')
    check_tcp(ctx, check_words(ctx, 'text'))
    net = ctx.tool('net')
    results = interleaved(
        ctx.runs,
        {
            'file: streamctl -i FILE': lambda: once(ctx, ctx.words(path)),
            'file: streamctl <FILE': lambda: once(ctx, ctx.words('-'), path),
            'pipe: streamctl': lambda: through_pipe(ctx, path, ctx.words('-')),
            'pipe: cat': lambda: through_pipe(ctx, path, ['cat']),
            'pipe: plain reader': lambda: through_pipe(ctx, path, [net, 'drain']),
            'tcp: streamctl': lambda: through_tcp(
                ctx, path, lambda port: ctx.words('tcp://127.0.0.1:' + port)
            ),
            'tcp: plain reader': lambda: through_tcp(ctx, path, lambda port: [net, 'take', port]),
        },
    )
    size = os.path.getsize(path)
    file_wall = results['file: streamctl -i FILE'].wall
    carrier = {'pipe: streamctl': 'pipe: cat', 'tcp: streamctl': 'tcp: plain reader'}
    table(
        f'Input: {size / 1e6:.0f} MB of text; the reader alone, without its sender',
        ['reader', 'wall s', 'MB/s', 'cpu s', '% of FILE', '% of what is delivered'],
        [
            [
                who, f'{f.wall:.2f}', f'{size / 1e6 / f.wall:.0f}', f'{f.cpu:.2f}',
                f'{100 * file_wall / f.wall:.0f}',
                f'{100 * results[carrier[who]].wall / f.wall:.0f}' if who in carrier else '',
            ]
            for who, f in results.items()
        ],
    )  # fmt: skip


def two_at_once(ctx):
    """Twice the work of one spin, as two processes: how free the second processor is."""
    with background([ctx.tool('beat'), 'spin']):
        begin = time.monotonic()
        first = once(ctx, [ctx.tool('beat'), 'spin'])
    return dataclasses.replace(first, wall=time.monotonic() - begin)


def section_jobs(ctx):
    """The wall time of one worker against two."""
    rows = []
    for name in ('text', 'zipf', 'uniform'):
        path = ctx.data(name)
        check_words(ctx, name, '--jobs', '2')
        results = interleaved(
            ctx.runs,
            {
                '1': lambda path=path: once(ctx, ctx.words(path, '--jobs', '1')),
                '2': lambda path=path: once(ctx, ctx.words(path, '--jobs', '2')),
            },
        )
        one, two = results['1'], results['2']
        rows.append([
            name, f'{one.wall:.2f}', f'{two.wall:.2f}', f'{one.wall / two.wall:.2f}',
            f'{one.cpu:.2f}', f'{two.cpu:.2f}', f'{one.peak / 1e6:.0f}', f'{two.peak / 1e6:.0f}',
        ])  # fmt: skip
    spin = interleaved(
        ctx.runs,
        {'one': lambda: once(ctx, [ctx.tool('beat'), 'spin']), 'two': lambda: two_at_once(ctx)},
    )
    free = 2 * spin['one'].wall / spin['two'].wall
    rows.append(['two bare loops', '', '', f'{free:.2f}', '', '', '', ''])
    table(
        'Workers: --jobs 1 against --jobs 2 (two bare loops: what the machine had to give)',
        ['text', 'wall 1', 'wall 2', 'times faster', 'cpu 1', 'cpu 2', 'peak MB 1', 'peak MB 2'],
        rows,
    )


def feed(ctx, interval, keys, writes, stage, *options):
    """Feeds streamctl on the clock; returns the batches as [time ms, rows, microseconds late]."""
    command = [ctx.streamctl, '--batch', f'{interval}ms', '--time-format', 'epoch-ms', *options, stage]
    numbers = (str(n) for n in (interval, keys, writes, ctx.seconds))
    output = subprocess.run(
        [ctx.tool('feed'), *numbers, *command], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    return [[float(n) for n in line.split()] for line in output.splitlines()]


def boundary_row(ctx, interval, keys, writes, stage, rows_wanted, *options):
    """One row of the table on boundaries: when the last byte came, and what was missed."""
    batches = feed(ctx, interval, keys, writes, stage, *options)
    if not batches:
        raise Wrong(f'no batch came out of {stage} at {interval} ms')
    late = [b[2] for b in batches if b[1] == rows_wanted]
    expected = round((batches[-1][0] - batches[0][0]) / interval) + 1
    overrun = sum(b[2] > interval * 1000 for b in batches)
    return [
        ' '.join([f'{stage}, {keys} keys a batch of {interval} ms', *options[:1]]), expected, expected - len(batches), overrun,
        *(f'{v / 1000:.3f}' for v in (statistics.median(late), percentile(late, 99), max(late))),
    ] if late else [stage, expected, expected - len(batches), overrun, '', '', '']  # fmt: skip


def tick_row(output):
    ticks = output.split()
    return ['bare timer loop at 1 ms, meanwhile', ticks[0], ticks[1], '',
            *(f'{float(v) / 1000:.3f}' for v in ticks[2:5])]  # fmt: skip


def check_latency_answer(ctx):
    batches = feed(ctx, 100, LATENCY_KEYS, 10, 'wordcount')
    if not any(b[1] == LATENCY_KEYS for b in batches):
        raise Wrong(f'no batch of 100 ms had {LATENCY_KEYS} rows: {batches[:3]}')


def section_latency(ctx):
    """From the boundary to the last byte of the rows; then the cost of doing nothing."""
    quick = Context(ctx.streamctl, ctx.work, ctx.runs, 2)
    check_latency_answer(quick)
    note(f'  boundaries: {2 * ctx.seconds} s')
    rows = [boundary_row(ctx, 100, LATENCY_KEYS, 10, 'wordcount', LATENCY_KEYS)]
    tick = [ctx.tool('beat'), 'tick', '1', str(ctx.seconds)]
    with background(tick, stdout=subprocess.PIPE, text=True) as bare:
        rows.append(boundary_row(ctx, 1, 10, 1, 'count', 1))
        rows.append(tick_row(bare.stdout.read()))
    fresh(ctx)
    rows.append(boundary_row(ctx, 1, 10, 1, 'count', 1, *keeping(ctx)))
    table(
        'Boundaries: milliseconds from the boundary to the last byte of the rows at the reader',
        ['what', 'boundaries', 'missed', 'over an interval late', 'median', 'p99', 'longest'],
        rows,
    )
    idle(ctx)


def process_figures(pid):
    """Seconds on a processor and times put on one, of all threads of a process."""
    cpu = switches = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/schedstat', encoding='ascii') as f:
            ran, _, times = (int(n) for n in f.read().split())
        cpu, switches = cpu + ran / 1e9, switches + times
    return cpu, switches


def idle(ctx):
    """An open input that never speaks, in batches of a second."""
    note(f'  idle: {ctx.seconds} s')
    rows = []
    for jobs in ('1', '2'):
        command = [ctx.streamctl, '--batch', '1s', '--jobs', jobs, 'wordcount']
        with Run(ctx, command, stdin=subprocess.PIPE) as run:
            time.sleep(1.5)
            cpu, woken = process_figures(run.pid)
            time.sleep(ctx.seconds)
            cpu_now, woken_now = process_figures(run.pid)
            run.close_stdin()
            figures = run.wait()
        rows.append([
            f'--jobs {jobs}', ctx.seconds, woken_now - woken,
            f'{100 * (cpu_now - cpu) / ctx.seconds:.4f}', f'{figures.peak / 1e6:.1f}',
        ])  # fmt: skip
    table('Idle: batches of 1 s and no input',
          ['what', 'batches', 'wake-ups', '% of a core', 'peak MB'], rows)  # fmt: skip


def section_growth(ctx):
    """Each of N distinct words is added and timed on its own, in CPU time of its thread."""
    rows = []
    for n in (100_000, 1_000_000, 10_000_000, 30_000_000):
        runs = [
            subprocess.run([ctx.tool('growth'), str(n)], stdout=subprocess.PIPE, check=True,
                           text=True).stdout.split()
            for _ in range(ctx.runs)
        ]  # fmt: skip
        keys, size = runs[0][:2]
        longest = statistics.median(float(r[2]) for r in runs)
        slow = statistics.median(int(r[3]) for r in runs)
        rows.append([keys, size, f'{longest / 1000:.2f}', f'{slow:.0f}'])
    table('Growth: one word after the other into an empty table',
          ['words', 'bytes a word', 'longest pause ms', 'pauses over 1 ms'], rows)  # fmt: skip


def section_start(ctx):
    """From exec to the first byte of output, for one line of input."""
    commands = {
        'streamctl': ctx.words('-'),
        'streamctl --jobs 2': ctx.words('-', '--jobs', '2'),
        'mawk': MAWK.split(' ', 1),
        'cat': ['cat'],
    }
    times = {name: [] for name in commands}
    for _ in range(10):
        for name, command in commands.items():
            output = subprocess.run(
                [ctx.tool('start'), str(STARTS // 10), *command],
                stdout=subprocess.PIPE, check=True, text=True,
            ).stdout
            times[name] += [float(n) / 1000 for n in output.split()]
    own = statistics.median(times['streamctl'])
    table(
        f'Start: milliseconds from exec to the first byte of output, {STARTS} times',
        ['program', 'median', 'p99', 'longest', 'times streamctl'],
        [
            [who, f'{statistics.median(t):.2f}', f'{percentile(t, 99):.2f}', f'{max(t):.2f}',
             f'{statistics.median(t) / own:.2f}']
            for who, t in times.items()
        ],
    )  # fmt: skip


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def sum_rows(stream, total):
    """Adds up the counts of the rows of `count` into total[0] as they come."""
    for row in stream:
        total[0] += int(row.rsplit(b'\t', 1)[-1])


def clients_once(ctx, clients):
    """All clients at once; returns lines counted, seconds until counted, figures."""
    port, expected, total = free_port(), clients * CLIENT_LINES, [0]
    command = [
        ctx.streamctl, '-i', f'listen://127.0.0.1:{port}', '--max-clients', str(clients + 10),
        '--batch', '100ms', '--time-format', 'none', 'count',
    ]  # fmt: skip
    with Run(ctx, command, stdout=subprocess.PIPE) as run:
        reader = threading.Thread(target=sum_rows, args=(run.stdout, total), daemon=True)
        reader.start()
        sender = [ctx.tool('net'), 'clients', str(port), str(clients), str(CLIENT_LINES)]
        begin = time.monotonic()
        with background(sender, stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            connected = time.monotonic() - begin
        deadline = time.monotonic() + 30
        while total[0] < expected and time.monotonic() < deadline:
            time.sleep(0.01)
        counted = time.monotonic() - begin
        os.kill(run.pid, signal.SIGTERM)
        figures = run.wait()
        reader.join()
    return total[0], connected, counted, figures


def section_clients(ctx):
    """Thousands of connections at once to listen://, and nothing lost."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    clients = CLIENTS if limit >= CLIENTS + 200 else limit - 200
    rows = []
    for turn in range(ctx.runs):
        counted, connected, seconds, figures = clients_once(ctx, clients)
        if counted != clients * CLIENT_LINES:
            raise Wrong(f'listen://: {counted} lines counted of {clients * CLIENT_LINES}')
        rows.append([
            f'run {turn + 1}', clients, counted, f'{connected:.2f}', f'{seconds:.2f}',
            f'{figures.cpu:.2f}', f'{figures.peak / 1e6:.1f}', f'{figures.peak / clients:.0f}',
        ])  # fmt: skip
        note(f'  {turn + 1}/{ctx.runs} {counted} lines of {clients} clients')
    table(
        'Clients: connections open at once on listen://, each line sent in two pieces',
        ['run', 'clients', 'lines', 's to connect', 's to count', 'cpu s', 'peak MB', 'bytes a client'],
        rows,
    )


SECTIONS = {
    'text': section_text,
    'zipf': section_zipf,
    'uniform': section_uniform,
    'growth': section_growth,
    'input': section_input,
    'jobs': section_jobs,
    'latency': section_latency,
    'start': section_start,
    'clients': section_clients,
    'csv': section_csv,
    'panes': section_panes,
    'keys': section_keys,
    'checkpoint': section_checkpoint,
    'sentiment': section_sentiment,
    'fraud': section_fraud,
}


def machine(ctx):
    model = 'unknown processor'
    with open('/proc/cpuinfo', encoding='ascii') as f:
        for line in f:
            if line.startswith('model name'):
                model = line.split(':', 1)[1].strip()
                break
    version = subprocess.run(
        [ctx.streamctl, '--version'], stdout=subprocess.PIPE, check=False, text=True
    ).stdout.splitlines()
    print(f'{version[0] if version else ctx.streamctl}; {os.cpu_count()} processors, {model}, '
          f'Linux {platform.release()}; load {os.getloadavg()[0]:.2f}; medians of {ctx.runs}')  # fmt: skip


def main():
    streamctl, work, runs, seconds, *sections = sys.argv[1:]
    ctx = Context(streamctl, work, int(runs), int(seconds))
    machine(ctx)
    for name in sections:
        note(f'{name}:')
        try:
            with noise_told():
                SECTIONS[name](ctx)
        except (Wrong, OSError, subprocess.CalledProcessError) as e:
            sys.exit(f'bench: {name}: {e}')


if __name__ == '__main__':
    main()
