/* TSV, see tsv.h. */
#include "core/tsv.h"

#include "base/num.h"
#include "base/scan.h"

#include <string.h>

/* The letter that stands for a byte behind the backslash, or 0 for a byte that passes. */
static const char escapes[256] = { ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r', ['\\'] = '\\' };

/* Most bytes that a value can take. */
static size_t
value_max(const struct value *v)
{
	return v->kind == VALUE_TEXT ? 2 * (size_t)v->len : NUM_DOUBLE_BYTES;
}

/* Text is mostly free of bytes to escape: looks first, then copies it whole. */
static char *
put_text(char *p, const char *text, size_t len)
{
	char seen = 0;

	for (size_t i = 0; i < len; i++)
		seen |= escapes[(unsigned char)text[i]];
	if (seen == 0) {
		if (len > 0)
			memcpy(p, text, len);
		return p + len;
	}
	for (size_t i = 0; i < len; i++) {
		char letter = escapes[(unsigned char)text[i]];

		if (letter != 0)
			*p++ = '\\';
		*p++ = letter != 0 ? letter : text[i];
	}
	return p;
}

static char *
put_bytes(char *p, const char *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

static char *
put_value(char *p, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_TEXT:
		return put_text(p, v->text, v->len);
	case VALUE_INT:
		return p + num_format_i64(p, v->i);
	case VALUE_DOUBLE:
		return p + num_format_double(p, v->d);
	case VALUE_BOOL:
		return v->i != 0 ? put_bytes(p, "true", 4) : put_bytes(p, "false", 5);
	}
	return put_bytes(p, "\\N", 2);
}

/* The cell of column I; without columns the cells are in order. */
static const struct value *
cell_of(const struct value *cells, const struct column *column, unsigned i)
{
	return &cells[column != NULL ? column[i].slot : i];
}

/* Appends the fields joined by tabs, and LAST if it is not NUL; asks for room once. */
static int
put_row(struct buf *out, const char *head, size_t head_len, const struct value *cells,
    const struct column *column, unsigned columns, char last)
{
	size_t need = head_len + columns + 1;
	char *p;

	for (unsigned i = 0; i < columns; i++)
		need += value_max(cell_of(cells, column, i));
	if (buf_reserve(out, need) == -1)
		return -1;
	p = put_bytes(out->data + out->len, head, head_len);
	for (unsigned i = 0; i < columns; i++) {
		if (i > 0)
			*p++ = '\t';
		p = put_value(p, cell_of(cells, column, i));
	}
	if (last != '\0')
		*p++ = last;
	out->len = (size_t)(p - out->data);
	return 0;
}

int
tsv_columns(struct buf *out, const char *head, size_t head_len, const struct schema *s,
    const struct value *cells)
{
	return put_row(out, head, head_len, cells, s->column, s->columns, '\n');
}

int
tsv_field(struct buf *out, const struct value *v)
{
	return put_row(out, "", 0, v, NULL, 1, '\0');
}

int
tsv_row(struct buf *out, const struct value *cells, unsigned columns)
{
	return put_row(out, "", 0, cells, NULL, columns, '\0');
}

int
tsv_lines(const struct block *rows, unsigned columns, struct buf *space, struct block *lines)
{
	uint64_t records = rows->records;

	space->len = 0;
	for (uint64_t row = 0; row < records; row++)
		if (put_row(space, "", 0, rows->cells + row * rows->width, NULL, columns,
		    '\n') == -1)
			return -1;
	if (buf_reserve(space, SCAN_PAD) == -1)
		return -1;
	lines->text = space->data;
	lines->len = space->len;
	lines->records = records;
	return 0;
}

/* ---- reading ---- */

/* The byte that \LETTER stands for, or 0. */
static char
unescaped(char letter)
{
	switch (letter) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case '\\':
		return '\\';
	default:
		return '\0';
	}
}

/* A field with a backslash in it; 0, or -1 when memory is short. */
static int
unescape(struct arena *arena, const char *text, size_t len, struct value *cell)
{
	const char *end = text + len;
	char *out, *to;

	if (len == 2 && text[1] == 'N') {
		*cell = value_null();
		return 0;
	}
	to = out = arena_bytes(arena, len);
	if (out == NULL)
		return -1;
	while (text < end) {
		char byte = *text == '\\' && text + 1 < end ? unescaped(text[1]) : '\0';

		*to++ = byte != '\0' ? byte : *text;
		text += byte != '\0' ? 2 : 1;
	}
	*cell = value_text(out, (size_t)(to - out));
	return 0;
}

int
tsv_take(struct arena *arena, const char *text, size_t len, struct value *cell)
{
	if (memchr(text, '\\', len) != NULL)
		return unescape(arena, text, len, cell);
	*cell = value_text(text, len);
	return 0;
}
