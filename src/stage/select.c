/*
 * select: makes rows of SQL expressions over each record.  A plain column is passed as it is, past
 * SQLite; if all are, SQLite does not run.
 */
#include "base/mem.h"
#include "core/query.h"
#include "core/stage.h"

#include <string.h>

struct config {
	const char	*list;
	int		 word;
	struct query	*query;			/* the lanes' are made from it */
	struct arena	 names;
	int		 from[SCHEMA_MAX];	/* of each column made: that of s->in, or -1 */
	bool		 computes;		/* some are expressions */
};

struct lane {
	struct query	*query;
	struct arena	 cells, text;		/* of the rows in to->out */
};

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	c->list = text;
	c->word = word;
	return 0;
}

/* ---- opening ---- */

static int
add_column(struct stage *s, const struct query_item *item, const char *name, int from,
    struct err *err)
{
	struct config *c = s->config;
	bool bare = from >= 0 && s->in->column[from].bare;

	for (unsigned i = 0; i < s->out->columns; i++) {
		if (strcmp(s->out->column[i].name, name) != 0)
			continue;
		err_word(err, c->word, "select: two columns are called '%s': name one with AS",
		    name);
		err->column = item->text.at;
		err->length = item->text.len;
		return -1;
	}
	if (schema_add(s->out, name, bare, err) == -1)
		return -1;
	c->from[s->out->columns - 1] = from;
	return 0;
}

/* `*`: every column, where it is known which there are. */
static int
add_all(struct stage *s, const struct query_item *item, struct err *err)
{
	const struct config *c = s->config;

	if (s->in->open) {
		err_word(err, c->word, "select: the records do not tell their columns ahead: "
		    "'*' could be any, so name them");
		err->column = item->text.at;
		err->length = item->text.len;
		return -1;
	}
	for (unsigned i = 0; i < s->in->columns; i++) {
		const char *name = s->in->column[i].name;

		if (schema_find(s->in, name, strlen(name), c->word, item->text.at, err) == -1 ||
		    add_column(s, item, name, (int)i, err) == -1)
			return -1;
	}
	return 0;
}

/* The name of a column: its alias, the column's own, or the expression's text. */
static char *
name_item(struct stage *s, const struct query_item *item, int from)
{
	struct config *c = s->config;
	const char *known = from >= 0 ? s->in->column[from].name : NULL;
	size_t len = item->alias.len > 0 ? item->alias.len :
	    known != NULL ? strlen(known) : item->text.len;
	char *name = arena_bytes(&c->names, len + 1);

	if (name == NULL)
		return NULL;
	if (item->alias.len > 0)
		len = token_name(c->list, item->alias, name);
	else
		memcpy(name, known != NULL ? known : c->list + item->text.at, len);
	name[len] = '\0';
	return name;
}

static int
add_item(struct stage *s, const struct query_item *item, struct buf *sql, struct err *err)
{
	struct config *c = s->config;
	size_t before = sql->len;
	char *name;
	int from;

	if (item->all)
		return add_all(s, item, err);
	if (buf_add(sql, c->computes ? "," : " ", 1) == -1)
		return err_memory(err, "reading a query");
	if (query_expression(c->query, &item->text, sql, &from, err) == -1)
		return -1;
	if (from >= 0)
		sql->len = before;
	else
		c->computes = true;
	name = name_item(s, item, from);
	if (name == NULL)
		return err_memory(err, "reading a query");
	return add_column(s, item, name, from, err);
}

static int
add_items(struct stage *s, struct buf *sql, struct err *err)
{
	static const char from[] = " FROM \"\x01\x01\"";
	struct config *c = s->config;
	struct query_text text = {
		.what = "select", .text = c->list, .len = strlen(c->list), .word = c->word,
	};
	struct query_item *items = NULL;
	int n = query_list(&text, &items, err), rc = n == -1 ? -1 : 0;

	if (rc == 0 && buf_add(sql, "SELECT", 6) == -1)
		rc = err_memory(err, "reading a query");
	for (int i = 0; i < n && rc == 0; i++)
		rc = add_item(s, &items[i], sql, err);
	mem_free(items);
	if (rc == 0 && !c->computes && buf_add(sql, " 1", 2) == -1)
		rc = err_memory(err, "reading a query");
	if (rc == 0 && buf_add(sql, from, sizeof(from)) == -1)
		rc = err_memory(err, "reading a query");
	return rc == -1 ? -1 : query_prepare(c->query, sql->data, err);
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;
	struct query_table table = { QUERY_TABLE, s->in };
	struct buf sql = { 0 };
	int rc;

	s->out = &s->made;
	if (query_open(&c->query, &table, 1, err) == -1)
		return -1;
	rc = add_items(s, &sql, err);
	buf_free(&sql);
	return rc;
}

