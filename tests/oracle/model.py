"""What streamctl should answer, computed naively: each window again from its rows.

A pipeline is a list of nodes in the order of the command line.  Rows are (raw, cells): the record as
it was read, or None, and a dict of cells.  Engine.run plays the records of all sources through it
and collects what each output is told, what is late, what is bad, and the accounts of --stats.
"""

import re
import sqlite3

import values
from values import Exact, canonical, same

SPACE = re.compile(rb"[ \t\n\v\f\r]+")


class Bad(Exception):
    """A record that a stage cannot take."""


class Schema:
    def __init__(self, columns, record=False, open_=False, bare=False):
        self.texts = record and not open_       # a column alone is its own key
        self.columns = columns          # [(name, bare)]
        self.record = record            # rows are records as they were read
        self.open = open_               # and have any column that is asked for
        self.open_bare = bare

    def bare(self, name):
        return dict(self.columns).get(name, self.open_bare)

    def shown(self, row):
        raw, cells = row
        return [raw] if self.open else [cells[name] for name, _ in self.columns]

    def line(self, row):
        """A row as a stage that takes lines sees it."""
        raw, cells = row
        if self.record:
            return raw.replace(b"\n", b"\\n")
        return b"\t".join(values.tsv(cells[name]) for name, _ in self.columns)


def quoted(name):
    return f'"{name}"'


class Sql:
    """An expression list over one row, by SQLite."""
    db = sqlite3.connect(":memory:", cached_statements=500)
    db.text_factory = bytes

    def __init__(self, text, schema, names):
        self.schema, self.names = schema, names
        inner = ", ".join(f"CASE WHEN typeof(?{i + 1}) = 'blob' THEN CAST(?{i + 1} AS TEXT) "
                          f"ELSE ?{i + 1} END AS \"{n}\"" for i, n in enumerate(names)) or "1"
        self.query = f"SELECT {text} FROM (SELECT {inner})"

    def row(self, cells):
        args = [values.sql_value(cells[n], self.schema.bare(n)) for n in self.names]
        try:
            return list(self.db.execute(self.query, args).fetchone())
        except sqlite3.OperationalError as e:
            raise Bad(str(e))


# ---- stages that map ----

class Map:
    aggregates = False
    serial = expands = False

    def __init__(self, schema):
        self.schema = self.out = schema

    def reset(self):
        """The rows of a batch or an answer have ended."""


class Where(Map):
    def __init__(self, schema, text, names):
        super().__init__(schema)
        self.sql = Sql(f"CASE WHEN ({text}) THEN 1 END", schema, names)

    def feed(self, row):
        return [row] if self.sql.row(row[1])[0] else []


class Select(Map):
    """items: (name of the result, column or None, SQL text)."""

    def __init__(self, schema, items, names):
        super().__init__(schema)
        self.items = items
        self.out = Schema([(n, bool(c) and schema.bare(c)) for n, c, _ in items])
        computed = ", ".join(text for _, c, text in items if c is None)
        self.sql = Sql(computed, schema, names) if computed else None

    def feed(self, row):
        made = iter(self.sql.row(row[1])) if self.sql else None
        cells = {}
        for name, column, _ in self.items:
            cell = row[1][column] if column else next(made)
            if column is None and isinstance(cell, float) and cell in (float("inf"), -float("inf")):
                cell = None
            cells[name] = cell
        return [(None, cells)]


class Grep(Map):
    def __init__(self, schema, pattern, invert=False, fold=False):
        super().__init__(schema)
        self.pattern, self.invert = re.compile(pattern.encode(), re.I if fold else 0), invert

    def feed(self, row):
        return [row] if bool(self.pattern.search(self.schema.line(row))) != self.invert else []


class Split(Map):
    expands = True

    def __init__(self, schema, name, on=None):
        super().__init__(schema)
        self.name, self.on = name, on

    def pieces(self, cell):
        if cell is None:
            return []
        if not isinstance(cell, bytes):
            return [cell]
        return cell.split(self.on) if self.on else [p for p in SPACE.split(cell) if p]

    def feed(self, row):
        raw, cells = row
        lines = self.schema.record and not self.schema.open and self.schema.columns == [("line", True)]
        return [(p if lines else raw, dict(cells, **{self.name: p})) for p in self.pieces(cells[self.name])]


class Head(Map):
    serial = True

    def __init__(self, schema, n, total=False):
        super().__init__(schema)
        self.n, self.total, self.seen = n, total, 0

    def feed(self, row):
        self.seen += 1
        return [row] if self.seen <= self.n else []

    def reset(self):
        if not self.total:
            self.seen = 0


