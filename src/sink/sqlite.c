/*
 * sqlite:FILE#TABLE: rows as rows of a table, one transaction for each batch.
 *
 * Rows of a time that an earlier run has already put there take the place of those: the first time
 * that a time comes in this run, the rows of that time are removed.  The table tells how late its
 * newest rows were when it was found, so the usual run, whose times are later, removes nothing.
 */
#include "base/decimal.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "core/block.h"
#include "sink/sink.h"
#include "sink/table.h"

#include <string.h>

#define NUMBER_TEXT 64			/* bytes of the longest text that can be a number */

struct sqlite {
	struct table	 table;
	bool		 open;		/* the batch has rows ... */
	bool		 marked;	/* ... that take the place of others */
	int64_t		*seen;		/* times of this run that the table had, in order */
	size_t		 n, cap;
	char		 time[TSTAMP_BYTES];	/* of the rows that are given now */
};

/* ---- times ---- */

/* Adds a time; 1: it is new, 0: it was there, -1: memory is short. */
static int
add_time(struct sqlite *q, int64_t ms)
{
	size_t i = q->n;

	while (i > 0 && q->seen[i - 1] > ms)	/* they mostly come in order */
		i--;
	if (i > 0 && q->seen[i - 1] == ms)
		return 0;
	if (q->n == q->cap) {
		size_t cap = q->cap == 0 ? 64 : q->cap * 2;
		int64_t *seen = mem_realloc(q->seen, cap * sizeof(*seen));

		if (seen == NULL)
			return -1;
		q->seen = seen;
		q->cap = cap;
	}
	memmove(q->seen + i + 1, q->seen + i, (q->n - i) * sizeof(*q->seen));
	q->seen[i] = ms;
	q->n++;
	return 1;
}

/* Sets the time of the rows to come, and marks it if an earlier run gave rows for it. */
static int
set_time(struct sqlite *q, int64_t time, struct err *err)
{
	int64_t ms = time / 1000 - (time % 1000 < 0);
	int is_new;

	(void)tstamp_format(q->time, ms);
	if (ms > q->table.newest)
		return 0;
	is_new = add_time(q, ms);
	if (is_new == -1)
		return err_memory(err, "keeping the times of a table");
	if (is_new == 0)
		return 0;
	q->marked = true;
	if (sqlite3_bind_text(q->table.statement[TABLE_MARK], 1, q->time, sizeof(q->time),
	    SQLITE_STATIC) != SQLITE_OK)
		return table_error(&q->table, err);
	return table_run(&q->table, TABLE_MARK, err);
}

/* ---- values ---- */

/* Empty text is no NULL. */
static int
bind_text(sqlite3_stmt *statement, int at, const struct value *v)
{
	return sqlite3_bind_text64(statement, at, v->len > 0 ? v->text : "", v->len,
	    SQLITE_STATIC, SQLITE_UTF8);
}

static bool
is_whole(const struct value *v)
{
	for (size_t i = 0; i < v->len; i++)
		if (v->text[i] == '.' || v->text[i] == 'e' || v->text[i] == 'E')
			return false;
	return true;
}

/*
 * Text without a type: what looks like a number is one, if it can be kept as one.  A whole number
 * of more than 64 bits would lose digits as a double: it stays text.
 */
static int
bind_bare(sqlite3_stmt *statement, int at, const struct value *v)
{
	enum decimal kind = DECIMAL_NONE;
	int64_t i = 0;
	double d;

	if (v->len <= NUMBER_TEXT)
		kind = decimal_parse(v->text, v->len, &i, &d);
	if (kind == DECIMAL_DOUBLE && !is_whole(v))
		return sqlite3_bind_double(statement, at, d);
	if (kind == DECIMAL_INT || (kind == DECIMAL_DOUBLE && d == 0))	/* -0 is 0 */
		return sqlite3_bind_int64(statement, at, i);
	return bind_text(statement, at, v);
}

static int
bind_value(sqlite3_stmt *statement, int at, const struct value *v, bool bare)
{
	switch (v->kind) {
	case VALUE_INT:
	case VALUE_BOOL:
		return sqlite3_bind_int64(statement, at, v->i);
	case VALUE_DOUBLE:
		return sqlite3_bind_double(statement, at, v->d);
	case VALUE_TEXT:
		return bare ? bind_bare(statement, at, v) : bind_text(statement, at, v);
	default:
		return sqlite3_bind_null(statement, at);
	}
}

