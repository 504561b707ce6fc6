"""Rows by key, for measure.py: csv (statistics and counts), panes (sliding windows), keys (memory).

Peers that are not installed are left out with a note. A peer that takes minutes is run once.
"""

import math
import os
import shutil
import subprocess
from dataclasses import replace

from harness import (
    BYTEWISE, SAMPLE_SIZE, Wrong, check_totals, interleaved, note, once, sample_of, shell, table,
)  # fmt: skip

KEYS = 10_000_000
PANE_ROWS = 4000
PANES = (75, 150, 300, 600, 1200)
ONCE = 'Miller'
HERE = os.path.dirname(os.path.abspath(__file__))

# Questions: for each program the words that answer it; {} is the path of the file

MAWK_STATS = r"""NR > 1 {
    c[$1]++; s[$1] += $2
    if (!($1 in a) || $2 < a[$1]) a[$1] = $2
    if (!($1 in b) || $2 > b[$1]) b[$1] = $2
}
END { for (k in c) printf "%s\t%d\t%.17g\t%s\t%s\n", k, c[k], s[k] / c[k], a[k], b[k] }"""
MAWK_COUNT = r'NR > 1 %s { c[$1]++ } END { for (k in c) printf "%%s\t%%d\n", k, c[k] }'
ROWS = "read_csv('{}', header = true, columns = {{'key': 'VARCHAR', 'amount': 'DOUBLE'}})"
BY_KEY = 'GROUP BY key ORDER BY key'

QUESTIONS = {
    'count, mean, min, max of amount by key': {
        'streamctl': 'stats amount --by key --what count,mean,min,max'.split(),
        'DuckDB': f'SELECT key, count(*), avg(amount), min(amount), max(amount) FROM {ROWS} {BY_KEY}',
        'mawk': MAWK_STATS,
        'Miller': 'stats1 -a count,mean,min,max -f amount -g key'.split(),
    },
    'p50, p99 of amount by key': {
        'streamctl': 'stats amount --by key --what p50,p99'.split(),
        'DuckDB': 'SELECT key, q[1], q[2] FROM '
        f'(SELECT key, quantile_disc(amount, [0.5, 0.99]) AS q FROM {ROWS} {BY_KEY})',
        'Miller': 'stats1 -a p50,p99 -f amount -g key'.split(),
    },
    'rows by key': {
        'streamctl': 'countby key'.split(),
        'DuckDB': f'SELECT key, count(*) FROM {ROWS} {BY_KEY}',
        'mawk': MAWK_COUNT % '',
        'Miller': 'count-distinct -f key'.split(),
    },
    'rows with amount > 500 by key': {
        'streamctl': ['where', 'amount > 500', 'then', 'countby', 'key'],
        'DuckDB': f'SELECT key, count(*) FROM {ROWS} WHERE amount > 500 {BY_KEY}',
        'mawk': MAWK_COUNT % '&& $2 > 500',
        'Miller': ['filter', '$amount > 500', 'then', 'count-distinct', '-f', 'key'],
    },
}


def csv_words(ctx, path, *stages, batch='1d', options=()):
    head = [ctx.streamctl, '-i', path, '-F', 'csv', '--batch', batch, '--time-format', 'none']
    return [*head, *options, *stages]


def duckdb(ctx, sql):
    return ['node', os.path.join(HERE, 'duckdb.mjs'), ctx.data('duckdb'), sql]


def command(ctx, program, how, path):
    """The command line of a program that answers a question from a file."""
    if program == 'streamctl':
        return csv_words(ctx, path, *how)
    if program == 'DuckDB':
        return duckdb(ctx, how.format(path))
    if program == 'mawk':
        return ['mawk', '-F,', how, path]
    return ['mlr', '--icsv', '--otsv', *how, path]


def programs(ctx):
    """The programs that are here; tells of those that are not."""
    here = {
        'streamctl': True,
        'DuckDB': os.path.isdir(ctx.data('duckdb/node_modules/@duckdb/node-api')),
        'mawk': True,
        'Miller': shutil.which('mlr') is not None,
    }
    for program in here:
        if not here[program]:
            note(f'  {program} is not installed: left out')
    return [program for program in here if here[program]]