class Top(Head):
    pass


class Keyed(Map):
    """Remembers something of each key of NAMES; without names the whole record is the key."""
    serial = True

    def __init__(self, schema, names):
        super().__init__(schema)
        self.names, self.state = names, {}

    def key(self, row):
        if self.names is None:
            return row[0] if self.schema.record else tuple(same(row[1][n]) for n, _ in self.schema.columns)
        return tuple(same(row[1][n]) for n in self.names)

    def restart(self):
        self.state = {}


class Dedup(Keyed):
    def feed(self, row):
        key = self.key(row)
        if key in self.state:
            return []
        self.state[key] = True
        return [row]


class Delta(Keyed):
    """delta and ewma --alpha: a column more."""

    def __init__(self, schema, field, names, alpha=None):
        super().__init__(schema, names)
        self.field, self.alpha = field, alpha
        self.made = field + ("_delta" if alpha is None else "_ewma")
        self.out = Schema(schema.columns + [(self.made, False)], record=schema.record)
        self.out.texts = False

    def feed(self, row):
        cell, key = row[1][self.field], self.key(row)
        if cell is None:
            return [(row[0], {**row[1], self.made: None})]
        x = values.number(cell, True)
        if x is None:
            raise Bad(row[0] if self.schema.record else self.schema.line(row))
        before, made = self.state.get(key), None
        if self.alpha is None:
            self.state[key] = x
            if before is not None:
                made = Exact(x - before).cell()
                made = float(x - before) if isinstance(made, bytes) else made
        else:
            average = float(x) if before is None else self.alpha * float(x) + (1 - self.alpha) * before
            self.state[key] = average
            made = None if before is None else average
        return [(row[0], {**row[1], self.made: made})]


class Join(Map):
    """Rows of one batch with an equal key, of two streams that select has made."""
    serial = expands = True

    def __init__(self, left, right, on, outer):
        super().__init__(left)
        self.right_schema, self.on, self.outer = right, on, outer
        self.more = [(n, b) for n, b in right.columns if n != on]
        self.out = Schema(left.columns + self.more)
        self.restart()

    def restart(self):
        self.left, self.right = [], []

    def feed(self, row):
        self.left.append(row[1])
        return []

    def take(self, row):
        self.right.append(row[1])

    def flush(self):
        index = {}
        for r in self.right:
            if r[self.on] is not None:
                index.setdefault(same(r[self.on]), []).append(r)
        rows = []
        for row in self.left:
            found = [] if row[self.on] is None else index.get(same(row[self.on]), [])
            rows += [(None, {**row, **{n: r[n] for n, _ in self.more}}) for r in found]
            if not found and self.outer:
                rows.append((None, {**row, **{n: None for n, _ in self.more}}))
        self.restart()
        return rows


# ---- stages that aggregate ----

class Aggregate:
    """items: what a row adds, as (key, payload); answer: rows of a dict of key -> payloads."""
    aggregates = True
    serial = expands = False
    each_batch = False
    length = slide = ttl = 0
    emit = "append"
    running = False

    def __init__(self, schema):
        self.schema = schema

    def window(self, length, slide, emit="append", running=False, ttl=0):
        self.length, self.slide, self.emit, self.running, self.ttl = length, slide, emit, running, ttl
        return self

    @property
    def grows(self):
        return self.running or self.emit != "append"


class Count(Aggregate):
    each_batch = True

    def __init__(self, schema):
        super().__init__(schema)
        self.out = Schema([("count", False)])

    def items(self, row):
        return [((), 1)]

    def answer(self, groups):
        return [{"count": sum(len(g) for g in groups.values())}]


class Grouped(Aggregate):
    """By columns; the key keeps the cells of the first row of its group."""

    def by(self, names):
        self.names = names
        self.plain = len(names) == 1 and self.schema.texts

    def key(self, cells):
        return tuple(same(cells[n]) for n in self.names)

    def order(self, key):
        if self.plain:
            return values.plain_key(key[0][1])
        return tuple(values.typed_key(cell) for _, cell in key)

    def cells(self, key):
        return {n: canonical(cell) for n, (_, cell) in zip(self.names, key)}

    def columns(self):
        return [(n, self.schema.bare(n)) for n in self.names]


