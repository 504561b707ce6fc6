/*
 * CSV as RFC 4180 has it.  A field that starts with a double quote ends at the next one, "" inside
 * stands for one, and what lies between is kept as it is: separators, newlines, CRLF.  Quotes in
 * other fields are data, and so are blanks around fields.  Where records end must be the same here
 * as in core/quotes, also in records that are bad.
 *
 * Written are quotes only where they are needed, LF at line ends, and null as an empty field.
 */
#include "core/format.h"

#include "base/num.h"
#include "core/encode.h"
#include "format/delimited.h"
#include "format/rows.h"

#include <string.h>

#define SEPARATOR ','

/* ---- reading ---- */

struct cursor {			/* in a record that is taken field by field */
	const char	*at, *end;
	const char	*why;	/* what is wrong with the record so far, or NULL */
};

/* Moves to the separator or newline that ends an unquoted field, or to the end of the text. */
static void
skip_plain(struct cursor *c)
{
	while (c->at < c->end && *c->at != SEPARATOR && *c->at != '\n')
		c->at++;
}

/* What is between quotes, with each "" as one; NULL when memory is short. */
static const char *
undouble(struct arena *arena, const char *text, size_t *len)
{
	const char *end = text + *len;
	char *out = arena_bytes(arena, *len), *to = out;

	if (out == NULL)
		return NULL;
	while (text < end) {
		if (*text == '"')
			text++;
		*to++ = *text++;
	}
	*len = (size_t)(to - out);
	return out;
}

/* Moves to the quote that ends a field that starts with one; returns how many "" are inside. */
static size_t
skip_quoted(struct cursor *c)
{
	size_t doubled = 0;

	c->at++;
	for (;;) {
		const char *quote = memchr(c->at, '"', (size_t)(c->end - c->at));

		if (quote == NULL) {
			c->why = "a quote that does not end";
			c->at = c->end;
			return doubled;
		}
		c->at = quote + 1;
		if (c->at == c->end || *c->at != '"')
			return doubled;
		c->at++;
		doubled++;
	}
}

/* What is left of the record from BEHIND on is the carriage return of its end. */
static bool
is_line_end(const struct cursor *c, const char *behind)
{
	return c->at == behind + 1 && *behind == '\r' && (c->at == c->end || *c->at == '\n');
}

/* Takes a field that starts with a quote; 0, or -1 when memory is short. */
static int
take_quoted(struct cursor *c, struct arena *arena, struct value *cell)
{
	const char *text = c->at + 1, *behind;
	size_t doubled = skip_quoted(c), len = (size_t)(c->at - text) - (c->why == NULL);

	behind = c->at;
	skip_plain(c);
	if (c->at > behind && !is_line_end(c, behind))
		c->why = "text behind a closing quote";
	if (cell == NULL || c->why != NULL)
		return 0;
	if (doubled > 0 && (text = undouble(arena, text, &len)) == NULL)
		return -1;
	*cell = value_text(text, len);
	return 0;
}

static void
take_plain(struct cursor *c, struct value *cell)
{
	const char *text = c->at;
	size_t len;

	skip_plain(c);
	len = (size_t)(c->at - text);
	if (c->at == c->end || *c->at == '\n')
		len = delimited_trim(text, len);
	if (cell != NULL)
		*cell = value_text(text, len);
}

/* Takes all fields of a record; 0, or -1 when memory is short. */
static int
take_fields(struct cursor *c, const struct layout *layout, struct arena *arena, struct value *row,
    size_t *have)
{
	unsigned next = 0;

	for (unsigned place = 0;; place++, c->at++) {
		struct value *cell = NULL;

		if (next < layout->fields && layout->field[next].at == place)
			cell = &row[layout->field[next++].slot];
		if (c->at < c->end && *c->at == '"') {
			if (take_quoted(c, arena, cell) == -1)
				return -1;
		} else {
			take_plain(c, cell);
		}
		*have = place + 1;
		if (c->at == c->end || *c->at == '\n')
			break;
	}
	for (; next < layout->fields; next++)
		row[layout->field[next].slot] = value_null();
	return 0;
}