static void
close_stage(struct stage *s)
{
	struct config *c = s->config;

	query_close(c->query);
	arena_free(&c->names);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct config *c = s->config;

	return query_clone(&((struct lane *)private)->query, c->query, err);
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	query_close(lane->query);
	arena_free(&lane->cells);
	arena_free(&lane->text);
}

/* ---- feeding ---- */

/* Makes a row of row AT, on which SQLite's statement stands if it computes; 0 or -1 (memory). */
static int
make_row(const struct stage *s, struct lane *lane, uint64_t at, struct value *cells)
{
	const struct config *c = s->config;
	const struct value *row = query_row(lane->query, at);
	int computed = 0;

	for (unsigned i = 0; i < s->out->columns; i++) {
		if (c->from[i] >= 0)
			cells[i] = row[s->in->column[c->from[i]].slot];
		else if (query_cell(lane->query, computed++, &lane->text, &cells[i]) == -1)
			return -1;
	}
	return 0;
}

/* Makes all rows; *MADE of them, without those on which SQLite gives up. */
static int
compute(const struct stage *s, struct lane *lane, uint64_t records, struct value *cells,
    uint64_t *made, struct bad *bad, struct err *err)
{
	enum query_got got;

	query_start(lane->query, 0);
	while ((got = query_step(lane->query, err)) != QUERY_END) {
		uint64_t at = query_at(lane->query);

		if (got == QUERY_FAIL)
			return -1;
		if (got == QUERY_ROW) {
			if (make_row(s, lane, at, cells + *made * s->out->width) == -1)
				return err_memory(err, "making rows");
			++*made;
			continue;
		}
		query_bad(lane->query, s->class->name, bad);
		if (at + 1 == records)
			break;		/* SQLite would fail without a row, too */
		query_start(lane->query, at + 1);
	}
	return 0;
}

/* What the blocks in to->out borrow stays until somebody has taken them. */
static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;
	struct block rows = *in;
	struct value *cells;

	if (in->records == 0)
		return 0;
	if (to->out->n == 0) {
		arena_reset(&lane->cells);
		arena_reset(&lane->text);
	}
	cells = arena_bytes(&lane->cells, in->records * s->out->width * sizeof(*cells));
	if (cells == NULL)
		return err_memory(err, "making rows");
	if (query_rows(lane->query, 0, in, 1, err) == -1)
		return -1;
	rows.text = NULL;
	rows.len = 0;
	rows.cells = cells;
	rows.width = s->out->width;
	rows.records = 0;
	if (c->computes) {
		if (compute(s, lane, in->records, cells, &rows.records, to->bad, err) == -1)
			return -1;
	} else {
		for (; rows.records < in->records; rows.records++)
			(void)make_row(s, lane, rows.records, cells + rows.records * rows.width);
	}
	if (rows.records > 0 && blocks_add(to->out, rows) == -1)
		return err_memory(err, "making rows");
	return 0;
}

const struct stage_class stage_select = {
	.name = "select",
	.usage = "EXPRESSIONS",
	.help = "rows of SQL expressions over each record",
	.detail =
	    "EXPRESSIONS are separated by commas: columns, '*' for all of them, or SQL as\n"
	    "in where, each with 'as NAME' if another name than its text is wanted.  There\n"
	    "is one row for each record; a record on which an expression fails is bad.\n"
	    "A plain column is passed as it is; a result of SQL that is infinite is null.\n"
	    "Rows: the columns that are named, in the order the records come.  State: none.\n",
	.spark = "selectExpr(expressions)",
	.flags = STAGE_LINES | STAGE_ROWS,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.argument = argument,
	.open = open_stage,
	.close = close_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
};