class CountBy(Grouped):
    limit = None                        # top --by

    def __init__(self, schema, names):
        super().__init__(schema)
        self.whole = not names
        if self.whole:
            self.names = ["line" if not schema.record or schema.columns == [("line", True)] else "record"]
            self.plain = True
            columns = [(self.names[0], True)]
        else:
            self.by(names)
            columns = self.columns()
        self.out = Schema(columns + [("count", False)])

    def items(self, row):
        if not self.whole:
            return [(self.key(row[1]), 1)]
        line = row[0] if self.schema.record else self.schema.line(row)
        return [((("bytes", line),), 1)]

    def order(self, key):
        return key[0][1] if self.whole else super().order(key)

    def answer(self, groups):
        ranked = sorted(groups.items(), key=lambda kv: (-len(kv[1]), self.order(kv[0])))
        return [dict(self.cells(k), count=len(g)) for k, g in ranked[:self.limit]]


class WordCount(Aggregate):
    def __init__(self, schema, min_length=0, fold=False):
        super().__init__(schema)
        self.min_length, self.fold = min_length, fold
        self.out = Schema([("word", True), ("count", False)])

    def items(self, row):
        words = [w for w in SPACE.split(self.schema.line(row)) if w]
        if self.min_length:
            words = [w for w in words if len(w.decode()) >= self.min_length]
        if self.fold:
            words = [w.decode().lower().encode() for w in words]
        return [(w, 1) for w in words]

    def answer(self, groups):
        ranked = sorted(groups.items(), key=lambda kv: (-len(kv[1]), kv[0]))
        return [{"word": w, "count": len(g)} for w, g in ranked]


class Stat(Grouped):
    """sum, min, max, mean and stats."""

    def __init__(self, schema, fields, what, names, alone):
        super().__init__(schema)
        self.fields, self.what = fields, what
        self.by(names)
        made = [w if len(fields) == 1 else f"{f}_{w}" for f in fields for w in what]
        self.made = made
        self.out = Schema(self.columns() + [(m, True) for m in made])   # long decimals are texts

    def items(self, row):
        xs = [values.number(row[1][f], self.schema.bare(f)) for f in self.fields]
        if None in xs:
            raise Bad("not a number")
        return [(self.key(row[1]), xs)]

    def one(self, what, xs):
        if what == "count":
            return len(xs)
        if what == "mean":
            return float(sum(xs) / len(xs))
        if what == "var":
            return values.variance(xs)
        if what == "sd":
            v = values.variance(xs)
            return None if v is None else v ** 0.5
        if what.startswith("p"):
            return values.quantile(xs, float(what[1:]) / 100)
        return Exact({"sum": sum, "min": min, "max": max}[what](xs)).cell()

    def answer(self, groups):
        rows = []
        for key in sorted(groups, key=self.order):
            made = [self.one(w, [xs[i] for xs in groups[key]])
                    for i in range(len(self.fields)) for w in self.what]
            rows.append({**self.cells(key), **dict(zip(self.made, made))})
        return rows


class Query(Aggregate):
    """sql: all rows of the window in a table; COLUMNS are the names that the query reads."""
    each_batch = True

    def __init__(self, schema, query, columns, made):
        super().__init__(schema)
        self.query, self.columns, self.made = query, columns, made
        self.out = Schema([(n, False) for n in made])

    def items(self, row):
        return [((), [values.sql_value(row[1][n], self.schema.bare(n)) for n in self.columns])]

    def answer(self, groups):
        db = Sql.db
        names = ", ".join(quoted(n) for n in self.columns)
        db.execute("DROP TABLE IF EXISTS stream")
        db.execute(f"CREATE TABLE stream ({names})")
        marks = ", ".join("CASE WHEN typeof(?{0}) = 'blob' THEN CAST(?{0} AS TEXT) ELSE ?{0} END".format(i + 1)
                          for i in range(len(self.columns)))
        db.executemany(f"INSERT INTO stream VALUES ({marks})", groups.get((), []))
        return [dict(zip(self.made, r)) for r in db.execute(self.query).fetchall()]


class Distinct(Grouped):
    def __init__(self, schema, name, names):
        super().__init__(schema)
        self.name = name
        self.by(names)
        self.out = Schema(self.columns() + [("distinct", False), ("error", False)])

    def items(self, row):
        cell = row[1][self.name]
        return [(self.key(row[1]), None if cell is None else same(cell))]

    def answer(self, groups):
        return [dict(self.cells(k), distinct=len(set(groups[k]) - {None}), error=0)
                for k in sorted(groups, key=self.order)]


# ---- the engine ----

class Node:
    def __init__(self, stage, inputs):
        self.stage, self.inputs = stage, inputs     # inputs: node numbers, -1 for the records
        self.next = []                              # ("stage" or "output", number, account or None)
        self.rows = []                              # of an aggregate: (tick, items)
        self.answered = self.now = -1 << 62
        self.open_account = None


