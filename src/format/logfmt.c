/*
 * logfmt: key=value pairs between blanks, as many programs log.  A value with blanks or quotes in
 * it stands between double quotes, with \" \\ \n \t \r and \uXXXX inside; a backslash before
 * anything else is data.  A key without = is true.  Of two pairs of one key the last counts; what
 * is not there is null.  Blank lines are skipped, neither rows nor bad.
 */
#include "core/format.h"

#include "base/num.h"
#include "base/utf8.h"
#include "format/rows.h"

#include <string.h>

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* ---- reading ---- */

struct pair {
	const char	*key, *value;	/* value: NULL if there is no = */
	size_t		 key_len, len;
	bool		 escaped;	/* the value has backslashes to look at */
};

/* Finds the end of a quoted value; the reason if there is something wrong, else NULL. */
static const char *
take_quoted(const char **at, const char *end, struct pair *p)
{
	const char *text = *at + 1;

	p->value = text;
	for (; text < end && *text != '"'; text++) {
		if (*text == '\\' && text + 1 < end) {
			p->escaped = true;
			text++;
		}
	}
	if (text == end)
		return "a quote that does not end";
	p->len = (size_t)(text - p->value);
	*at = text + 1;
	return *at < end && !is_blank(**at) ? "text behind a closing quote" : NULL;
}

/* Takes the pair at *AT, which is no blank, and moves behind it.  As take_quoted. */
static const char *
take_pair(const char **at, const char *end, struct pair *p)
{
	const char *text = *at;

	*p = (struct pair){ .key = text };
	while (text < end && !is_blank(*text) && *text != '=')
		text++;
	p->key_len = (size_t)(text - p->key);
	*at = text;
	if (p->key_len == 0)
		return "a value without a key";
	if (text == end || *text != '=')
		return NULL;
	*at = ++text;
	if (text < end && *text == '"')
		return take_quoted(at, end, p);
	while (text < end && !is_blank(*text))
		text++;
	p->value = *at;
	p->len = (size_t)(text - *at);
	*at = text;
	return NULL;
}

/* The code unit of the four hexadecimal digits at TEXT, or -1. */
static int
hex4(const char *text, const char *end)
{
	int unit = 0;

	if (end - text < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = text[i] | 0x20;
		bool digit = text[i] >= '0' && text[i] <= '9';

		if (!digit && (c < 'a' || c > 'f'))
			return -1;
		unit = unit * 16 + (digit ? text[i] - '0' : c - 'a' + 10);
	}
	return unit;
}

/* Writes what \uXXXX at TEXT stands for; how many bytes of text that is, 0 if it is none. */
static size_t
put_unicode(char **to, const char *text, const char *end)
{
	int unit = hex4(text + 2, end), low;
	size_t size = 6;

	if (unit == -1)
		return 0;
	if (unit >= 0xd800 && unit < 0xdc00 && end - text >= 12 && text[6] == '\\' &&
	    text[7] == 'u' && (low = hex4(text + 8, end)) >= 0xdc00 && low < 0xe000) {
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		size = 12;
	}
	*to += utf8_encode(*to, (uint32_t)unit);
	return size;
}

/* Writes what the backslash at TEXT stands for; returns how many bytes of text that is. */
static size_t
put_unescaped(char **to, const char *text, const char *end)
{
	static const char letters[] = "\"\\ntr", bytes[] = "\"\\\n\t\r";
	const char *letter;
	size_t size = 0;

	if (text + 1 == end) {
		*(*to)++ = *text;
		return 1;
	}
	letter = memchr(letters, text[1], sizeof(letters) - 1);
	if (letter != NULL) {
		*(*to)++ = bytes[letter - letters];
		return 2;
	}
	if (text[1] == 'u')
		size = put_unicode(to, text, end);
	if (size == 0) {
		*(*to)++ = text[0];
		*(*to)++ = text[1];
		size = 2;
	}
	return size;
}

/* 0, or -1 when memory is short. */
static int
make_value(struct arena *arena, const struct pair *p, struct value *cell)
{
	const char *text, *end;
	char *out, *to;

	if (p->value == NULL) {
		*cell = value_bool(true);
		return 0;
	}
	if (!p->escaped) {
		*cell = value_text(p->value, p->len);
		return 0;
	}
	text = p->value;
	end = text + p->len;
	to = out = arena_bytes(arena, p->len);	/* it only gets shorter */
	if (out == NULL)
		return -1;
	while (text < end) {
		if (*text == '\\')
			text += put_unescaped(&to, text, end);
		else
			*to++ = *text++;
	}
	*cell = value_text(out, (size_t)(to - out));
	return 0;
}

static int
store_pair(struct reading *in, const struct pair *p, struct value *row)
{
	for (unsigned i = 0; i < in->layout->fields; i++) {
		const struct layout_field *field = &in->layout->field[i];

		if (field->len == p->key_len && memcmp(field->name, p->key, field->len) == 0)
			return make_value(in->arena, p, &row[field->slot]);
	}
	return 0;
}

