/*
 * Names in SQL.  The text is written anew word by word, and each name that a table or one of its
 * columns has is put in quotes as SQLite knows it.  Dotted names are one column where records are
 * open: `user.id` is the member of a member.
 *
 * What a name stands for is SQLite's to say: a column of an open schema that nobody has asked for
 * is made only after SQLite has found that its name is one (forced), and not an alias or a keyword.
 */
#include "base/mem.h"
#include "core/query_inner.h"

#include <string.h>

#define CHAIN_MAX 32		/* names joined by dots */

enum { NOT_FOUND = -1, FAILED = -2 };

/* One name, or several that are joined by dots. */
struct chain {
	struct token	 token[CHAIN_MAX];
	unsigned	 n;
	size_t		 at, end;
	bool		 called;	/* a parenthesis follows: a function */
	bool		 forced;
	char		*name;		/* of all, without quotes: len bytes, ended by NUL */
	size_t		 len, first;	/* bytes of the first name */
};

/* ---- looking ---- */

/* The only column of that name; with CASELESS in whatever case. */
static int
known_column(const struct schema *s, const char *name, size_t len, bool caseless)
{
	int found = NOT_FOUND;

	for (unsigned i = 0; i < s->columns; i++) {
		if (!query_same(s->column[i].name, name, len, caseless))
			continue;
		if (found != NOT_FOUND)
			return NOT_FOUND;
		found = (int)i;
	}
	return found;
}

/*
 * The column NAME of S, made if it is open and CREATE.  In a closed schema case does not matter
 * where one column alone can be meant, as in SQL.  An open one may have both `Id` and `id`, so
 * what differs in case is another column.
 */
static int
find_column(struct query_names *n, struct schema *s, const char *name, size_t len, size_t at,
    bool create, struct err *err)
{
	int exact = known_column(s, name, len, false);
	int other = exact != NOT_FOUND ? exact : known_column(s, name, len, true);

	if (exact != NOT_FOUND || !s->open)
		return other;
	if (!create && other == NOT_FOUND)
		return NOT_FOUND;
	exact = schema_find(s, name, len, n->text->word, n->text->at + at, err);
	return exact == -1 ? FAILED : exact;
}

/* The only table that can make columns, or NULL. */
static struct query_source *
only_open(const struct query_names *n)
{
	struct query_source *found = NULL;

	for (size_t i = 0; i < n->q->sources; i++) {
		if (!n->q->source[i].schema->open)
			continue;
		if (found != NULL)
			return NULL;
		found = &n->q->source[i];
	}
	return found;
}

/* ---- writing ---- */

static int
short_of_memory(struct err *err)
{
	return err_memory(err, "reading a query");
}

static int
anchor(struct query_names *n, size_t in)
{
	struct query_anchor a = { .out = n->out.len, .in = in };

	return buf_add(&n->anchors, &a, sizeof(a));
}

static int
put_raw(struct query_names *n, struct token t, struct err *err)
{
	const char *text = n->text->text + n->text->at;

	if (anchor(n, t.at) == -1 || buf_add(&n->out, text + t.at, t.len) == -1)
		return short_of_memory(err);
	return 0;
}

static int
put_name(struct query_names *n, const char *name, size_t at, struct err *err)
{
	if (anchor(n, at) == -1 || query_quote(&n->out, name, strlen(name)) == -1)
		return short_of_memory(err);
	return 0;
}

/* The chain as it stands, but without what is between its names. */
static int
put_chain(struct query_names *n, const struct chain *c, struct err *err)
{
	for (unsigned i = 0; i < c->n; i++) {
		if (i > 0 && buf_add(&n->out, ".", 1) == -1)
			return short_of_memory(err);
		if (put_raw(n, c->token[i], err) == -1)
			return -1;
	}
	return 0;
}

static int
put_column(struct query_names *n, const struct chain *c, const struct schema *s, int column,
    struct err *err)
{
	const char *text = n->text->text + n->text->at + c->at;
	bool plain = c->n == 1 && c->token[0].kind == TOKEN_NAME && !c->forced;

	/* As it was written where that is the same: messages quote it. */
	for (size_t i = 0; plain && i < c->len; i++)
		plain = !(text[i] >= 'A' && text[i] <= 'Z');
	n->column = column;
	if (plain && query_same(s->column[column].name, c->name, c->len, false))
		return put_raw(n, c->token[0], err);
	return put_name(n, s->column[column].name, c->at, err);
}

/* No table has the column that SQLite asks for. */
static int
unknown(struct query_names *n, const struct chain *c, struct schema *s, const char *name,
    size_t len, struct err *err)
{
	bool open = false;

	for (size_t i = 0; i < n->q->sources; i++)
		open |= n->q->source[i].schema->open;
	if (s == NULL && n->q->sources == 1)
		s = n->q->source[0].schema;
	if (s == NULL && open)
		return query_wrong(n->text, c->at, err, "'%.*s' could be a column of several "
		    "tables: write TABLE.%.*s", (int)len, name, (int)len, name);
	if (s == NULL)
		return query_no_column(n->q, n->text, c->at, name, len, err);
	if (schema_find(s, name, len, n->text->word, n->text->at + c->at, err) != -1)
		return query_wrong(n->text, c->at, err, "'%.*s' cannot be a column here", (int)len,
		    name);
	if (err->code == ERR_USAGE)
		err->length = c->end - c->at;
	return -1;
}