class Output:
    def __init__(self, schema):
        self.schema, self.rows = schema, []         # rows: (time, cells)


class Account:
    def __init__(self):
        self.records = self.counted = self.bad = self.late = 0


def round_up(x, unit):
    return -(-x // unit) * unit


class Engine:
    """mode: ("rows", n), ("clock",) or ("event", batch us, lateness us, parse function)."""

    def __init__(self, mode, nodes, outputs, roots):
        self.mode, self.nodes, self.outputs = mode, nodes, outputs
        self.roots = roots              # [(kind, number, account number or None, counted at once)]
        self.accounts = [Account() for r in roots if r[2] is not None]
        self.late, self.bad = [], []
        self.tick = 0
        self.held = {}                  # end of batch -> [(node, row)]
        for i, node in enumerate(nodes):
            before = [nodes[k] for k in node.inputs if k >= 0]
            node.early = not isinstance(node.stage, Join) and all(
                b.early and not b.stage.aggregates and not b.stage.serial for b in before)
            node.holds = not node.early or node.stage.serial
        self.batch_of_row = None

    # -- rows on their way --

    def follow(self, link, row, time, feeding):
        kind, number, account = link
        if account is not None:
            self.accounts[account].counted += 1
        if kind == "output":
            out = self.outputs[number]
            out.rows.append((time, out.schema.shown(row)))
        elif kind == "port":
            if feeding and self.mode[0] == "event":
                self.held.setdefault(time, []).append((number, row, True))
            else:
                self.nodes[number].stage.take(row)
        elif kind == "stage":
            node = self.nodes[number]
            if feeding and self.mode[0] == "event" and node.holds:
                self.held.setdefault(time, []).append((number, row, False))
            else:
                self.feed(number, row, time, feeding)

    def feed(self, number, row, time, feeding):
        node = self.nodes[number]
        stage = node.stage
        try:
            made = stage.items(row) if stage.aggregates else stage.feed(row)
        except Bad as e:
            shown = e.args[0] if isinstance(e.args[0], bytes) else b""
            self.bad.append(row[0] if stage.schema.record else shown)
            if node.open_account is not None:
                self.accounts[node.open_account].bad += 1
                if stage.aggregates or stage.expands:
                    self.accounts[node.open_account].counted -= 1
            return
        if stage.aggregates:
            node.rows.append((time if self.mode[0] == "event" and feeding else self.tick, made))
            return
        for r in made:
            for link in node.next:
                self.follow(link, r, time, feeding)

    # -- answers --

    def window_items(self, node, tick):
        s = node.stage
        if s.grows and s.length:
            first = (tick - 1) // s.length * s.length
        elif s.running:
            first = -1 << 62
        else:
            first = tick - s.length
        return [(t, items) for t, items in node.rows if first < t <= tick]

    def groups(self, node, tick):
        """key -> payloads, by the rules of windows and of answers that grow."""
        s, groups, ticks = node.stage, {}, {}
        for t, items in sorted(self.window_items(node, tick), key=lambda x: x[0]):
            for key, payload in items:
                if s.ttl and key in ticks and ticks[key][-1] + s.ttl <= t:
                    del groups[key], ticks[key]
                groups.setdefault(key, []).append(payload)
                ticks.setdefault(key, []).append(t)
        if s.ttl:
            groups = {k: g for k, g in groups.items() if ticks[k][-1] + s.ttl > tick}
        if s.emit == "update":
            groups = {k: g for k, g in groups.items() if ticks[k][-1] > node.answered}
        return groups

    def fire(self, number, tick, open_next=None):
        node = self.nodes[number]
        s = node.stage
        end = round_up(tick, s.length) if s.grows and s.length else tick
        groups = self.groups(node, tick)
        if groups or (s.each_batch and s.emit != "update"):
            for cells in s.answer(groups):
                for link in node.next:
                    self.follow(link, (None, cells), end, False)
            self.reset_behind(node)
        node.answered = tick
        if not s.running:
            node.rows = [(t, i) for t, i in node.rows if t > tick - s.length]

    def reset_behind(self, node):
        for kind, number, _ in node.next:
            if kind == "stage" and not self.nodes[number].stage.aggregates:
                self.ended.add(number)

    def mark_records(self):
        self.ended = {n for kind, n, *_ in self.roots if kind == "stage"
                      and not self.nodes[n].stage.aggregates}

    def end_map(self, number):
        if isinstance(self.nodes[number].stage, Join):
            for row in self.nodes[number].stage.flush():
                for link in self.nodes[number].next:
                    self.follow(link, row, self.tick, False)
            self.reset_behind(self.nodes[number])
        if number in self.ended:
            self.nodes[number].stage.reset()
            self.reset_behind(self.nodes[number])

    def end_batch(self, tick):
        self.tick = tick
        if self.mode[0] == "event":
            self.release(tick)
        self.mark_records()
        for i, node in enumerate(self.nodes):
            node.now = tick
            if not node.stage.aggregates:
                self.end_map(i)
            elif tick % node.stage.slide == 0:
                self.fire(i, tick)

    def release(self, tick):
        held = self.held.pop(tick, [])
        for i in range(len(self.nodes)):
            for number, row, port in held:
                if number == i and port:
                    self.nodes[number].stage.take(row)
                elif number == i:
                    self.feed(number, row, tick, False)

    def behind(self, links):
        """Aggregates that these lead to past stages that map."""
        found = set()
        for kind, number, *_ in links:
            if kind != "stage":
                continue
            node = self.nodes[number]
            found |= {number} if node.stage.aggregates else self.behind(node.next)
        return found

    def finish(self, tick, read):
        self.tick = tick
        self.mark_records()
        for i, node in enumerate(self.nodes):
            if not node.stage.aggregates:
                self.end_map(i)
        fed = {i: tick for i, n in enumerate(self.nodes) if n.stage.aggregates}
        open_ = {i for i in fed if self.nodes[i].now != self.nodes[i].answered}
        if read:
            open_ |= self.behind(self.roots)
        while open_:
            end = {i: round_up(fed[i], self.nodes[i].stage.slide) for i in open_}
            at = self.tick = min(end.values())
            self.ended = set()
            for i, node in enumerate(self.nodes):
                if not node.stage.aggregates:
                    self.end_map(i)
                elif i in open_ and round_up(fed[i], node.stage.slide) == at:
                    open_.discard(i)
                    self.fire(i, at)
                    for k in self.behind(node.next):
                        fed[k] = at
                        open_.add(k)

    # -- records --

    def lost(self, bad=0, late=0, blank=0):
        for a in self.accounts:
            a.records += bad + late + blank
            a.bad += bad
            a.late += late

    def take(self, record, time):
        row = (record.raw, record.cells)
        for kind, number, account, counted in self.roots:
            if account is not None:
                self.accounts[account].records += 1
            self.follow((kind, number, account if counted else None), row, time, True)

    def run(self, sources):
        if self.mode[0] == "event":
            self.run_events(sources)
        else:
            self.run_rows(sources, self.mode[1] if self.mode[0] == "rows" else 1 << 40)
        return self

    def run_rows(self, sources, size):
        n = 0
        for record in (r for s in sources for r in s.records):
            self.tick = n // size * size + size
            if record.kind == "row":
                self.take(record, self.tick)
            else:
                self.lost(bad=record.kind == "bad", blank=record.kind == "blank")
                if record.kind == "bad":
                    self.bad.append(record.raw)
            n += 1
            if n % size == 0:
                self.end_batch(self.tick)
        self.finish(round_up(n, size), n % size != 0 or n == 0)

    def run_events(self, sources):
        _, batch, lateness, parse = self.mode
        newest, done = {}, set()
        closed = at = None
        open_ = set()

        def move():
            nonlocal closed
            left = [k for k in range(len(sources)) if k not in done]
            if not left or any(k not in newest for k in left):
                return False
            new = (min(newest[k] for k in left) - lateness) // batch * batch
            if closed is not None and new <= closed:
                return False
            closed = new
            return True

        def close_until(until):
            nonlocal at
            if at is None:
                if not open_ or min(open_) > until:
                    return
                at = min(open_) - batch
            while at < until:
                at += batch
                self.end_batch(at)
                open_.discard(at)

        for k, source in enumerate(sources):
            for record in source.records:
                if record.kind != "row":
                    self.lost(bad=record.kind == "bad", blank=record.kind == "blank")
                    if record.kind == "bad":
                        self.bad.append(record.raw)
                    continue
                time = parse(record.cells)
                if time is None:
                    self.bad.append(record.raw)
                    self.lost(bad=1)
                    continue
                end = time // batch * batch + batch
                if closed is not None and end <= closed:
                    self.late.append(record.raw)
                    self.lost(late=1)
                    continue
                open_.add(end)
                self.take(record, end)
                if k not in newest or time > newest[k]:
                    newest[k] = time
                    if move():
                        close_until(closed)
            done.add(k)
            if move():
                close_until(closed)
        if not open_ and at is None:
            return
        last = max(open_) if open_ else at
        if open_:
            close_until(last - batch)
            self.tick = last
            self.release(last)
        self.finish(last, bool(open_))
