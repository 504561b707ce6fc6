/*
 * JSON lines out: one object a line, the columns its members.  Text of bare columns that is a
 * number is written as one, so that what came as csv can be added up by who reads it.  Records of
 * an open schema that are objects themselves give their members to the row.  A column or member
 * called time or batch stands in place of ours, for a name must not be there twice.
 */
#include "format/json_write.h"

#include "base/num.h"
#include "core/encode.h"
#include "format/json_text.h"
#include "format/rows.h"

#include <string.h>

static char *
put(char *p, const char *text, size_t len)
{
	memcpy(p, text, len);
	return p + len;
}

static size_t
value_max(const struct value *v)
{
	return v->kind == VALUE_TEXT ? JSON_TEXT_MAX(v->len) : NUM_DOUBLE_BYTES;
}

static char *
put_value(char *p, const struct value *v, bool bare)
{
	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_TEXT:
		if (bare && json_text_is_number(v->text, v->len))
			return put(p, v->text, v->len);
		return json_text_put(p, v->text, v->len);
	case VALUE_INT:
		return p + num_format_i64(p, v->i);
	case VALUE_DOUBLE:
		return p + num_format_double(p, v->d);
	case VALUE_BOOL:
		return v->i != 0 ? put(p, "true", 4) : put(p, "false", 5);
	}
	return put(p, "null", 4);
}

static bool
has(const struct schema *s, const char *name)
{
	for (unsigned i = 0; i < s->columns; i++)
		if (strcmp(s->column[i].name, name) == 0)
			return true;
	return false;
}

/* The first members: the time and the number of the batch; LEAD_MAX bytes at most. */
#define LEAD_MAX (ENCODE_LEAD * 6 + 32)

static char *
put_lead(char *p, const struct encoder *e, bool time, bool batch)
{
	time &= e->time_len > 0;
	if (time) {
		p = put(p, "\"time\":", 7);
		p = e->time_is_number ? put(p, e->time, e->time_len) :
		    json_text_put(p, e->time, e->time_len);
	}
	if (!batch || e->batch_len == 0)
		return p;
	if (time)
		*p++ = ',';
	return put(put(p, "\"batch\":", 8), e->batch, e->batch_len);
}

/* Columns of a schema from FIRST on, as members behind what begins at START. */
static char *
put_cells(char *p, const char *start, const struct schema *s, unsigned first,
    const struct value *cells)
{
	for (unsigned i = first; i < s->columns; i++) {
		const struct column *column = &s->column[i];

		if (p > start + 1)
			*p++ = ',';
		p = json_text_put(p, column->name, strlen(column->name));
		*p++ = ':';
		p = put_value(p, &cells[column->slot], column->bare);
	}
	return p;
}

static size_t
cells_max(const struct schema *s, unsigned first, const struct value *cells)
{
	size_t need = LEAD_MAX + 4;

	for (unsigned i = first; i < s->columns; i++)
		need += JSON_TEXT_MAX(strlen(s->column[i].name)) + 2 +
		    value_max(&cells[s->column[i].slot]);
	return need;
}

/* The members of a record, and behind them the columns that are not of it. */
static int
put_members(struct encoder *e, const struct json_members *m, const struct schema *s,
    const struct value *cells)
{
	char *p, *start;

	if (buf_reserve(&e->out, cells_max(s, 1, cells) + m->len) == -1)
		return -1;
	start = p = e->out.data + e->out.len;
	*p++ = '{';
	p = put_lead(p, e, !m->time, !m->batch);
	if (p > start + 1 && m->len > 0)
		*p++ = ',';
	if (m->len > 0)
		p = put(p, m->text, m->len);
	p = put_cells(p, start, s, 1, cells);
	p = put(p, "}\n", 2);
	e->out.len += (size_t)(p - start);
	return 0;
}

static int
put_columns(struct encoder *e, const struct schema *s, const struct value *cells)
{
	char *p, *start;

	if (buf_reserve(&e->out, cells_max(s, 0, cells)) == -1)
		return -1;
	start = p = e->out.data + e->out.len;
	*p++ = '{';
	p = put_lead(p, e, !has(s, "time"), !has(s, "batch"));
	p = put_cells(p, start, s, 0, cells);
	p = put(p, "}\n", 2);
	e->out.len += (size_t)(p - start);
	return 0;
}

static int
json_row(struct encoder *e, const struct schema *s, const struct value *cells)
{
	const struct value *record = &cells[SCHEMA_RECORD];
	struct json_members members;

	if (s->open && s->column[0].slot == SCHEMA_RECORD && record->kind == VALUE_TEXT &&
	    json_text_is_object(record->text, record->len, &members))
		return put_members(e, &members, s, cells);
	return put_columns(e, s, cells);
}

int
json_write_rows(struct encoder *e, const struct schema *s, const struct block *b)
{
	return rows_each(e, s, b, json_row);
}

/* Each row has its names. */
int
json_write_head(struct encoder *e, const struct schema *s)
{
	(void)e;
	(void)s;
	return 0;
}
