"""Random pipelines: the words for streamctl and the same as nodes of the model."""

import model
from model import Engine, Node, Output, Schema
from records import FIELDS, OPEN, SECOND

HINTS = {}
COLUMNS = {"ts": "num", "user": "text", "city": "text", "n": "num", "x": "num", "tags": "text",
         "ok": "bool", "line": "text", "word": "text", "count": "num"}
PATTERNS = ["a", "^a", "e", "[0-9]", "[0-9]$", "an|bo", "^$", "true", "o.*e$", "x\\b", "(?:er)+"]


def input_schema(fmt, columns=FIELDS):
    if fmt == "lines":
        return Schema([("line", True)], record=True)
    if fmt in OPEN:
        return Schema([], record=True, open_=True, bare=fmt == "logfmt")
    return Schema([(n, True) for n in columns], record=True)


def quoted(name):
    return f'"{name}"' if name == "distinct" else name


class Builder:
    """Grows the words, the nodes and the outputs of one pipeline."""

    def __init__(self, rng, fmt, mode, valid_text):
        self.rng, self.fmt, self.mode, self.valid_text = rng, fmt, mode, valid_text
        self.nodes, self.outputs, self.roots, self.words, self.files = [], [], [], [], []
        self.schema = input_schema(fmt)
        self.accounts = 0
        HINTS.clear()
        HINTS.update(COLUMNS)

    # -- columns --

    def names(self, schema):
        if schema.open:
            return list(FIELDS)
        return [n for n, _ in schema.columns]

    def pick(self, schema, kinds, n=1):
        fit = [c for c in self.names(schema) if HINTS.get(c, "num") in kinds]
        return self.rng.sample(fit, min(n, len(fit)))

    # -- expressions: (text, names) --

    def number_term(self, schema):
        name = (self.pick(schema, ("num",)) or self.pick(schema, ("text", "bool")))[0]
        k = self.rng.randint(-5, 20)
        if name == "distinct":
            return '"distinct" + 1', [name]
        return self.rng.choice([f"{name}", f"{name} + {k}", f"{name} * 2", f"coalesce({name}, {k})",
                                f"abs({name})", f"{name} % 3"]), [name]

    def text_term(self, schema):
        column = (self.pick(schema, ("text",)) or self.pick(schema, ("num", "bool")))[0]
        name = quoted(column)
        return self.rng.choice([name, f"upper({name})", f"length({name})", f"{name} || '-x'",
                                f"substr({name}, 1, 2)", f"typeof({name})"]), [column]

    def condition(self, schema, depth=0):
        rng = self.rng
        roll = rng.random()
        if depth < 2 and roll < 0.3:
            a, an = self.condition(schema, depth + 1)
            b, bn = self.condition(schema, depth + 1)
            return f"({a}) {rng.choice(['AND', 'OR'])} ({b})", an + bn
        if roll < 0.38:
            a, an = self.condition(schema, depth + 1)
            return f"NOT ({a})", an
        if roll < 0.65:
            a, an = self.number_term(schema)
            k = rng.choice([rng.randint(-3, 18), 0.5, 7.25])
            return f"{a} {rng.choice(['<', '>', '<=', '>=', '=', '<>'])} {k}", an
        column = rng.choice(self.names(schema))
        name = quoted(column)
        return rng.choice([
            f"{name} IS NULL", f"{name} IS NOT NULL", f"typeof({name}) = 'integer'",
            f"{name} LIKE 'a%'", f"{name} IN ('ann', 'bob', 'error')", f"{name} > 'b'",
            f"{name}", f"length({name}) > 3", f"{name} BETWEEN 2 AND 9"]), [column]

    # -- stages: (words, stage) --

    def where(self, schema):
        text, names = self.condition(schema)
        return ["where", text], model.Where(schema, text, sorted(set(names)))

    def select(self, schema):
        items, words, used = [], [], []
        for i in range(self.rng.randint(1, 4)):
            roll = self.rng.random()
            if roll < 0.5:
                name = self.rng.choice(self.names(schema))
                alias = self.rng.random() < 0.3
                made = f"{name}{i}" if alias or name == "distinct" else name     # a word of SQL
                if made in [m for m, _, _ in items]:
                    continue
                if alias:
                    HINTS[made] = HINTS.get(name, "num")
                items.append((made, name, name))
                words.append(quoted(name) if made == name else f"{quoted(name)} AS {made}")
                continue
            kind = "num" if roll < 0.75 else "text"
            text, names = self.number_term(schema) if kind == "num" else self.text_term(schema)
            made = f"e{i}{kind[0]}"
            if made in [m for m, _, _ in items]:
                continue
            HINTS[made] = kind
            if text in names:               # a plain column under another name
                items.append((made, text, text))
            else:
                items.append((made, None, text))
                used += names
            words.append(f"{text} AS {made}")
        return ["select", ", ".join(words)], model.Select(schema, items, sorted(set(used)))

    def grep(self, schema):
        pattern = self.rng.choice(PATTERNS[:8] if not self.valid_text else PATTERNS[:8])
        invert, fold = self.rng.random() < 0.3, self.rng.random() < 0.2
        words = ["grep"] + (["-v"] if invert else []) + (["-i"] if fold else []) + [pattern]
        return words, model.Grep(schema, pattern, invert, fold)

    def split(self, schema):
        name = self.rng.choice(self.pick(schema, ("text",), 9) or self.names(schema))
        on = self.rng.choice([None, ";", " ", "an"])
        return ["split"] + (["--on", on] if on else []) + [name], \
            model.Split(schema, name, on.encode() if on else None)

    def head(self, schema):
        n, total = self.rng.randint(1, 30), self.rng.random() < 0.3
        return ["head"] + (["-t"] if total else []) + [str(n)], model.Head(schema, n, total)

    def dedup(self, schema):
        names = self.by(schema, 1) if self.rng.random() < 0.8 else None
        if names == []:
            names = None
        return ["dedup"] + ([",".join(names)] if names else []), model.Dedup(schema, names)

    def delta(self, schema):
        field = self.rng.choice(self.pick(schema, ("num",), 9) or self.names(schema))
        names = self.by(schema, 0)
        alpha = self.rng.choice([None, None, 0.5, 0.1, 1])
        if field + ("_delta" if alpha is None else "_ewma") in self.names(schema):
            return self.where(schema)
        words = ["delta"] if alpha is None else ["ewma", "--alpha", str(alpha)]
        return words + (["--by", ",".join(names)] if names else []) + [field], \
            model.Delta(schema, field, names or [], alpha)

    def sql(self, schema):
        """A grouping, a ranking or a total by SQLite."""
        rng = self.rng
        x = quoted((self.pick(schema, ("num",)) or self.pick(schema, ("text", "bool")))[0])
        k = quoted(rng.choice(self.names(schema)))
        query, made = rng.choice([
            (f"SELECT {k} AS k, count(*) AS c, min({x}) AS least FROM stream GROUP BY {k} ORDER BY {k}, c",
             ["k", "c", "least"]),
            (f"SELECT count(*) AS c, count({x}) AS f, max({x}) AS m FROM stream", ["c", "f", "m"]),
            (f"SELECT typeof({k}) AS t, count(DISTINCT {k}) AS d FROM stream WHERE {x} > 1 GROUP BY 1 ORDER BY 1",
             ["t", "d"]),
            (f"SELECT DISTINCT {k} AS k FROM stream WHERE {k} IS NOT NULL ORDER BY 1 LIMIT 7", ["k"]),
        ])
        stage = model.Query(schema, query, sorted({x.strip('"'), k.strip('"')}), made)
        return ["sql"] + self.windows(stage, False) + [query], stage

    def mapping(self, schema):
        kinds = [self.where, self.where, self.select, self.grep, self.split, self.head, self.dedup]
        if not schema.open:
            kinds.append(self.delta)
        return self.rng.choice(kinds)(schema)

    def by(self, schema, least=0, without=()):
        names = [n for n in self.names(schema) if n not in ("x", "count", "distinct", "error") and n not in without]
        names = [n for n in names if n != "ts"] or names
        if not names:
            return []
        return self.rng.sample(names, min(len(names), self.rng.choice([least, 1, 1, 2, 3])))

    def stat(self, schema):
        rng = self.rng
        kind = rng.choice(["sum", "min", "max", "mean", "stats"])
        fields = self.pick(schema, ("num",), rng.choice([1, 1, 2])) or self.pick(schema, ("text", "bool"))
        by = self.by(schema)
        what = [kind]
        words = [kind]
        if kind == "stats":
            what = rng.sample(["count", "sum", "mean", "min", "max", "var", "sd", "p50", "p90", "p99",
                               "p0", "p100", "p25"], rng.randint(1, 4))
            words += ["--what", ",".join(what)]
        words += (["--by", ",".join(by)] if by else [])
        stage = model.Stat(schema, fields, what, by, kind)
        made = [n for n, _ in stage.out.columns]
        if len(set(made)) != len(made):
            return self.stat(schema)
        return words + self.windows(stage) + fields, stage

    def aggregate(self, schema):
        rng = self.rng
        kind = rng.choice(["count", "countby", "countby", "countby", "wordcount", "stat", "stat", "stat",
                           "distinct", "sql", "top_by"])
        if kind == "top_by" and self.by(schema):
            by, n = self.by(schema, 1), rng.randint(1, 6)
            stage = model.CountBy(schema, by)
            stage.limit = n
            return ["top", "--by", ",".join(by)] + self.windows(stage) + [str(n)], stage
        if kind == "sql":
            return self.sql(schema)
        if kind == "count":
            stage = model.Count(schema)
            return ["count"] + self.windows(stage), stage
        if kind == "countby":
            by = self.by(schema) if rng.random() < 0.85 else []
            stage = model.CountBy(schema, by)
            return ["countby"] + self.windows(stage) + ([",".join(by)] if by else []), stage
        if kind == "wordcount":
            least = rng.choice([0, 0, 3]) if self.valid_text else 0
            fold = self.valid_text and rng.random() < 0.3
            stage = model.WordCount(schema, least, fold)
            return ["wordcount"] + (["-f"] if fold else []) + (["-m", str(least)] if least else []) + \
                self.windows(stage), stage
        if kind == "distinct":
            name = rng.choice(self.names(schema))
            by = self.by(schema)
            stage = model.Distinct(schema, name, by)
            return ["distinct"] + (["--by", ",".join(by)] if by else []) + self.windows(stage) + [name], stage
        return self.stat(schema)

    # -- windows --

    def length(self, ticks):
        if self.mode[0] == "rows":
            return f"{ticks}rows"
        return f"{ticks // 1000}ms" if ticks % SECOND else f"{ticks // SECOND}s"

    def windows(self, stage, grows=True):
        """Options of an aggregating stage; its window is set."""
        rng, period = self.rng, self.period
        words = []
        length = slide = period
        if grows and rng.random() < 0.25:
            emit = rng.choice(["", "update", "complete"])
            if self.mode[0] != "clock" and rng.random() < 0.3:
                slide = period * rng.randint(1, 3)
                words += ["--slide", self.length(slide)]
            ttl = 0
            if self.mode[0] != "clock" and rng.random() < 0.5:
                ttl = period * rng.randint(1, 6)
                words += ["--ttl", self.length(ttl)]
            words += ["--running"] + (["--emit", emit] if emit else [])
            stage.window(0, slide, emit or "complete", True, ttl)
            self.period = slide
            return words
        if self.mode[0] != "clock" and rng.random() < 0.6:
            length = period * rng.randint(1, 6)
            words += ["-w", self.length(length)]
            slide = length
            if length > period and rng.random() < 0.6:
                slide = period * rng.randint(1, length // period)
                words += ["-s", self.length(slide)]
        emit = "append"
        if grows and slide == length and rng.random() < 0.15:
            emit = rng.choice(["update", "complete"])
            words += ["--emit", emit]
            slide = period
        stage.window(length, slide, emit)
        self.period = slide
        return words

    # -- chains --

    def add(self, stage, inputs, account):
        """A node behind others; ACCOUNT: of a chain whose records are not counted yet, or None."""
        self.nodes.append(Node(stage, inputs))
        number = len(self.nodes) - 1
        passes = not (stage.aggregates or stage.expands)
        self.nodes[number].open_account = account
        self.link(inputs, "stage", number, account if not passes else None, account)
        return number, account if passes else None

    def link(self, inputs, kind, number, counted, account):
        for i in inputs:
            if i < 0:
                self.roots.append((kind, number, account, counted is not None))
            else:
                self.nodes[i].next.append((kind, number, counted))

    def stages(self, inputs, schema, account, plan):
        """Stages joined by then; PLAN: a word each. Returns the last node, its schema, account."""
        words, ranked = [], False
        for what in plan:
            if what == "top" and not ranked:
                continue
            if what == "top":
                n = self.rng.randint(1, 6)
                one, stage = ["top", str(n)], model.Top(schema, n)
            else:
                one, stage = getattr(self, what)(schema)
            ranked = isinstance(stage, (model.CountBy, model.WordCount)) or (ranked and what in ("grep", "top"))
            number, account = self.add(stage, inputs, account)
            inputs, schema = [number], stage.out
            words += (["then"] if words else []) + one
        return words, inputs, schema, account

    def finish(self, inputs, schema, account):
        self.outputs.append(Output(schema))
        self.link(inputs, "output", len(self.outputs) - 1, account, account)

    def batch(self):
        return {"rows": self.mode[1] if self.mode[0] == "rows" else 0, "clock": 1 << 40,
                "event": self.mode[1] if self.mode[0] == "event" else 0}[self.mode[0]]

    def open_account(self):
        self.accounts += 1
        return self.accounts - 1

    def plan(self):
        rng = self.rng
        maps = ["mapping"] * rng.choice([0, 0, 1, 1, 2])
        if rng.random() < 0.12:
            return maps or ["mapping"]
        behind = rng.choice([[], [], [], ["top"], ["head"], ["where"], ["grep", "top"], ["select"],
                             ["aggregate"], ["top", "aggregate"]])
        return maps + ["aggregate"] + behind

    def build(self):
        rng = self.rng
        self.period = self.batch()
        named = rng.random() < 0.3
        if rng.random() < 0.1:
            self.joined()
        elif named:
            self.named_chains()
        else:
            words, inputs, schema, account = self.stages([-1], self.schema, self.open_account(), self.plan())
            self.words = words
            self.finish(inputs, schema, account)
        while len(self.outputs) < 3 and rng.random() < 0.25:
            self.period = self.batch()
            words, inputs, schema, account = self.stages([-1], self.schema, self.open_account(), self.plan())
            self.into(["also"] + words, inputs, schema, account)
        return self

    def into(self, words, inputs, schema, account):
        name = f"out{len(self.outputs)}"
        self.files.append(name)
        self.words += words + ["into", name]
        self.finish(inputs, schema, account)

    def joined(self):
        """select .. as p also select .. then join .. p"""
        rng = self.rng
        key = rng.choice(["user", "city", "n", "ok"] if self.fmt != "lines" else ["line"])
        left, right = [rng.choice(self.names(self.schema)) for _ in "lr"]
        sides = []
        for name, column in ("ln", left), ("rx", right):
            HINTS.update({"k": HINTS[key], name: HINTS[column]})
            account = self.open_account()
            inputs = [-1]
            words = []
            if rng.random() < 0.6:
                one, stage = self.where(self.schema)
                number, account = self.add(stage, inputs, account)
                words, inputs = one + ["then"], [number]
            stage = model.Select(self.schema, [("k", key, key), (name, column, column)], [])
            number, account = self.add(stage, inputs, account)
            sides.append((words + ["select", f"{key} AS k, {column} AS {name}"], number, stage.out, account))
            if name == "ln":
                p_words, p, p_schema, p_account = sides[0]
                self.link([p], "none", 0, p_account, None)
        words, q, schema, account = sides[1]
        outer = rng.random() < 0.4
        stage = model.Join(schema, p_schema, "k", outer)
        number, account = self.add(stage, [q], account)
        self.nodes[p].next.append(("port", number, None))
        more, inputs, schema, account = self.stages([number], stage.out, account, self.plan()[-2:])
        self.words = p_words + ["as", "p", "also"] + words + ["then", "join", "--on", "k"] + \
            (["--left"] if outer else []) + ["p", "then"] + more
        self.finish(inputs, schema, account)

    def named_chains(self):
        """where .. as p then .. also [where .. as q also] from p[,q] .."""
        rng = self.rng
        first, inputs, schema, account = self.stages(
            [-1], self.schema, self.open_account(), rng.choice([["where"], ["grep"], ["mapping"]]))
        p, p_schema, p_period = inputs, schema, self.period
        rest, inputs, schema, account = self.stages(inputs, schema, account, self.plan())
        self.words = first + ["as", "p", "then"] + rest
        self.finish(inputs, schema, account)
        self.period = p_period
        if rng.random() < 0.4 and p_schema is self.schema:
            q_account = self.open_account()
            words, q, _, q_account = self.stages([-1], self.schema, q_account, ["where"])
            self.words += ["also"] + words + ["as", "q"]
            self.link(q, "none", 0, q_account, None)
            words, inputs, schema, _ = self.stages(p + q, self.schema, None, self.plan())
            self.into(["also", "from", "p,q"] + words, inputs, schema, None)
        else:
            words, inputs, schema, _ = self.stages(p, p_schema, None, self.plan())
            self.into(["also", "from", "p"] + words, inputs, schema, None)

    def engine(self) -> Engine:
        for n in self.nodes:
            n.rows, n.answered, n.now = [], -1 << 62, -1 << 62
        return Engine(self.mode, self.nodes, self.outputs, self.roots)
