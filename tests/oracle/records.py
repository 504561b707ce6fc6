"""Random records, the same in every format: what is written, and what a reader must make of it.

A cell is None, bool, int, float or bytes (text), as a format gives it: JSON keeps kinds, the other
formats have text only ("bare": what looks like a number is one).  A Record is one line of input (or
several, in quoted CSV): its bytes without the end, what it is, and its cells.
"""

import json
import random
from dataclasses import dataclass, field

FIELDS = ("ts", "user", "city", "n", "x", "tags", "ok")
FORMATS = ("lines", "tsv", "csv", "json", "logfmt")
OPEN = ("json", "logfmt")
SECOND = 1_000_000


class Num(str):
    """A number as it is written."""


@dataclass
class Record:
    raw: bytes
    kind: str = "row"                       # or "bad", "blank"
    cells: dict = field(default_factory=dict)
    end: bytes = b"\n"


@dataclass
class Source:
    """One input file: a header or none, and records."""
    head: bytes
    records: list

    def data(self) -> bytes:
        return self.head + b"".join(r.raw + r.end for r in self.records)


# ---- logical records ----

CITIES = ["Rome", "Oslo", "Łódź", "São Paulo", "東京", "Ålesund", "", "N'Djamena", "a\tb", "q\"t",
          "back\\slash", "comma, city", "x=y", "\\N", "two  blanks "]
USERS = ["ann", "bob", "cy", "ann ", "Ann", "déjà", "😀", "1", "0x1", "1.0", "null", "true", "zoë-with-a-long-name",
         "exactly16bytes!!", "exactly17bytes!!!", "exactly15bytes!"]
ODD = [b"\xff\xfe", b"caf\xe9", b"\x01b", b"\x80", b"a\x02\x01", b"\xc3", b"\xed\xa0\x80"]
NULS = [b"\x00", b"a\x00b", b"\x00\x00x"]
WORDS = ["error", "warn", "ok", "the", "Then", "a1", "b22", "ärger", "naïve", "x", "GET", "/index.html"]
BAD_NUMBERS = ["", "abc", "1x", "0x10", "5 apples", "nan", "inf", "--1", "1,5", "1e", "٣"]


@dataclass
class Shape:
    """What kind of stream it is."""
    odd: bool = False           # texts that are not UTF-8
    nul: bool = False
    quoted_newlines: bool = False
    bad_numbers: float = 0.0
    holes: float = 0.1          # fields that are null or missing
    broken: float = 0.0         # records that are not well-formed
    blank: float = 0.0
    crlf: float = 0.0
    disorder: int = 0           # seconds
    time_kind: str = "int"
    bad_times: float = 0.0
    base: int = 1_700_000_000
    nested: bool = False
    big: bool = False


def random_shape(rng: random.Random) -> Shape:
    return Shape(
        odd=rng.random() < 0.3, nul=rng.random() < 0.15, quoted_newlines=rng.random() < 0.3,
        bad_numbers=rng.choice([0, 0, 0.1]), holes=rng.choice([0, 0.1, 0.3]),
        broken=rng.choice([0, 0, 0.05, 0.2]), blank=rng.choice([0, 0, 0.1]),
        crlf=rng.choice([0, 0, 0.2, 1]), disorder=rng.choice([0, 3, 10, 40]),
        time_kind=rng.choice(["int", "int", "decimal", "iso", "ms"]),
        bad_times=rng.choice([0, 0, 0, 0.05]), base=rng.choice([1_700_000_000, 1_699_999_995, 0, -50]),
        nested=rng.random() < 0.3, big=rng.random() < 0.2)


def random_text(rng, shape, pool):
    roll = rng.random()
    if shape.odd and roll < 0.15:
        return rng.choice(ODD)
    if shape.nul and roll < 0.25:
        return rng.choice(NULS)
    text = rng.choice(pool)
    if shape.quoted_newlines and roll > 0.93:
        text = rng.choice(["line\nbreak", "cr\rin", "end\r", "\n", "a\r\nb"])
    return text.encode()


