/* The TSV encoder, see tsv.h. */
#include "core/tsv.h"

#include "base/num.h"
#include "base/scan.h"
#include "base/tstamp.h"

#include <string.h>

#define NUMBER_MAX 20			/* characters of the longest 64-bit number */

/* The letter that stands for a byte behind the backslash, or 0 for a byte that passes. */
static const char escapes[256] = { ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r', ['\\'] = '\\' };

/* Seconds, with three decimals if they are not whole; returns how many characters. */
static size_t
format_seconds(char *out, int64_t ms)
{
	uint64_t size = ms < 0 ? -(uint64_t)ms : (uint64_t)ms, part = size % 1000;
	size_t len = 0;

	if (ms < 0)
		out[len++] = '-';
	len += num_format_u64(out + len, size / 1000);
	if (part == 0)
		return len;
	out[len++] = '.';
	out[len++] = (char)('0' + part / 100);
	out[len++] = (char)('0' + part / 10 % 10);
	out[len++] = (char)('0' + part % 10);
	return len;
}

void
tsv_set_time(struct tsv *t, int64_t us)
{
	int64_t ms = us / 1000 - (us % 1000 < 0);

	t->time_len = 0;
	switch (t->format) {
	case TIME_NONE:
		return;
	case TIME_ISO:
		t->time_len = tstamp_format(t->time, ms);
		break;
	case TIME_EPOCH:
		t->time_len = format_seconds(t->time, ms);
		break;
	case TIME_EPOCH_MS:
		t->time_len = num_format_i64(t->time, ms);
		break;
	}
	t->time[t->time_len++] = '\t';
}

/* Most bytes that a value can take. */
static size_t
value_max(const struct value *v)
{
	return v->kind == VALUE_TEXT ? 2 * v->len : NUMBER_MAX;
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
put_value(char *p, const struct value *v)
{
	return v->kind == VALUE_TEXT ? put_text(p, v->text, v->len) : p + num_format_i64(p, v->i);
}

/* Appends HEAD, the fields joined by tabs, and LAST if it is not NUL; asks for room once. */
static int
put_row(struct buf *out, const char *head, size_t head_len, const struct value *cells,
    unsigned columns, char last)
{
	size_t need = head_len + columns + 1;
	char *p;

	for (unsigned i = 0; i < columns; i++)
		need += value_max(&cells[i]);
	if (buf_reserve(out, need) == -1)
		return -1;
	p = out->data + out->len;
	memcpy(p, head, head_len);
	p += head_len;
	for (unsigned i = 0; i < columns; i++) {
		if (i > 0)
			*p++ = '\t';
		p = put_value(p, &cells[i]);
	}
	if (last != '\0')
		*p++ = last;
	out->len = (size_t)(p - out->data);
	return 0;
}

int
tsv_field(struct buf *out, const struct value *v)
{
	return put_row(out, "", 0, v, 1, '\0');
}

int
tsv_row(struct buf *out, const struct value *cells, unsigned columns)
{
	return put_row(out, "", 0, cells, columns, '\0');
}

static int
lines_block(struct tsv *t, const struct block *b)
{
	const char *text = b->text, *end = b->text + b->len;

	while (text < end) {
		struct value line = { .kind = VALUE_TEXT, .text = text };

		text = line_next(text, end, &line.len);
		if (put_row(&t->out, t->time, t->time_len, &line, 1, '\n') == -1)
			return -1;
	}
	return 0;
}

int
tsv_block(struct tsv *t, const struct block *b)
{
	if (b->text != NULL)
		return lines_block(t, b);
	for (uint64_t row = 0; row < b->records; row++)
		if (put_row(&t->out, t->time, t->time_len, b->cells + row * b->columns,
		    b->columns, '\n') == -1)
			return -1;
	return 0;
}

int
tsv_header(struct tsv *t, const struct schema *s)
{
	struct value cells[SCHEMA_MAX];

	for (unsigned i = 0; i < s->columns; i++)
		cells[i] = (struct value){
			.kind = VALUE_TEXT, .text = s->name[i], .len = strlen(s->name[i]),
		};
	if (t->format != TIME_NONE && buf_add(&t->out, "time\t", 5) == -1)
		return -1;
	if (tsv_row(&t->out, cells, s->columns) == -1)
		return -1;
	return buf_add(&t->out, "\n", 1);
}

int
tsv_lines(const struct block *rows, struct buf *space, struct block *lines)
{
	space->len = 0;
	for (uint64_t row = 0; row < rows->records; row++)
		if (put_row(space, "", 0, rows->cells + row * rows->columns, rows->columns,
		    '\n') == -1)
			return -1;
	if (buf_reserve(space, SCAN_PAD) == -1)
		return -1;
	*lines = (struct block){
		.text = space->data, .len = space->len, .records = rows->records,
	};
	return 0;
}
