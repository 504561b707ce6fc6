"""Cells as they are ordered, read as numbers and written: TSV, CSV and JSON out."""

import json
import math
import re
from decimal import Decimal
from fractions import Fraction

NUMBER = re.compile(rb"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\Z")
JSON_NUMBER = re.compile(rb"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\Z")


def number(cell, bare):
    """The exact number that an aggregating stage takes a cell for, or None."""
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, bytes):
        if not bare or not NUMBER.match(cell):
            return None
        return decimal(Fraction(cell.decode()))
    return Fraction(cell) if isinstance(cell, int) else decimal(Fraction(repr(cell)))


def decimal(x):
    """A number is exact if nine decimals are enough for it, else it is the double next to it."""
    return x if (x * 10**9).denominator == 1 else Fraction(float(x))


def sql_value(cell, bare):
    """What SQLite is given."""
    if isinstance(cell, bytes):
        if bare and JSON_NUMBER.match(cell):
            if not any(c in cell for c in b".eE"):
                i = int(cell)
                return i if -2**63 <= i < 2**63 else float(i)
            return float(cell)
        try:
            return cell.decode()
        except UnicodeDecodeError:
            return cell             # cast to text by the query
    return int(cell) if isinstance(cell, bool) else cell


def plain_key(cell):
    """The order of a single bare column: see core/group.c."""
    if isinstance(cell, bool):
        return b"\0\2" if cell else b"\0\1"
    if cell is None:
        return b"\0"
    return b"\0" + cell if cell.startswith(b"\0") else cell


def typed_key(cell):
    """The order of any other key column: null, numbers, booleans, text."""
    if cell is None:
        return (0,)
    if isinstance(cell, bool):
        return (2, cell)
    if isinstance(cell, bytes):
        return (3, cell)
    return (1, cell)


def same(cell):
    """A cell as a key of a dict: 1 and 1.0 are one, 1 and true are not."""
    return (type(cell).__name__ if isinstance(cell, (bool, bytes)) else "n", cell)


def canonical(cell):
    """What a number becomes that was a key."""
    if isinstance(cell, float) and abs(cell) <= 2**53 and cell == int(cell):
        return int(cell)
    return cell


def double(x):
    """A double as it is written."""
    if x == 0:
        return b"0"
    if 1e-5 <= abs(x) < 1e17:
        text = format(Decimal(repr(x)), "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text).encode()
    mantissa, exponent = repr(float(x)).split("e") if "e" in repr(x) else f"{x:e}".split("e")
    mantissa = mantissa[:-2] if mantissa.endswith(".0") else mantissa
    return f"{mantissa}e{exponent}".encode()


class Exact:
    """A sum, least or greatest: written with all its digits."""

    def __init__(self, value: Fraction):
        self.value = value

    def cell(self):
        if self.value.denominator == 1 and abs(self.value) < 2**63:
            return int(self.value)
        nano = self.value * 10**9
        if nano.denominator != 1:
            return float(self.value)
        digits = abs(int(nano))
        while digits and digits % 10 == 0:
            digits //= 10
        if digits < 10**15:
            return float(self.value)
        text = f"{abs(int(nano)):010d}"
        text = f"{text[:-9]}.{text[-9:]}".rstrip("0").rstrip(".")
        return (("-" if nano < 0 else "") + text).encode()


# ---- writing ----

def tsv(cell) -> bytes:
    if cell is None:
        return b"\\N"
    if isinstance(cell, bool):
        return b"true" if cell else b"false"
    if isinstance(cell, int):
        return b"%d" % cell
    if isinstance(cell, float):
        return double(cell)
    return (cell.replace(b"\\", b"\\\\").replace(b"\t", b"\\t").replace(b"\n", b"\\n")
            .replace(b"\r", b"\\r"))


def csv(cell) -> bytes:
    if cell is None:
        return b""
    if isinstance(cell, bytes):
        if any(c in cell for c in b',"\n\r'):
            return b'"' + cell.replace(b'"', b'""') + b'"'
        return cell
    return tsv(cell)


def json_text(text: bytes) -> bytes:
    """A string of JSON; bytes that are not UTF-8 are not looked at here."""
    return json.dumps(text.decode(), ensure_ascii=False).encode()


def json_cell(cell, bare) -> bytes:
    if cell is None:
        return b"null"
    if isinstance(cell, bytes):
        return cell if bare and JSON_NUMBER.match(cell) else json_text(cell)
    return tsv(cell)


def json_row(time: bytes, cells: list, columns) -> bytes:
    stamp = time if time.lstrip(b"-").isdigit() else json_text(time)
    members = [b'"time":' + stamp] if time else []
    members += [json_text(name.encode()) + b":" + json_cell(c, bare) for (name, bare), c in zip(columns, cells)]
    return b"{" + b",".join(members) + b"}\n"


def row(fmt: str, time: bytes, cells: list, columns) -> bytes:
    if fmt == "json":
        return json_row(time, cells, columns)
    put, sep = (tsv, b"\t") if fmt == "tsv" else (csv, b",")
    line = sep.join(([time] if time else []) + [put(c) for c in cells])
    return (line or (b'""' if fmt == "csv" else b"")) + b"\n"


def variance(xs):
    n = len(xs)
    if n < 2:
        return None
    total = sum(xs)
    return float((n * sum(x * x for x in xs) - total * total) / (n * (n - 1)))


def quantile(xs, q):
    """By nearest rank."""
    return float(sorted(xs)[max(1, math.ceil(q * len(xs))) - 1])