/* Takes one record; 1: a row, 0: none, -1: memory is short. */
static int
take_record(struct reading *in, const char *record, size_t len, struct value *row)
{
	const char *at = record, *end = record + len, *why = NULL;
	bool any = false;

	for (unsigned i = 0; i < in->layout->fields; i++)
		row[in->layout->field[i].slot] = value_null();
	row[0] = value_text(record, len);
	for (;;) {
		struct pair pair;

		while (at < end && is_blank(*at))
			at++;
		if (at == end)
			return any;
		any = true;
		why = take_pair(&at, end, &pair);
		if (why != NULL) {
			bad_record(in->bad, record, len, "column %zu: %s",
			    (size_t)(at - record) + 1, why);
			return 0;
		}
		if (store_pair(in, &pair, row) == -1)
			return -1;
	}
}

static int
logfmt_read(struct reading *in)
{
	in->rows = 0;
	while (in->text < in->end && in->rows < in->cap) {
		const char *record = in->text;
		size_t len;
		int made;

		in->text = line_next(record, in->end, &len);
		made = take_record(in, record, len, in->cells + in->rows * in->layout->width);
		if (made == -1)
			return -1;
		in->rows += (size_t)made;
	}
	return 0;
}

/* ---- writing ---- */

static int
put_text(struct buf *out, const char *text, size_t len)
{
	static const char bytes[] = "\"\\\n\t\r", letters[] = "\"\\ntr";
	bool plain = len > 0;
	char *p;

	for (size_t i = 0; i < len && plain; i++)
		plain = (unsigned char)text[i] > ' ' && text[i] != '"' && text[i] != '\\' &&
		    text[i] != '=';
	if (plain)
		return buf_add(out, text, len);
	if (buf_reserve(out, 2 * len + 2) == -1)
		return -1;
	p = out->data + out->len;
	*p++ = '"';
	for (size_t i = 0; i < len; i++) {
		const char *escape = memchr(bytes, text[i], sizeof(bytes) - 1);

		if (escape != NULL)
			*p++ = '\\';
		*p++ = escape != NULL ? letters[escape - bytes] : text[i];
	}
	*p++ = '"';
	out->len = (size_t)(p - out->data);
	return 0;
}

static int
put_value(struct buf *out, const struct value *v)
{
	char number[NUM_DOUBLE_BYTES];

	switch (v->kind) {
	case VALUE_TEXT:
		return put_text(out, v->text, v->len);
	case VALUE_INT:
		return buf_add(out, number, num_format_i64(number, v->i));
	case VALUE_DOUBLE:
		return buf_add(out, number, num_format_double(number, v->d));
	case VALUE_BOOL:
		return v->i != 0 ? buf_add(out, "true", 4) : buf_add(out, "false", 5);
	default:
		return 0;
	}
}

/* A key with what would end it replaced by _, for a key cannot be quoted. */
static int
put_key(struct buf *out, const char *name)
{
	size_t len = strlen(name);

	if (buf_reserve(out, len + 2) == -1)
		return -1;
	for (size_t i = 0; i < len; i++)
		out->data[out->len++] = (unsigned char)name[i] <= ' ' || name[i] == '=' ||
		    name[i] == '"' ? '_' : name[i];
	out->data[out->len++] = '=';
	return 0;
}

/* The columns before those of the row. */
static int
put_lead(struct encoder *e)
{
	struct buf *out = &e->out;

	if (e->time_len > 0 && (buf_add(out, "time=", 5) == -1 ||
	    buf_add(out, e->time, e->time_len) == -1))
		return -1;
	if (e->batch_len > 0 && ((e->time_len > 0 && buf_add(out, " ", 1) == -1) ||
	    buf_add(out, "batch=", 6) == -1 || buf_add(out, e->batch, e->batch_len) == -1))
		return -1;
	return 0;
}

/* A null is left out: that is how it will be read. */
static int
logfmt_row(struct encoder *e, const struct schema *s, const struct value *cells)
{
	size_t start = e->out.len;

	if (put_lead(e) == -1)
		return -1;
	for (unsigned i = 0; i < s->columns; i++) {
		const struct value *v = &cells[s->column[i].slot];

		if (v->kind == VALUE_NULL)
			continue;
		if ((e->out.len > start && buf_add(&e->out, " ", 1) == -1) ||
		    put_key(&e->out, s->column[i].name) == -1 || put_value(&e->out, v) == -1)
			return -1;
	}
	return buf_add(&e->out, "\n", 1);
}

static int
logfmt_rows(struct encoder *e, const struct schema *s, const struct block *b)
{
	return rows_each(e, s, b, logfmt_row);
}

/* Each row has its names. */
static int
logfmt_head(struct encoder *e, const struct schema *s)
{
	(void)e;
	(void)s;
	return 0;
}

const struct format_class format_logfmt = {
	.name = "logfmt",
	.help = "key=value pairs, values with blanks in quotes",
	.flags = FORMAT_OPEN | FORMAT_BARE,
	.read = logfmt_read,
	.head = logfmt_head,
	.rows = logfmt_rows,
};