def write_time(rng, shape, us):
    seconds, rest = divmod(us, SECOND)
    if shape.time_kind == "int":
        return Num(str(seconds)), seconds * SECOND
    if shape.time_kind == "ms" and us >= 200_000_000 * SECOND:
        return Num(str(us // 1000)), us // 1000 * 1000
    millis = rest // 1000
    if shape.time_kind == "iso":
        return iso(seconds * SECOND + millis * 1000).encode(), seconds * SECOND + millis * 1000
    whole = seconds * 1000 + millis
    text = f"{'-' if whole < 0 else ''}{abs(whole) // 1000}.{abs(whole) % 1000:03d}"
    return Num(text), whole * 1000


def iso(us: int) -> str:
    import datetime
    t = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=us // 1000 * 1000)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond // 1000:03d}Z"


def random_number(rng, shape):
    roll = rng.random()
    if roll < shape.bad_numbers:
        return rng.choice(BAD_NUMBERS).encode()
    if shape.big and roll < 0.3:
        return Num(str(rng.choice([10**12, -10**15, 2**53, 999999999999999])))
    return Num(str(rng.randint(-5, 20)))


def random_decimal(rng, shape):
    if rng.random() < shape.bad_numbers:
        return rng.choice(BAD_NUMBERS).encode()
    if shape.big and rng.random() < 0.2:
        return Num(rng.choice(["1e3", "-2.5E-3", "123456789.123456", "0.000001", "1.5e+10", "-0.0"]))
    return Num(f"{rng.randint(-999, 9999) / 100:.{rng.choice([1, 2, 2, 3])}f}")


def logical(rng, shape, at):
    """One record: a dict of values, None for what is null or missing."""
    us = (shape.base + at) * SECOND + rng.randrange(SECOND)
    if shape.disorder and rng.random() < 0.4:
        us -= rng.randrange(shape.disorder * SECOND)
    time, _ = write_time(rng, shape, us)
    if rng.random() < shape.bad_times:
        time = rng.choice([b"", b"yesterday", b"2026-13-01T00:00:00Z", None])
    r = {"ts": time, "user": random_text(rng, shape, USERS), "city": random_text(rng, shape, CITIES),
         "n": random_number(rng, shape), "x": random_decimal(rng, shape),
         "tags": ";".join(rng.choice(["red", "blue", "", "x y"]) for _ in range(rng.randrange(4))).encode(),
         "ok": rng.choice([True, False])}
    for name in FIELDS[1:]:
        if rng.random() < shape.holes / 2:
            r[name] = None
    if shape.nested and rng.random() < 0.3:
        r["city"] = rng.choice([{"name": "Rome", "zip": 1}, [1, 2.5, None], {}, [], [{"a": "ü"}]])
    return r


def random_line(rng, shape):
    parts = []
    for _ in range(rng.randrange(6)):
        word = rng.choice(WORDS).encode()
        if shape.odd and rng.random() < 0.1:
            word = rng.choice(ODD)
        if shape.nul and rng.random() < 0.1:
            word = rng.choice(NULS)
        parts.append(word)
    line = rng.choice([b" ", b" ", b"  ", b"\t"]).join(parts)
    return line + (b"\r" if rng.random() < 0.03 else b"")


# ---- writing ----

def compact(value) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def as_text(value) -> bytes:
    """What formats without kinds write."""
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, (dict, list)):
        return compact(value)
    return value.encode() if isinstance(value, str) else value


def put_csv(rng, cells):
    out = []
    for c in cells:
        if c.startswith(b'"') or any(b in c for b in b",\n") or b"\r" in c or rng.random() < 0.1:
            c = b'"' + c.replace(b'"', b'""') + b'"'
        out.append(c)
    return b",".join(out)


def escape(text: bytes) -> bytes:
    return (text.replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")
            .replace(b"\r", b"\\r"))


def json_token(rng, value) -> bytes:
    if isinstance(value, Num):
        return value.encode()
    if isinstance(value, bytes):
        return json.dumps(value.decode(), ensure_ascii=rng.random() < 0.3).encode()
    return compact(value)


def put_json(rng, r):
    members = [(k, v) for k, v in r.items() if v is not None or rng.random() < 0.5]
    if rng.random() < 0.2:
        rng.shuffle(members)
    gap = rng.choice([b"", b"", b" "])
    return b"{" + b",".join(gap + json.dumps(k).encode() + b":" + gap + json_token(rng, v)
                            for k, v in members) + b"}"


def put_logfmt(rng, r):
    out = []
    for k, v in r.items():
        if v is None:
            continue
        if v is True and rng.random() < 0.5:
            out.append(k.encode())
            continue
        text = as_text(v)
        if text == b"" or any(c <= 32 or c in b'"=\\' for c in text) or rng.random() < 0.1:
            text = (text.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
                    .replace(b"\t", b"\\t").replace(b"\r", b"\\r"))
            text = b'"' + text + b'"'
        out.append(k.encode() + b"=" + text)
    return rng.choice([b" ", b" ", b"  "]).join(out)


def json_cell(v):
    if isinstance(v, Num):
        return float(v) if any(c in v for c in ".eE") else int(v)
    return compact(v) if isinstance(v, (dict, list)) else v


def encode(rng, fmt, r, columns) -> Record:
    if fmt == "json":
        r = {k: v for k, v in r.items()}
        return Record(put_json(rng, r), cells={k: json_cell(r[k]) for k in FIELDS})
    if fmt == "logfmt":
        raw = put_logfmt(rng, r)
        bare = [w for w in raw.split(b" ") if w in [k.encode() for k in FIELDS]]
        cells = {k: None if r[k] is None else as_text(r[k]) for k in FIELDS}
        if r["ok"] is True and b"ok" in bare and not b"ok=" in raw:
            cells["ok"] = True
        return Record(raw, "row" if raw.strip(b" \t\r") else "blank", cells)
    cells = {k: as_text(r[k]) for k in FIELDS}
    if fmt == "csv":
        return Record(put_csv(rng, [cells[k] for k in columns]), cells=cells)
    shown = [b"\\N" if r[k] is None else escape(cells[k]) for k in columns]
    cells = {k: None if r[k] is None else cells[k] for k in FIELDS}
    return Record(b"\t".join(shown), cells=cells)


def broken(rng, fmt, columns) -> Record:
    if fmt in ("csv", "tsv"):
        sep = b"," if fmt == "csv" else b"\t"
        n = rng.choice([1, 2, len(columns) - 1, len(columns) + 1, 20])
        raw = sep.join(b"r%d" % i for i in range(n))
        if fmt == "csv" and rng.random() < 0.3:
            raw = sep.join([b'"a"b'] + [b"1"] * (len(columns) - 1))
        return Record(raw, "bad")
    if fmt == "json":
        return Record(rng.choice([b'{"user":"ann"', b"[1,2]", b'{"n":1} x', b"nul", b'"text"', b"7",
                                  b'{"user":"\xff"}', b"{'n':1}", b'{"n":01}', b'{"n":1,}']), "bad")
    return Record(rng.choice([b"=1", b'user="ann', b'user="a"b n=1', b'n=1 ="x"']), "bad")


def source(rng, fmt, shape, records, columns=FIELDS) -> Source:
    """One file of logical records (or lines) with noise between them."""
    head = b""
    if fmt == "csv":
        head = ",".join(columns).encode() + rng.choice([b"\n", b"\r\n"])
    elif fmt == "tsv":
        head = "\t".join(columns).encode() + b"\n"
    out = []
    for r in records:
        if fmt != "lines" and rng.random() < shape.broken:
            out.append(broken(rng, fmt, columns))
        if fmt != "lines" and rng.random() < shape.blank:
            out.append(Record(b"", "blank"))
        one = Record(r, cells={"line": r}) if fmt == "lines" else encode(rng, fmt, r, columns)
        if rng.random() < shape.crlf:
            one.end = b"\r\n"
        if one.end == b"\n" and one.raw.endswith(b"\r"):
            one.end = b"\r\n"               # else the CR would be taken for a part of the end
        out.append(one)
    if out and out[-1].raw and rng.random() < 0.3:
        out[-1].end = b""
        if out[-1].raw.endswith(b"\r"):
            out[-1].end = b"\r\n"
    return Source(head, out)


def random_records(rng, fmt, shape, n):
    if fmt == "lines":
        return [random_line(rng, shape) for _ in range(n)]
    step = rng.choice([0.2, 1, 1, 5])
    if fmt == "json":
        shape.odd = False
    return [logical(rng, shape, int(i * step)) for i in range(n)]
