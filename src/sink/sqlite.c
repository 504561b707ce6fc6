/*
 * sqlite:FILE#TABLE: rows as rows of a table, one transaction for each batch.
 *
 * Rows of a time that an earlier run has already put there take the place of those: the first time
 * that a time comes in this run, the rows of that time are removed.  The table tells how late its
 * newest rows were when it was found, so the usual run, whose times are later, removes nothing.
 *
 * With a checkpoint rows wait until it is committed (see pending.h), and what the table was like
 * when the first run found it is saved with it.
 */
#include "base/decimal.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "base/wire.h"
#include "core/block.h"
#include "sink/pending.h"
#include "sink/seen.h"
#include "sink/sink.h"
#include "sink/table.h"

#include <string.h>

#define NUMBER_TEXT 64			/* bytes of the longest text that can be a number */

struct sqlite {
	struct table	 table;
	struct pending	 pending;	/* with a checkpoint */
	bool		 open;		/* the batch has rows ... */
	bool		 marked;	/* ... that take the place of others */
	bool		 kept;		/* with a checkpoint: there are rows that do not wait yet */
	bool		 full;		/* what is committed is on the disk */
	bool		 found;		/* a run before found the table, and there ... */
	int64_t		 newest;	/* ... this was its newest time */
	struct seen	 seen;		/* times of this run that the table had */
	char		 time[TSTAMP_BYTES];	/* of the rows that are given now ... */
	int64_t		 batch;		/* ... and the number of their batch */
};

/* Sets the time of the rows to come, and marks it if an earlier run gave rows for it. */
static int
set_time(struct sqlite *q, int64_t time, struct err *err)
{
	int64_t ms = time / 1000 - (time % 1000 < 0);
	int is_new;

	(void)tstamp_format(q->time, ms);
	if (ms > q->table.newest)
		return 0;
	is_new = seen_add(&q->seen, ms);
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
	int at = 1, rc = sqlite3_bind_text(statement, at++, q->time, sizeof(q->time),
	    SQLITE_STATIC);

	if (q->table.batch && rc == SQLITE_OK)
		rc = sqlite3_bind_int64(statement, at++, q->batch);
	for (unsigned i = 0; i < schema->columns && rc == SQLITE_OK; i++)
		rc = bind_value(statement, at++, &cells[schema->column[i].slot],
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

/* The table is looked for.  What this job has put there in runs before is not of an earlier one. */
static int
prepare(struct sqlite *q, const struct schema *schema, struct err *err)
{
	if (table_prepare(&q->table, schema, err) == -1)
		return -1;
	if (q->pending.table == NULL)
		return 0;
	if (q->found)
		q->table.newest = q->newest;
	q->found = true;
	q->newest = q->table.newest;
	return pending_prepare(&q->pending, schema, err);
}

/* The batch has its first rows. */
static int
begin(struct sqlite *q, const struct schema *schema, struct err *err)
{
	if (!q->table.ready && prepare(q, schema, err) == -1)
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
	q->batch = (int64_t)s->batch;
	q->table.batch = s->batch > 0;
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
	if (table_run(t, TABLE_COMMIT, err) == -1)
		return -1;
	if (s->deferred) {
		q->open = false;
		q->kept = true;
		return 0;
	}
	if (table_run(t, TABLE_LOCK, err) == -1 ||
	    (q->marked && table_run(t, TABLE_REMOVE, err) == -1) ||
	    table_run(t, TABLE_COPY, err) == -1 || table_run(t, TABLE_FORGET, err) == -1 ||
	    (q->marked && table_run(t, TABLE_UNMARK, err) == -1) ||
	    table_run(t, TABLE_COMMIT, err) == -1)
		return -1;
	q->open = q->marked = false;
	return 0;
}

/* ---- with a checkpoint ---- */

static int
put_saved(const struct sqlite *q, struct buf *out)
{
	if (wire_put_word(out, q->pending.id) == -1 ||
	    wire_put(out, (uint64_t)q->pending.save) == -1 || wire_put(out, q->found) == -1 ||
	    wire_put_word(out, (uint64_t)q->newest) == -1)
		return -1;
	return seen_save(&q->seen, out);
}

static int
save_sqlite(struct sink *s, bool sync, struct buf *out, struct err *err)
{
	struct sqlite *q = s->private;

	if (sync && !q->full && table_full(&q->table, err) == -1)
		return -1;
	q->full |= sync;
	if (q->kept && pending_put(&q->pending, err) == -1)
		return -1;
	q->kept = q->marked = false;
	return put_saved(q, out) == -1 ? err_memory(err, "writing a checkpoint") : 0;
}

static int
publish_sqlite(struct sink *s, struct err *err)
{
	struct sqlite *q = s->private;

	return pending_publish(&q->pending, err);
}

static int
load(struct sink *s, struct err *err)
{
	struct sqlite *q = s->private;
	struct wire in = { .at = s->saved->data, .end = s->saved->data + s->saved->len };
	uint64_t save, found;

	q->pending.id = wire_get_word(&in);
	save = wire_get(&in);
	found = wire_get(&in);
	q->newest = (int64_t)wire_get_word(&in);
	if (seen_load(&q->seen, &in) == -1)
		return err_memory(err, "starting");
	if (in.damaged || in.at != in.end || save > INT64_MAX || found > 1)
		return sink_damaged(s, err);
	q->pending.save = (int64_t)save;
	q->found = found == 1;
	return 0;
}

/* Goes on behind the save of a run before, whose table must be there. */
static int
reopen(struct sink *s, struct err *err)
{
	struct sqlite *q = s->private;
	int there;

	if (table_open(&q->table, !q->found, err) == -1) {
		err_add(err, "; put it back as it was, or begin anew with --state reset");
		return -1;
	}
	there = q->found ? table_exists(&q->table, q->table.name, err) : 1;
	if (there == 0)
		err_set(err, ERR_RUN, "%s: table %s is gone; put it back as it was, or begin "
		    "anew with --state reset", q->table.file, q->table.name);
	return there == 1 ? pending_recover(&q->pending, err) : -1;
}

static int
open_table(struct sink *s, struct err *err)
{
	struct sqlite *q = s->private;

	if (!s->deferred)
		return table_open(&q->table, true, err);
	q->pending.table = &q->table;
	q->seen.limited = true;
	if (s->saved != NULL)
		return load(s, err) == -1 ? -1 : reopen(s, err);
	q->pending.id = sink_random();
	return table_open(&q->table, true, err);
}

static int
close_sqlite(struct sink *s, struct err *err)
{
	struct sqlite *q = s->private;
	char *file = q->table.file;

	(void)err;
	pending_close(&q->pending, !q->open && !q->kept && !q->pending.waits);
	table_close(&q->table);
	mem_free(file);
	seen_free(&q->seen);
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
	if (open_table(s, err) == 0)
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
	.save = save_sqlite,
	.publish = publish_sqlite,
};
