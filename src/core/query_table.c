/*
 * Blocks of rows as SQLite's virtual tables: read-only, in order, nothing copied.  A table is
 * eponymous, a module of its own name, so that it is there without a schema of SQLite's; it has no
 * rowid (a column may well be called so) but a hidden key, the number of the row.
 *
 * A constraint of equality is answered from a hash index (query_index), so a join of tables on
 * keys is not quadratic.
 */
#include "base/decimal.h"
#include "base/mem.h"
#include "core/query_inner.h"

#include <string.h>

#define SCAN_COST 1e6		/* of all rows, however many come; and how many are expected */
#define LOOKUP_COST 20.0

struct stream {
	sqlite3_vtab		 base;
	struct query_source	*source;
};

struct cursor {
	sqlite3_vtab_cursor		 base;
	struct query_source		*source;
	const struct value		*row;		/* NULL: at the end */
	size_t				 block;
	uint64_t			 left;		/* rows of this block, with this one */
	uint64_t			 at;		/* number of this row */
	const struct query_index	*index;		/* the rows of one key instead of all */
};

/* ---- declaring ---- */

static int
add(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

static int
declaration(const struct query_source *s, struct buf *sql)
{
	int rc = add(sql, "CREATE TABLE x(\"\x01\" INT HIDDEN PRIMARY KEY");

	for (unsigned i = 0; i < s->known && rc == 0; i++) {
		const struct column *c = &s->schema->column[i];

		rc = add(sql, ", ");
		if (rc == 0)
			rc = query_quote(sql, c->name, strlen(c->name));
		if (rc == 0 && c->bare)
			rc = add(sql, " NUMERIC");
	}
	/* What SQLite makes `*` of, where the columns are not known: that is refused. */
	if (rc == 0 && s->schema->open && strcmp(s->plain, QUERY_TABLE) != 0)
		rc = add(sql, ", \"" QUERY_ANY "\"");
	return rc == -1 ? -1 : buf_add(sql, ") WITHOUT ROWID", sizeof(") WITHOUT ROWID"));
}

static int
connect_table(sqlite3 *db, void *arg, int argc, const char *const *argv, sqlite3_vtab **made,
    char **message)
{
	struct buf sql = { 0 };
	struct stream *stream;
	int rc = SQLITE_NOMEM;

	(void)argc;
	(void)argv;
	(void)message;
	stream = mem_zalloc(sizeof(*stream));
	if (stream != NULL) {
		stream->source = arg;
		stream->source->query->declaring = true;
		if (declaration(arg, &sql) == 0)
			rc = sqlite3_declare_vtab(db, sql.data);
		stream->source->query->declaring = false;
	}
	buf_free(&sql);
	if (rc != SQLITE_OK) {
		mem_free(stream);
		return rc;
	}
	*made = &stream->base;
	return SQLITE_OK;
}

static int
disconnect(sqlite3_vtab *table)
{
	mem_free(table);
	return SQLITE_OK;
}

/* ---- planning ---- */

/* True if the index finds all rows that the constraint is true of. */
static bool
is_key(sqlite3_index_info *info, int i, unsigned known)
{
	int column = info->aConstraint[i].iColumn;

	return info->aConstraint[i].usable && column > 0 && (unsigned)column <= known &&
	    info->aConstraint[i].op == SQLITE_INDEX_CONSTRAINT_EQ &&
	    sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") == 0;
}

static int
best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	/* An expression sees the rows in order, and once. */
	bool scan = strcmp(((struct stream *)table)->source->plain, QUERY_TABLE) == 0;

	info->estimatedCost = SCAN_COST;
	info->estimatedRows = (sqlite3_int64)SCAN_COST;
	for (int i = 0; i < info->nConstraint && !scan; i++) {
		if (!is_key(info, i, ((struct stream *)table)->source->known))
			continue;
		info->idxNum = info->aConstraint[i].iColumn;
		info->aConstraintUsage[i].argvIndex = 1;
		info->estimatedCost = LOOKUP_COST;
		info->estimatedRows = (sqlite3_int64)LOOKUP_COST;
		break;
	}
	return SQLITE_OK;
}

/* ---- reading ---- */

static int
open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **made)
{
	struct cursor *c = mem_zalloc(sizeof(*c));

	if (c == NULL)
		return SQLITE_NOMEM;
	c->source = ((struct stream *)table)->source;
	*made = &c->base;
	return SQLITE_OK;
}

