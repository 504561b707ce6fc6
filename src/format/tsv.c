/*
 * TSV: fields between tabs, in which \t \n \r \\ stand for one byte and a field \N for null, as
 * core/tsv writes them.  A backslash before anything else is data.  A carriage return before the
 * newline belongs to the line end.
 */
#include "core/format.h"

#include "core/encode.h"
#include "core/tsv.h"
#include "format/delimited.h"
#include "format/rows.h"

#include <string.h>

#define SEPARATOR '\t'

/* ---- reading ---- */

/* Takes the fields of a record, [TEXT .. end); how many there are, or -1 when memory is short. */
static int
take_fields(struct reading *in, const char *text, const char *end, struct value *row)
{
	const struct layout *layout = in->layout;
	unsigned next = 0;
	int place = 0;

	for (;; place++) {
		const char *tab = memchr(text, SEPARATOR, (size_t)(end - text));
		const char *stop = tab == NULL ? end : tab;

		if (next < layout->fields && layout->field[next].at == (unsigned)place &&
		    tsv_take(in->arena, text, (size_t)(stop - text),
		    &row[layout->field[next++].slot]) == -1)
			return -1;
		if (tab == NULL)
			break;
		text = tab + 1;
	}
	for (; next < layout->fields; next++)
		row[layout->field[next].slot] = value_null();
	return place + 1;
}

static int
tsv_record(struct reading *in, struct value *row)
{
	const char *start = in->text, *end = memchr(start, '\n', (size_t)(in->end - start));
	size_t len;
	int have;

	if (end == NULL)
		end = in->end;
	len = delimited_trim(start, (size_t)(end - start));
	have = take_fields(in, start, start + len, row);
	if (have == -1)
		return -1;
	in->text = end < in->end ? end + 1 : end;
	return delimited_accept(in, row, start, len, (size_t)have);
}

static const struct delimited tsv = {
	.separator = SEPARATOR,
	.special = '\\',
	.record = tsv_record,
};

static int
tsv_read(struct reading *in)
{
	return delimited_read(in, &tsv);
}

static int
tsv_names(const char *record, size_t len, struct arena *arena, const char **names,
    struct err *err)
{
	return delimited_header(&tsv, record, len, arena, names, err);
}

/* ---- writing ---- */

static int
tsv_encode(struct encoder *e, const struct schema *s, const struct value *cells)
{
	char head[ENCODE_LEAD + 1];
	size_t len = encode_lead(head, e, SEPARATOR);

	if (len > 0 && s->columns > 0)
		head[len++] = SEPARATOR;
	return tsv_columns(&e->out, head, len, s, cells);
}

static int
tsv_rows(struct encoder *e, const struct schema *s, const struct block *b)
{
	return rows_each(e, s, b, tsv_encode);
}

static int
tsv_head(struct encoder *e, const struct schema *s)
{
	return rows_head(e, s, tsv_encode);
}

const struct format_class format_tsv = {
	.name = "tsv",
	.help = "tab-separated values, \\t \\n \\r \\\\ escaped, \\N null",
	.flags = FORMAT_HEADER | FORMAT_BARE,
	.lane_size = sizeof(struct delimited_lane),
	.lane_open = delimited_lane_open,
	.read = tsv_read,
	.header = tsv_names,
	.head = tsv_head,
	.rows = tsv_rows,
};