/* In an expression: there is one table, and no name but its columns'. */
static int
put_in_expression(struct query_names *n, const struct chain *c, struct err *err)
{
	struct schema *s = n->q->source[0].schema;
	int column = find_column(n, s, c->name, c->len, c->at, c->forced || c->n > 1, err);

	if (column == FAILED)
		return -1;
	if (column != NOT_FOUND)
		return put_column(n, c, s, column, err);
	if (c->forced || c->n > 1)
		return unknown(n, c, s, c->name, c->len, err);
	return put_chain(n, c, err);
}

/* A table's name or alias and one of its columns. */
static int
put_qualified(struct query_names *n, const struct chain *c, struct query_source *source,
    struct err *err)
{
	const char *name = c->name + c->first + 1;
	size_t len = c->len - c->first - 1;
	struct schema *s = source->schema;
	int column = find_column(n, s, name, len, c->token[1].at, true, err);

	if (column == FAILED)
		return -1;
	if (column == NOT_FOUND && c->forced)
		return unknown(n, c, s, name, len, err);
	if (column == NOT_FOUND)
		return put_chain(n, c, err);
	if (query_same(source->plain, c->name, c->first, true)) {
		if (put_name(n, source->plain, c->at, err) == -1)
			return -1;
	} else if (put_raw(n, c->token[0], err) == -1) {
		return -1;
	}
	if (buf_add(&n->out, ".", 1) == -1)
		return short_of_memory(err);
	return put_column(n, c, s, column, err);
}

static int
put_in_query(struct query_names *n, const struct chain *c, struct err *err)
{
	struct query_source *source = c->n > 1 ? query_find_table(n, c->name, c->first) : NULL;
	int column = NOT_FOUND;

	if (source != NULL)
		return put_qualified(n, c, source, err);
	for (size_t i = 0; i < n->q->sources && column == NOT_FOUND; i++) {
		source = &n->q->source[i];
		if (c->n == 1 && query_same(source->plain, c->name, c->len, true))
			return put_name(n, source->plain, c->at, err);
		column = find_column(n, source->schema, c->name, c->len, c->at, false, err);
	}
	if (column == NOT_FOUND && c->forced) {
		source = only_open(n);
		if (source == NULL)
			return unknown(n, c, NULL, c->name, c->len, err);
		column = find_column(n, source->schema, c->name, c->len, c->at, true, err);
	}
	if (column == FAILED)
		return -1;
	if (column == NOT_FOUND)
		return put_chain(n, c, err);
	return put_column(n, c, source->schema, column, err);
}

/* ---- reading ---- */

/* Reads a chain of names that begins with FIRST; its name is to be freed.  0 or -1. */
static int
read_chain(const struct query_names *n, struct token first, struct chain *c, struct err *err)
{
	const char *text = n->text->text + n->text->at;
	size_t len = n->text->len;
	struct token t = first;

	*c = (struct chain){ .at = first.at, .forced = n->forced[first.at] };
	for (;;) {
		struct token dot;

		if (c->n == CHAIN_MAX)
			return query_wrong(n->text, c->at, err, "more than %d names joined by dots",
			    CHAIN_MAX);
		c->token[c->n++] = t;
		c->end = t.at + t.len;
		dot = token_next(text, len, c->end);
		c->called = token_is(text, dot, '(');
		t = token_next(text, len, dot.at + dot.len);
		if (!token_is(text, dot, '.') || (t.kind != TOKEN_NAME && t.kind != TOKEN_QUOTED))
			break;
	}
	c->name = mem_alloc(c->end - c->at + 1);
	if (c->name == NULL)
		return short_of_memory(err);
	for (unsigned i = 0; i < c->n; i++) {
		if (i > 0)
			c->name[c->len++] = '.';
		c->len += token_name(text, c->token[i], c->name + c->len);
		c->first = i == 0 ? c->len : c->first;
	}
	c->name[c->len] = '\0';
	return 0;
}

static bool
is_keyword(const struct query_names *n, const struct chain *c)
{
	const char *text = n->text->text + n->text->at;

	return c->n == 1 && c->token[0].kind == TOKEN_NAME && !c->forced &&
	    sqlite3_keyword_check(text + c->at, (int)c->token[0].len) != 0;
}

static int
write_chain(struct query_names *n, struct token first, size_t *end, struct err *err)
{
	struct chain c;
	int rc;

	if (read_chain(n, first, &c, err) == -1)
		return -1;
	*end = c.end;
	if (c.called || is_keyword(n, &c))
		rc = put_chain(n, &c, err);
	else
		rc = n->whole ? put_in_query(n, &c, err) : put_in_expression(n, &c, err);
	mem_free(c.name);
	return rc;
}

int
query_names_write(struct query_names *n, struct err *err)
{
	const char *text = n->text->text + n->text->at;
	size_t end;

	n->out.len = n->anchors.len = 0;
	n->column = -1;
	n->tokens = 0;
	for (size_t at = 0; at < n->text->len; at = end) {
		struct token t = token_read(text, n->text->len, at);

		end = t.at + t.len;
		if (t.kind == TOKEN_SPACE) {
			if (buf_add(&n->out, " ", 1) == -1)
				return short_of_memory(err);
			continue;
		}
		n->tokens++;
		if (t.kind != TOKEN_NAME && t.kind != TOKEN_QUOTED) {
			if (put_raw(n, t, err) == -1)
				return -1;
		} else if (write_chain(n, t, &end, err) == -1) {
			return -1;
		}
	}
	return 0;
}