/* ---- rows ---- */

static int
insert(struct sqlite *q, const struct schema *schema, const struct value *cells, struct err *err)
{
	sqlite3_stmt *statement = q->table.statement[TABLE_KEEP];
	int rc = sqlite3_bind_text(statement, 1, q->time, sizeof(q->time), SQLITE_STATIC);

	for (unsigned i = 0; i < schema->columns && rc == SQLITE_OK; i++)
		rc = bind_value(statement, (int)i + 2, &cells[schema->column[i].slot],
		    schema->column[i].bare);
	return rc != SQLITE_OK ? table_error(&q->table, err) :
	    table_run(&q->table, TABLE_KEEP, err);
}

/* Lines are rows of one column. */
static int
insert_lines(struct sqlite *q, const struct schema *schema, const struct block *b, struct err *err)
{
	const char *text = b->text, *end = b->text + b->len;
	struct value cells[SCHEMA_MAX] = { { .kind = VALUE_NULL } };

	while (text < end) {
		const char *start = text;
		size_t len;

		text = line_next(text, end, &len);
		cells[schema->column[0].slot] = value_text(start, len);
		if (insert(q, schema, cells, err) == -1)
			return -1;
	}
	return 0;
}

/* The batch has its first rows; with the very first ones the table is looked for. */
static int
begin(struct sqlite *q, const struct schema *schema, struct err *err)
{
	if (!q->table.ready && table_prepare(&q->table, schema, err) == -1)
		return -1;
	if (table_run(&q->table, TABLE_BEGIN, err) == -1)
		return -1;
	q->open = true;
	return 0;
}

static int
rows_sqlite(struct sink *s, const struct schema *schema, const struct block *b, struct err *err)
{
	struct sqlite *q = s->private;

	if (b->records == 0)
		return 0;
	if (!q->open && begin(q, schema, err) == -1)
		return -1;
	if (set_time(q, b->time, err) == -1)
		return -1;
	if (b->text != NULL)
		return insert_lines(q, schema, b, err);
	for (uint64_t row = 0; row < b->records; row++)
		if (insert(q, schema, b->cells + row * b->width, err) == -1)
			return -1;
	return 0;
}

static int
end_sqlite(struct sink *s, int64_t time, struct err *err)
{
	struct sqlite *q = s->private;
	struct table *t = &q->table;

	(void)time;
	if (!q->open)
		return 0;
	if (table_run(t, TABLE_COMMIT, err) == -1 || table_run(t, TABLE_LOCK, err) == -1 ||
	    (q->marked && table_run(t, TABLE_REMOVE, err) == -1) ||
	    table_run(t, TABLE_COPY, err) == -1 || table_run(t, TABLE_FORGET, err) == -1 ||
	    (q->marked && table_run(t, TABLE_UNMARK, err) == -1) ||
	    table_run(t, TABLE_COMMIT, err) == -1)
		return -1;
	q->open = q->marked = false;
	return 0;
}

static int
close_sqlite(struct sink *s, struct err *err)
{
	struct sqlite *q = s->private;
	char *file = q->table.file;

	(void)err;
	table_close(&q->table);
	mem_free(file);
	mem_free(q->seen);
	*q = (struct sqlite){ 0 };
	return 0;
}

static int
open_sqlite(struct sink *s, struct err *err)
{
	struct sqlite *q = s->private;
	const char *hash = strrchr(s->rest, '#');
	struct err ignored;

	if (hash == NULL || hash == s->rest || hash[1] == '\0')
		return err_word(err, s->word, "no %s, write sqlite:FILE#TABLE",
		    s->rest[0] == '\0' || hash == s->rest ? "file" : "table");
	q->table.name = hash + 1;
	q->table.file = mem_strdup(s->rest);
	if (q->table.file == NULL)
		return err_memory(err, "starting");
	q->table.file[hash - s->rest] = '\0';
	if (table_open(&q->table, err) == 0)
		return 0;
	(void)close_sqlite(s, &ignored);
	return -1;
}

const struct sink_class sink_sqlite = {
	.name = "sqlite",
	.prefix = "sqlite:",
	.usage = "sqlite:FILE#TABLE",
	.help = "a table of an SQLite database",
	.flags = SINK_ROWS | SINK_IDEMPOTENT,
	.size = sizeof(struct sqlite),
	.open = open_sqlite,
	.rows = rows_sqlite,
	.end = end_sqlite,
	.close = close_sqlite,
};
