"""Sentiment, for measure.py: one text judged line by line, beside counting its lines."""

import os
import subprocess

from harness import Wrong, interleaved, once, table

LABELS = ['negative', 'neutral', 'positive']


def command(ctx, path, *stage):
    return [ctx.streamctl, '-i', path, '--batch', '1d', '--time-format', 'none', *stage]


def check_shares(ctx, path):
    """The counts of the labels must add up to the lines."""
    rows = [
        line.split('\t')
        for line in subprocess.run(
            command(ctx, path, 'sentiment'), stdout=subprocess.PIPE, check=True, text=True
        ).stdout.splitlines()
    ]
    with open(path, 'rb') as f:
        lines = sum(block.count(b'\n') for block in iter(lambda: f.read(1 << 20), b''))
    labels = sorted({row[0] for row in rows})
    if labels != LABELS or sum(int(row[1]) for row in rows) != lines:
        raise Wrong(f'sentiment: {rows} do not add up to {lines} lines')


def section_sentiment(ctx):
    """Judging on one core; an empty stage tells what reading and cutting into lines takes."""
    path = ctx.data('text')
    check_shares(ctx, path)
    results = interleaved(
        ctx.runs,
        {
            'sentiment': lambda: once(ctx, command(ctx, path, 'sentiment')),
            'sentiment --each': lambda: once(ctx, command(ctx, path, 'sentiment', '--each')),
            'count': lambda: once(ctx, command(ctx, path, 'count')),
        },
    )
    size = os.path.getsize(path)
    table(
        f'Sentiment: {size / 1e6:.0f} MB of text, one core',
        ['stage', 'wall s', 'MB/s', 'cpu s', 'MB/s of cpu'],
        [
            [who, f'{f.wall:.2f}', f'{size / 1e6 / f.wall:.0f}', f'{f.cpu:.2f}',
             f'{size / 1e6 / f.cpu:.0f}']
            for who, f in results.items()
        ],
    )  # fmt: skip
