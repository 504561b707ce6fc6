/*
 * From the words of a user to SQL that is known to be right: SQLite is asked again and again until
 * all columns are found, and what it objects to becomes a usage error with its caret.
 */
#include "core/query_inner.h"

#include <string.h>

#define ROUNDS_MAX 2000		/* names found by SQLite, one in each */

struct frame {			/* what stands around the text while it is checked */
	const char	*before, *after;
};

/* The byte of the text that byte AT of the checked SQL was written for. */
static size_t
back(const struct query_names *n, const struct frame *f, int at)
{
	const struct query_anchor *a = (const void *)n->anchors.data;
	size_t out = (size_t)at - strlen(f->before), i = n->anchors.len / sizeof(*a);

	if (at < (int)strlen(f->before))
		return 0;
	if (out >= n->out.len)
		return n->text->len;
	while (i > 0 && a[i - 1].out > out)
		i--;
	return i == 0 ? 0 : a[i - 1].in;
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int
unknown_function(struct query_names *n, size_t at, struct err *err)
{
	const char *text = n->text->text + n->text->at;
	struct token t = token_read(text, n->text->len, at);
	char best[64];

	query_wrong(n->text, at, err, "no function '%.*s'", (int)t.len, text + at);
	if (query_nearest(n->q, text + at, t.len, best, sizeof(best)))
		err_add(err, ", did you mean '%s'?", best);
	return -1;
}

/* The byte of the first `*` that stands for columns. */
static size_t
star(const struct query_names *n)
{
	const char *text = n->text->text + n->text->at;
	struct token last = { 0 }, t = { 0 };

	while ((t = token_next(text, n->text->len, t.at + t.len)).kind != TOKEN_END) {
		if (token_is(text, t, '*') && (token_is(text, last, ',') ||
		    token_is(text, last, '.') || token_word(text, last, "select") ||
		    token_word(text, last, "distinct") || token_word(text, last, "all")))
			return t.at;
		last = t;
	}
	return n->text->len;
}

/* What SQLite says about the SQL, said about the text. */
static int
objection(struct query_names *n, const struct frame *f, int rc, struct err *err)
{
	char message[300];
	int offset = sqlite3_error_offset(n->q->db);
	size_t at = offset < 0 ? 0 : back(n, f, offset);

	if (rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT)
		return query_failed(n->q, rc, err);
	if (n->q->refused[0] != '\0') {
		query_demangle(n->q->refused);
		query_wrong(n->text, at, err, "%s", n->q->refused);
	} else {
		sqlite3_snprintf(sizeof(message), message, "%s", sqlite3_errmsg(n->q->db));
		query_demangle(message);
		if (begins(message, "no such function: ") && offset >= 0)
			return unknown_function(n, at, err);
		if (begins(message, "incomplete input") ||
		    (begins(message, "near ") && at >= n->text->len))
			return query_wrong(n->text, n->text->len, err, "the %s ends too early",
			    n->whole ? "query" : "expression");
		query_wrong(n->text, at, err, "%s", message);
	}
	if (offset < 0 && n->q->refused[0] == '\'' && n->q->refused[1] == '*' &&
	    star(n) < n->text->len) {
		err->column = n->text->at + star(n);
		err->length = 1;
	} else if (offset < 0) {
		err->column = n->text->at;
		err->length = n->text->len;
	}
	return -1;
}

/*
 * Gives a slot to each column that the statement reads.  Of those that USING or NATURAL compare
 * SQLite does not tell: with one of these words all are read.
 */
static int
want(struct query_names *n, struct err *err)
{
	bool all = n->whole && (sqlite3_strlike("%using%", n->text->text, 0) == 0 ||
	    sqlite3_strlike("%natural%", n->text->text, 0) == 0);

	for (size_t i = 0; i < n->q->sources; i++) {
		struct query_source *s = &n->q->source[i];

		for (unsigned k = 0; k < s->known; k++) {
			const char *name = s->schema->column[k].name;

			if ((s->read[k] || all) && schema_find(s->schema, name, strlen(name),
			    n->text->word, n->text->at, err) == -1)
				return -1;
		}
	}
	return 0;
}

static int
check_statement(struct query_names *n, sqlite3_stmt *stmt, struct err *err)
{
	if (stmt == NULL || sqlite3_column_count(stmt) == 0 || sqlite3_stmt_isexplain(stmt) != 0)
		return query_wrong(n->text, 0, err, "it must be one SELECT");
	return want(n, err);
}

/* Writes the text and has SQLite look at it: its code, or -1 with the error. */
static int
attempt(struct query_names *n, const struct frame *f, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	struct buf sql = { 0 };
	int rc;

	if (query_names_write(n, err) == -1)
		return -1;
	n->q->refused[0] = '\0';
	rc = query_declare(n->q);
	if (rc == SQLITE_OK && (buf_add(&sql, f->before, strlen(f->before)) == -1 ||
	    (n->out.len > 0 && buf_add(&sql, n->out.data, n->out.len) == -1) ||
	    buf_add(&sql, f->after, strlen(f->after) + 1) == -1))
		rc = SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(n->q->db, sql.data, -1, &stmt, NULL);
	buf_free(&sql);
	if (rc == SQLITE_NOMEM)
		rc = query_failed(n->q, rc, err);
	else if (rc == SQLITE_OK)
		rc = check_statement(n, stmt, err);
	(void)sqlite3_finalize(stmt);
	return rc;
}

/* The place in the text of a column's name that SQLite does not know; false: that is not it. */
static bool
asks_for_column(const struct query_names *n, const struct frame *f, size_t *at)
{
	int offset = sqlite3_error_offset(n->q->db);

	if (!begins(sqlite3_errmsg(n->q->db), "no such column: ") || offset < 0)
		return false;
	*at = back(n, f, offset);
	return *at < n->text->len && n->forced[*at] == 0;
}

static int
resolve(struct query_names *n, const struct frame *f, struct buf *sql, struct err *err)
{
	size_t at;
	int rc;

	if (query_check(n->text, n->whole, err) == -1 || query_names_open(n, err) == -1)
		return -1;
	for (int round = 0; ; round++) {
		rc = attempt(n, f, err);
		if (rc <= 0)
			break;
		if (round == ROUNDS_MAX || n->q->refused[0] != '\0' || !asks_for_column(n, f, &at))
			return objection(n, f, rc, err);
		n->forced[at] = 1;
	}
	if (rc == -1)
		return -1;
	return buf_add(sql, n->out.data, n->out.len) == -1 ? err_memory(err, "reading a query") : 0;
}

int
query_expression(struct query *q, const struct query_text *text, struct buf *sql, int *column,
    struct err *err)
{
	/* In a condition neither aggregates nor window functions can stand. */
	static const struct frame frame = { "SELECT 1 FROM \"\x01\x01\" WHERE (", "\n)" };
	struct query_names n = { .q = q, .text = text };
	int rc = buf_add(sql, "(", 1);

	if (rc == -1)
		return err_memory(err, "reading a query");
	rc = resolve(&n, &frame, sql, err);
	if (rc == 0 && buf_add(sql, "\n)", 2) == -1)
		rc = err_memory(err, "reading a query");
	if (rc == 0 && column != NULL)
		*column = n.tokens == 1 ? n.column : -1;
	query_names_close(&n);
	return rc;
}

int
query_select(struct query *q, const struct query_text *text, struct buf *sql, struct err *err)
{
	static const struct frame frame = { "", "\n" };
	struct query_names n = { .q = q, .text = text, .whole = true };
	int rc = resolve(&n, &frame, sql, err);

	query_names_close(&n);
	return rc;
}