def answer(argv):
    """The rows of a command as a map of keys to numbers."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=False, env=BYTEWISE, text=True)
    if done.returncode != 0:
        raise Wrong(f'{argv[0]}: status {done.returncode}')
    rows = [line.split('\t') for line in done.stdout.splitlines()]
    return {row[0]: [float(cell) for cell in row[1:]] for row in rows if row[0] != 'key'}


def near(x, y):
    return len(x) == len(y) and all(math.isclose(*pair, rel_tol=1e-12) for pair in zip(x, y))


def check_question(ctx, what, question, here):
    """Every program shall answer alike on a sample."""
    sample = sample_of(ctx, 'csv')
    want = answer(command(ctx, 'streamctl', question['streamctl'], sample))
    for program in here:
        if program == 'streamctl' or program not in question:
            continue
        if program == 'Miller' and what.startswith('p50'):
            note('  Miller takes another neighbour for a quantile: its answer is not compared')
            continue
        got = answer(command(ctx, program, question[program], sample))
        differ = [k for k in {**want, **got} if not near(want.get(k, []), got.get(k, []))]
        if differ:
            k = differ[0]
            raise Wrong(f'{what}: {program} differs in {len(differ)} of {len(want)} keys: '
                        f'{k} {got.get(k)} for {want.get(k)}')  # fmt: skip
        note(f'  {what}: {program} gives the same {len(want)} rows')


def measure_question(ctx, what, question, start, here):
    """Returns the rows of the table; START is what DuckDB takes to do nothing."""
    path = ctx.data('csv')
    check_question(ctx, what, question, here)
    jobs = {
        program: lambda argv=command(ctx, program, question[program], path): once(ctx, argv)
        for program in here
        if program in question
    }
    slow = {program: jobs.pop(program) for program in (ONCE,) if program in jobs}
    results = interleaved(ctx.runs, jobs)
    results.update(interleaved(1, slow))
    if 'DuckDB' in results:
        f = results['DuckDB']
        results['DuckDB'] = replace(f, cpu=f.cpu - start.cpu, wall=f.wall - start.wall)
    own = results['streamctl'].cpu
    return [
        [f'{what}: {who}', f'{f.cpu:.2f}', f'{f.wall:.2f}', f'{f.peak / 1e6:.1f}', f'{f.cpu / own:.1f}']
        for who, f in results.items()
    ]


def section_csv(ctx):
    """Statistics and counts by key of a CSV file, on one thread."""
    here, rows = programs(ctx), []
    start = None
    if 'DuckDB' in here:
        start = interleaved(ctx.runs, {'DuckDB': lambda: once(ctx, duckdb(ctx, 'SELECT 1'))})['DuckDB']
    for what, question in QUESTIONS.items():
        rows += measure_question(ctx, what, question, start, here)
    size = os.path.getsize(ctx.data('csv'))
    table(
        f'CSV: {size / 1e6:.0f} MB, 10 million rows of key,amount, 10,000 keys'
        ' (DuckDB: one thread, without the start of node; Miller: one run, all its threads)',
        ['answer: program', 'cpu s', 'wall s', 'peak MB', 'times streamctl'],
        rows,
    )


# Sliding windows

SLIDE_WITH_AWK = r"""awk -F, -v length_=%d -v pane=%d -v n=0 '
    NR > 1 { k[n] = $1; c[$1]++; n++; if (n > length_) { c[k[n - length_ - 1]]--; delete k[n - length_ - 1] } }
    NR > 1 && n %% pane == 0 { for (x in c) if (c[x] > 0) printf "%%s\t%%d\n", x, c[x] }' | sort"""


def slide_words(ctx, path, panes):
    window = ['--window', f'{panes * PANE_ROWS}rows', '--slide', f'{PANE_ROWS}rows']
    return csv_words(ctx, path, 'countby', 'key', *window, batch=f'{PANE_ROWS}rows')


def check_slides(ctx):
    """All answers of all slides over a sample of whole panes, as awk adds and takes away."""
    path = ctx.data('panes.sample')
    with open(ctx.data('panes'), 'rb') as whole:
        lines = whole.read(SAMPLE_SIZE).split(b'\n')[: 1 + 100 * PANE_ROWS]
    with open(path, 'wb') as sample:
        sample.write(b'\n'.join(lines) + b'\n')
    for panes in (1, 7, 75):
        want = shell(SLIDE_WITH_AWK % (panes * PANE_ROWS, PANE_ROWS), path)
        words = slide_words(ctx, path, panes)
        got = subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout
        if sorted(got.splitlines()) != want.splitlines():
            raise Wrong(f'{panes} panes: {len(got.splitlines())} rows are not those of awk')
        note(f'  {panes} panes: {len(want.splitlines())} rows, as awk counts them')


def section_panes(ctx):
    """What a sliding window costs over a tumbling one, by its number of panes."""
    check_slides(ctx)
    path, slides = ctx.data('panes'), 10_000_000 // PANE_ROWS
    words = csv_words(ctx, path, 'countby', 'key', batch='10000000rows')
    jobs = {'one answer at the end': lambda: once(ctx, words)}
    for panes in (1, *PANES):
        name = f'{panes} panes' if panes > 1 else 'tumbling'
        jobs[name] = lambda argv=slide_words(ctx, path, panes): once(ctx, argv)
    results = interleaved(ctx.runs, jobs)
    bare, tumbling = results['one answer at the end'].cpu, results['tumbling'].cpu
    table(
        f'Sliding windows: countby of 1000 keys, 10 million rows, an answer every {PANE_ROWS}',
        ['window', 'cpu s', 'ns a record', 'times tumbling', 'µs a slide', 'times tumbling', 'peak MB'],
        [
            [
                who, f'{f.cpu:.2f}', f'{f.cpu * 100:.0f}', f'{f.cpu / tumbling:.2f}',
                f'{(f.cpu - bare) / slides * 1e6:.0f}', f'{(f.cpu - bare) / (tumbling - bare):.2f}',
                f'{f.peak / 1e6:.1f}',
            ]
            for who, f in results.items()
        ],
    )  # fmt: skip


# Memory


def section_keys(ctx):
    """Millions of keys, all different: bytes of memory for each."""
    check_totals(ctx, 'keys')
    path = ctx.data('keys')
    length = os.path.getsize(path) / KEYS - 1
    batch = ['--batch', '1d', '--time-format', 'none']
    commands = {
        'wordcount': ctx.words(path),
        'countby': [ctx.streamctl, '-i', path, *batch, 'countby'],
        'countby a column of csv': csv_words(ctx, path, 'countby', 'key', options=['--columns', 'key']),
    }
    results = interleaved(
        ctx.runs, {who: lambda argv=argv: once(ctx, argv) for who, argv in commands.items()}
    )
    table(
        f'Keys: {KEYS} different ones of {length:.1f} bytes on average, sorted answer included',
        ['stage', 'cpu s', 'peak MB', 'bytes a key', 'without the key'],
        [
            [who, f'{f.cpu:.2f}', f'{f.peak / 1e6:.0f}', f'{f.peak / KEYS:.1f}', f'{f.peak / KEYS - length:.1f}']
            for who, f in results.items()
        ],
    )
