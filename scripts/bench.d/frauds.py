"""Fraud, for measure.py: rules, labels, and what more accounts cost."""

import os
import subprocess

from harness import Wrong, interleaved, once, table

TXNS = 4_000_000
ACCOUNTS = (10_000, 100_000, 1_000_000, 10_000_000)
DELAY = 400_000             # transactions until the label
RULES = """\
burst     count by account over 10m >= 10
hour      count by account over 1h >= 20 weight 0.5
spent     sum amount by account over 1d > 5000
payee     sum amount by merchant over 1h > 50000
usual     mean amount by merchant over 1d > 900
most      max amount by account over 30d > 2000 weight 0.5
least     min amount by account over 1h < 0.50 weight 0.2
cards     distinct account by merchant over 1h > 50
places    distinct merchant by account over 1d > 15
testing   small-then-large 1 500 within 1m
fresh     new merchant after 50 weight 0.2
large     amount > 2000
"""


def make_txns(ctx, accounts, delay=0):
    """Transactions of so many accounts, made once."""
    path = ctx.data(f'txns-{accounts}-{delay}.csv')
    if not os.path.exists(path):
        with open(path + '.new', 'wb') as f:
            subprocess.run(
                [ctx.tool('txns'), str(TXNS), str(accounts), str(delay)], stdout=f, check=True
            )
        os.rename(path + '.new', path)
    return path


def command(ctx, path, *more):
    return [ctx.streamctl, '-i', path, '-F', 'csv', '-t', 'ts', '-b', '1h', 'fraud', '--id', 'id',
            '--account', 'account', '--merchant', 'merchant', '--amount', 'amount', *more]  # fmt: skip


def check_each(ctx, path):
    """Every transaction has a score."""
    rows = subprocess.run(
        [*command(ctx, path, '--each'), 'then', 'count', '--running'],
        stdout=subprocess.PIPE, check=True, text=True,
    ).stdout.split()  # fmt: skip
    if int(rows[-1]) != TXNS:
        raise Wrong(f'fraud: {rows[-1]} of {TXNS} transactions have a score')


def section_fraud(ctx):
    rules = ctx.data('bench.rules')
    with open(rules, 'w', encoding='ascii') as f:
        f.write(RULES)
    paths = {n: make_txns(ctx, n) for n in ACCOUNTS}
    labelled = make_txns(ctx, ACCOUNTS[0], DELAY)
    check_each(ctx, paths[ACCOUNTS[0]])
    jobs = {}
    for n, path in paths.items():
        jobs[f'{n:,} accounts'] = lambda p=path: once(ctx, command(ctx, p))
        jobs[f'{n:,} accounts, 12 rules'] = lambda p=path: once(
            ctx, command(ctx, p, '--rules', rules)
        )
    jobs[f'{ACCOUNTS[0]:,} accounts, labels'] = lambda: once(
        ctx, command(ctx, labelled, '--label', 'label', '--kind', 'kind')
    )
    results = interleaved(ctx.runs, jobs)
    table(
        f'Fraud: {TXNS / 1e6:.0f} million transactions, one core',
        ['stage', 'wall s', 'cpu s', 'thousand/s of cpu', 'peak MB'],
        [
            [who, f'{f.wall:.2f}', f'{f.cpu:.2f}', f'{TXNS / 1e3 / f.cpu:.0f}',
             f'{f.peak / 1e6:.0f}']
            for who, f in results.items()
        ],
    )  # fmt: skip
