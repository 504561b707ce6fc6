/*
 * Queries, see query.h: the connection, its statement and the rows that come out.  What the files
 * query_* do: resolve, names, check, token, mangle: from words to SQL; table, index: rows for
 * SQLite; guard: what it may do; function: what it cannot by itself.
 */
#include "base/mem.h"
#include "core/lite.h"
#include "core/query_inner.h"

#include <stdio.h>
#include <string.h>

int
query_failed(struct query *q, int rc, struct err *err)
{
	if (rc == SQLITE_NOMEM)
		return err_memory(err, "running a query");
	if (rc == SQLITE_INTERRUPT)
		return err_set(err, ERR_RUN, "a query was stopped before its end");
	return err_set(err, ERR_RUN, "SQLite: %s", q == NULL || q->db == NULL ? sqlite3_errstr(rc) :
	    sqlite3_errmsg(q->db));
}

static int
name_source(struct query_source *s, const char *name)
{
	struct buf mangled = { 0 };

	if (query_mangle(&mangled, name, strlen(name)) == -1) {
		buf_free(&mangled);
		return -1;
	}
	s->name = mangled.data;
	s->plain = name;
	return 0;
}

static int
connect_to(struct query *q)
{
	const char *vfs = query_vfs();
	int rc;

	if (vfs == NULL)
		return SQLITE_NOMEM;
	rc = sqlite3_open_v2(":memory:", &q->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, vfs);
	if (rc == SQLITE_OK)
		rc = query_functions(q->db);
	if (rc == SQLITE_OK)
		rc = query_guard(q);
	return rc;
}

int
query_open(struct query **made, const struct query_table *tables, size_t n, struct err *err)
{
	struct query *q;
	int rc;

	*made = NULL;
	if (lite_setup(err) == -1)
		return -1;
	*made = q = mem_zalloc(sizeof(*q));
	if (q == NULL)
		return err_memory(err, "starting a query");
	q->source = mem_zalloc((n + 1) * sizeof(*q->source));
	if (q->source == NULL)
		return err_memory(err, "starting a query");
	for (; q->sources < n; q->sources++) {
		struct query_source *s = &q->source[q->sources];

		*s = (struct query_source){ .query = q, .schema = tables[q->sources].schema };
		if (name_source(s, tables[q->sources].name) == -1)
			return err_memory(err, "starting a query");
	}
	rc = connect_to(q);
	return rc == SQLITE_OK ? 0 : query_failed(q, rc, err);
}

static void
source_close(struct query_source *s)
{
	query_forget(s);
	mem_free(s->name);
	mem_free(s->cells);
	mem_free(s->copy);
}

void
query_close(struct query *q)
{
	if (q == NULL)
		return;
	(void)sqlite3_finalize(q->stmt);
	(void)sqlite3_close(q->db);
	for (size_t i = 0; i < q->sources; i++)
		source_close(&q->source[i]);
	mem_free(q->source);
	buf_free(&q->sql);
	mem_free(q);
}

int
query_prepare(struct query *q, const char *sql, struct err *err)
{
	int rc;

	(void)sqlite3_finalize(q->stmt);
	q->stmt = NULL;
	q->sql.len = 0;
	if (buf_add(&q->sql, sql, strlen(sql) + 1) == -1)
		return err_memory(err, "starting a query");
	rc = query_declare(q);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(q->db, q->sql.data, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt,
		    NULL);
	return rc == SQLITE_OK ? 0 : query_failed(q, rc, err);
}

int
query_clone(struct query **made, const struct query *from, struct err *err)
{
	struct query_table *tables = mem_alloc((from->sources + 1) * sizeof(*tables));
	int rc;

	*made = NULL;
	if (tables == NULL)
		return err_memory(err, "starting a query");
	for (size_t i = 0; i < from->sources; i++)
		tables[i] = (struct query_table){ from->source[i].plain, from->source[i].schema };
	rc = query_open(made, tables, from->sources, err);
	mem_free(tables);
	return rc == -1 ? -1 : query_prepare(*made, from->sql.data, err);
}

static bool
has_column(const struct schema *s, const char *name)
{
	for (unsigned i = 0; i < s->columns; i++)
		if (strcmp(s->column[i].name, name) == 0)
			return true;
	return false;
}

int
query_columns(struct query *q, struct schema *out, struct arena *names, int word,
    struct err *err)
{
	for (int i = 0; i < sqlite3_column_count(q->stmt); i++) {
		const char *name = sqlite3_column_name(q->stmt, i);
		char *copy = name == NULL ? NULL : arena_bytes(names, strlen(name) + 1);

		if (copy == NULL)
			return err_memory(err, "naming columns");
		memcpy(copy, name, strlen(name) + 1);
		query_demangle(copy);
		if (has_column(out, copy))
			return err_word(err, word, "two columns are called '%s': name one with AS",
			    copy);
		if (schema_add(out, copy, false, err) == -1)
			return -1;
	}
	return 0;
}

/* ---- rows ---- */