static int
csv_record(struct reading *in, struct value *row)
{
	struct cursor c = { .at = in->text, .end = in->end };
	const char *start = in->text;
	size_t have, len;

	if (take_fields(&c, in->layout, in->arena, row, &have) == -1)
		return -1;
	in->text = c.at < c.end ? c.at + 1 : c.end;
	len = (size_t)(c.at - start);
	if (c.why != NULL && len > 0 && start[len - 1] == '\n')
		len--;			/* the text's own end, swallowed by the open quote */
	len = delimited_trim(start, len);
	if (c.why != NULL) {
		bad_record(in->bad, start, len, "%s", c.why);
		return 0;
	}
	return delimited_accept(in, row, start, len, have);
}

static const struct delimited csv = {
	.separator = SEPARATOR,
	.special = '"',
	.record = csv_record,
};

static int
csv_read(struct reading *in)
{
	return delimited_read(in, &csv);
}

static int
csv_header(const char *record, size_t len, struct arena *arena, const char **names,
    struct err *err)
{
	return delimited_header(&csv, record, len, arena, names, err);
}

/* ---- writing ---- */

/* Most bytes that a field can take. */
static size_t
field_max(const struct value *v)
{
	return v->kind == VALUE_TEXT ? 2 * (size_t)v->len + 2 : NUM_DOUBLE_BYTES;
}

static const char quoted[256] = { [SEPARATOR] = 1, ['"'] = 1, ['\n'] = 1, ['\r'] = 1 };

static char *
put_text(char *p, const char *text, size_t len)
{
	char seen = 0;

	for (size_t i = 0; i < len; i++)
		seen |= quoted[(unsigned char)text[i]];
	if (seen == 0) {
		if (len > 0)
			memcpy(p, text, len);
		return p + len;
	}
	*p++ = '"';
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			*p++ = '"';
		*p++ = text[i];
	}
	*p++ = '"';
	return p;
}

static char *
put_value(char *p, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		return p;
	case VALUE_TEXT:
		return put_text(p, v->text, v->len);
	case VALUE_INT:
		return p + num_format_i64(p, v->i);
	case VALUE_DOUBLE:
		return p + num_format_double(p, v->d);
	case VALUE_BOOL:
		memcpy(p, v->i != 0 ? "true" : "false", 5);
		return p + (v->i != 0 ? 4 : 5);
	}
	return p;
}

static int
csv_row(struct encoder *e, const struct schema *s, const struct value *cells)
{
	size_t need = ENCODE_LEAD + s->columns + 4;
	char *p, *start;

	for (unsigned i = 0; i < s->columns; i++)
		need += field_max(&cells[s->column[i].slot]);
	if (buf_reserve(&e->out, need) == -1)
		return -1;
	start = p = e->out.data + e->out.len;
	p += encode_lead(p, e, SEPARATOR);
	for (unsigned i = 0; i < s->columns; i++) {
		if (i > 0 || p > start)
			*p++ = SEPARATOR;
		p = put_value(p, &cells[s->column[i].slot]);
	}
	if (p == start) {		/* a blank line would be skipped by those who read it */
		*p++ = '"';
		*p++ = '"';
	}
	*p++ = '\n';
	e->out.len += (size_t)(p - start);
	return 0;
}

static int
csv_rows(struct encoder *e, const struct schema *s, const struct block *b)
{
	return rows_each(e, s, b, csv_row);
}

static int
csv_head(struct encoder *e, const struct schema *s)
{
	return rows_head(e, s, csv_row);
}

const struct format_class format_csv = {
	.name = "csv",
	.help = "comma-separated values with quotes (RFC 4180)",
	.flags = FORMAT_HEADER | FORMAT_QUOTED | FORMAT_BARE,
	.lane_size = sizeof(struct delimited_lane),
	.lane_open = delimited_lane_open,
	.read = csv_read,
	.header = csv_header,
	.head = csv_head,
	.rows = csv_rows,
};