static int
close_cursor(sqlite3_vtab_cursor *base)
{
	mem_free(base);
	return SQLITE_OK;
}

/* To the first row of the blocks from c->block on, of which the first SKIP rows are left out. */
static void
enter_block(struct cursor *c, uint64_t skip)
{
	const struct query_source *s = c->source;

	c->row = NULL;
	for (; c->block < s->blocks; c->block++) {
		const struct block *b = &s->block[c->block];

		if (skip < b->records) {
			c->row = b->cells + skip * b->width;
			c->left = b->records - skip;
			return;
		}
		skip -= b->records;
	}
}

static void
enter_row(struct cursor *c, uint32_t row)
{
	c->row = row == QUERY_NO_ROW ? NULL : c->source->row[row];
	c->at = row;
}

static int
filter(sqlite3_vtab_cursor *base, int column, const char *text, int argc, sqlite3_value **argv)
{
	struct cursor *c = (struct cursor *)base;
	struct query_source *s = c->source;
	uint32_t first;
	int rc;

	(void)text;
	(void)argc;
	c->index = NULL;
	if (column > 0) {
		rc = query_lookup(s, s->schema->column[column - 1].slot, argv[0],
		    &c->index, &first);
		if (rc != SQLITE_OK)
			return rc;
		enter_row(c, first);
	} else {
		c->block = 0;
		c->at = s->from;
		enter_block(c, s->from);
	}
	s->at = c->at;
	return SQLITE_OK;
}

static int
next(sqlite3_vtab_cursor *base)
{
	struct cursor *c = (struct cursor *)base;

	if (c->index != NULL) {
		enter_row(c, c->index->next[c->at]);
	} else {
		c->at++;
		if (--c->left > 0) {
			c->row += c->source->block[c->block].width;
		} else {
			c->block++;
			enter_block(c, 0);
		}
	}
	c->source->at = c->at;
	return SQLITE_OK;
}

static int
at_end(sqlite3_vtab_cursor *base)
{
	return ((struct cursor *)base)->row == NULL;
}

static void
text_result(sqlite3_context *context, const struct value *v, bool bare)
{
	int64_t i;
	double d;

	switch (bare ? decimal_parse(v->text, v->len, &i, &d) : DECIMAL_NONE) {
	case DECIMAL_INT:
		sqlite3_result_int64(context, i);
		break;
	case DECIMAL_DOUBLE:
		sqlite3_result_double(context, d);
		break;
	default:
		sqlite3_result_text64(context, v->text == NULL ? "" : v->text, v->len,
		    SQLITE_STATIC, SQLITE_UTF8);
	}
}

static int
column_value(sqlite3_vtab_cursor *base, sqlite3_context *context, int i)
{
	struct cursor *c = (struct cursor *)base;
	const struct column *column;
	const struct value *v;

	if (i == 0) {
		sqlite3_result_int64(context, (sqlite3_int64)c->at);
		return SQLITE_OK;
	}
	if ((unsigned)i > c->source->known)
		return SQLITE_OK;		/* QUERY_ANY */
	column = &c->source->schema->column[i - 1];
	v = &c->row[column->slot];
	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_TEXT:
		text_result(context, v, column->bare);
		break;
	case VALUE_DOUBLE:
		sqlite3_result_double(context, v->d);
		break;
	case VALUE_INT:
	case VALUE_BOOL:
		sqlite3_result_int64(context, v->i);
		break;
	}
	return SQLITE_OK;
}

static int
no_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid)
{
	*rowid = (sqlite3_int64)((struct cursor *)base)->at;
	return SQLITE_OK;
}

int
query_declare(struct query *q)
{
	static const sqlite3_module module = {
		.xConnect = connect_table,
		.xBestIndex = best_index,
		.xDisconnect = disconnect,
		.xDestroy = disconnect,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = filter,
		.xNext = next,
		.xEof = at_end,
		.xColumn = column_value,
		.xRowid = no_rowid,
	};

	for (size_t i = 0; i < q->sources; i++) {
		struct query_source *s = &q->source[i];
		int rc;

		s->known = s->schema->columns;
		memset(s->read, 0, sizeof(s->read));
		rc = sqlite3_create_module_v2(q->db, s->name, &module, s, NULL);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}