/* Cells for the lines of the blocks, so that one cursor reads both forms. */
static int
cells_for(struct query_source *s, const struct block *blocks, size_t n, size_t width)
{
	uint64_t cells = 0;

	for (size_t i = 0; i < n; i++)
		cells += blocks[i].text == NULL ? 0 : blocks[i].records * width;
	if (cells > s->cells_cap) {
		struct value *grown = mem_realloc(s->cells, cells * sizeof(*grown));

		if (grown == NULL)
			return -1;
		s->cells = grown;
		s->cells_cap = cells;
	}
	if (n > s->copies) {
		struct block *grown = mem_realloc(s->copy, n * sizeof(*grown));

		if (grown == NULL)
			return -1;
		s->copy = grown;
		s->copies = n;
	}
	return 0;
}

/* One cell for each line of B, in the slot of the column if it is wanted. */
static void
cut_lines(const struct block *b, struct value *cells, size_t width, size_t slot)
{
	const char *text = b->text, *end = b->text + b->len;

	for (; text < end; cells += width) {
		const char *line = text;
		size_t len;

		text = line_next(text, end, &len);
		cells[slot] = value_text(line, len);
	}
}

static int
take_lines(struct query_source *s, const struct block *blocks, size_t n)
{
	unsigned slot = s->schema->columns > 0 ? s->schema->column[0].slot : 0;
	size_t width, at = 0;

	slot = slot == SCHEMA_NO_SLOT ? 0 : slot;
	width = slot + 1;
	if (cells_for(s, blocks, n, width) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		s->copy[i] = blocks[i];
		if (blocks[i].text == NULL)
			continue;
		cut_lines(&blocks[i], s->cells + at, width, slot);
		s->copy[i].cells = s->cells + at;
		s->copy[i].width = (unsigned)width;
		at += blocks[i].records * width;
	}
	s->block = s->copy;
	return 0;
}

int
query_rows(struct query *q, size_t table, const struct block *blocks, size_t n, struct err *err)
{
	struct query_source *s = &q->source[table];
	bool lines = false;

	query_forget(s);
	s->block = blocks;
	s->blocks = n;
	s->rows = 0;
	for (size_t i = 0; i < n; i++) {
		s->rows += blocks[i].records;
		lines |= blocks[i].text != NULL;
	}
	if (!lines || take_lines(s, blocks, n) == 0)
		return 0;
	s->blocks = 0;
	return err_memory(err, "starting a query");
}

void
query_start(struct query *q, uint64_t from)
{
	(void)sqlite3_reset(q->stmt);
	q->source[0].from = q->source[0].at = from;
}

/* An error of SQLite's while it ran: one of a row's values, or of the query. */
static enum query_got
step_failed(struct query *q, int rc, struct err *err)
{
	switch (rc & 0xff) {
	case SQLITE_ERROR:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		(void)snprintf(q->reason, sizeof(q->reason), "%s", sqlite3_errmsg(q->db));
		query_demangle(q->reason);
		return QUERY_BAD;
	default:
		query_failed(q, rc & 0xff, err);
		return QUERY_FAIL;
	}
}

enum query_got
query_step(struct query *q, struct err *err)
{
	int rc = sqlite3_step(q->stmt);

	if (rc == SQLITE_ROW)
		return QUERY_ROW;
	if (rc != SQLITE_DONE)
		return step_failed(q, rc, err);
	(void)sqlite3_reset(q->stmt);
	return QUERY_END;
}

uint64_t
query_at(const struct query *q)
{
	return q->source[0].at;
}

const struct value *
query_row(const struct query *q, uint64_t i)
{
	const struct block *b = q->source[0].block;

	for (; i >= b->records; b++)
		i -= b->records;
	return b->cells + i * b->width;
}

const char *
query_reason(const struct query *q)
{
	return q->reason;
}

/* The record as it was read; of a row that a stage made, what there is. */
void
query_bad(const struct query *q, const char *what, struct bad *bad)
{
	const struct value *v = query_row(q, query_at(q));
	bool text = v->kind == VALUE_TEXT;

	bad_record(bad, text ? v->text : "", text ? v->len : 0, "%s: %s", what, q->reason);
}

/* Text of a number is what SQLite makes of it; of a blob its bytes. */
static int
copy_text(sqlite3_stmt *stmt, int i, struct arena *arena, struct value *v)
{
	const void *bytes = sqlite3_column_blob(stmt, i);
	size_t len = (size_t)sqlite3_column_bytes(stmt, i);
	char *copy = arena_bytes(arena, len);

	if (copy == NULL)
		return -1;
	if (len > 0)
		memcpy(copy, bytes, len);
	*v = value_text(copy, len);
	return 0;
}

int
query_cell(struct query *q, int i, struct arena *text, struct value *v)
{
	double d;

	switch (sqlite3_column_type(q->stmt, i)) {
	case SQLITE_INTEGER:
		*v = value_int(sqlite3_column_int64(q->stmt, i));
		return 0;
	case SQLITE_FLOAT:
		d = sqlite3_column_double(q->stmt, i);
		*v = d - d == 0 ? value_double(d) : value_null();	/* finite or not */
		return 0;
	case SQLITE_NULL:
		*v = value_null();
		return 0;
	default:
		return copy_text(q->stmt, i, text, v);
	}
}
