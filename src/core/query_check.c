/*
 * What is refused of SQL by its words alone: what would leave the parentheses that an expression is
 * put in, subqueries in expressions, parameters, and the clock.
 */
#include "base/near.h"
#include "core/query_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 200		/* parentheses within each other */

/* What is known while the words are read. */
struct check {
	unsigned	depth;
	size_t		open[DEPTH_MAX];	/* where each parenthesis was opened */
	bool		date[DEPTH_MAX + 1];	/* and whether it holds the arguments of one */
	struct token	last;
};

int
query_wrong(const struct query_text *t, size_t at, struct err *err, const char *format, ...)
{
	char reason[sizeof(err->message)];
	struct token token = token_read(t->text + t->at, t->len, at);
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	err_word(err, t->word, "%s: %s", t->what, reason);
	err->column = t->at + at;
	err->length = token.kind == TOKEN_END ? 1 : token.len;
	return -1;
}

int
query_no_column(const struct query *q, const struct query_text *t, size_t at, const char *name,
    size_t len, struct err *err)
{
	struct near near;

	query_wrong(t, at, err, "no table has a column '%.*s'", (int)len, name);
	near_start(&near, name, len);
	for (size_t i = 0; i < q->sources; i++)
		for (unsigned k = 0; k < q->source[i].schema->columns; k++)
			near_try(&near, q->source[i].schema->column[k].name);
	if (near.best != NULL)
		err_add(err, ", did you mean '%s'?", near.best);
	return -1;
}

static bool
is_date_function(const char *text, struct token t)
{
	static const char *const names[] = {
		"date", "time", "datetime", "julianday", "unixepoch", "strftime", NULL,
	};

	for (const char *const *name = names; *name != NULL; name++)
		if (token_word(text, t, *name))
			return true;
	return false;
}

static int
check_parenthesis(struct check *c, const struct query_text *t, struct token k, struct err *err)
{
	const char *text = t->text + t->at;

	if (token_is(text, k, '(')) {
		if (c->depth == DEPTH_MAX)
			return query_wrong(t, k.at, err, "more than %d parentheses deep",
			    DEPTH_MAX);
		c->open[c->depth++] = k.at;
		c->date[c->depth] = is_date_function(text, c->last);
	} else if (token_is(text, k, ')')) {
		if (c->depth == 0)
			return query_wrong(t, k.at, err, "there is no '(' to this ')'");
		if (c->date[c->depth] && token_is(text, c->last, '('))
			return query_wrong(t, k.at, err, "this reads the clock, and the same "
			    "records would give another answer: name a time");
		c->depth--;
	}
	return 0;
}

static int
check_string(const struct check *c, const struct query_text *t, struct token k, struct err *err)
{
	static const char *const words[] = { "'now'", "'localtime'", "'utc'", NULL };

	for (const char *const *word = words; c->date[c->depth] && *word != NULL; word++)
		if (k.len == strlen(*word) &&
		    sqlite3_strnicmp(t->text + t->at + k.at, *word, (int)k.len) == 0)
			return query_wrong(t, k.at, err, "%s is refused: the same records would "
			    "give another answer at another %s", *word,
			    word == words ? "time" : "place");
	return 0;
}

static int
check_token(struct check *c, const struct query_text *t, bool whole, struct token k,
    struct err *err)
{
	const char *text = t->text + t->at;
	bool open = !whole && (token_word(text, k, "select") || token_word(text, k, "values"));

	switch (k.kind) {
	case TOKEN_BROKEN:
		return query_wrong(t, k.at, err, "this quote does not end");
	case TOKEN_PARAMETER:
		return query_wrong(t, k.at, err, "'%.*s' is a parameter: nothing gives its value",
		    (int)k.len, text + k.at);
	case TOKEN_STRING:
		return check_string(c, t, k, err);
	case TOKEN_NAME:
		if (open)
			return query_wrong(t, k.at, err, "no query can stand in an expression");
		return 0;
	case TOKEN_MARK:
		if (token_is(text, k, ';'))
			return query_wrong(t, k.at, err, "there is one %s, without a ';'",
			    whole ? "query" : "expression");
		return check_parenthesis(c, t, k, err);
	default:
		return 0;
	}
}

int
query_check(const struct query_text *t, bool whole, struct err *err)
{
	const char *text = t->text + t->at;
	struct check c = { 0 };
	struct token k;

	for (size_t at = 0; ; at = k.at + k.len) {
		k = token_next(text, t->len, at);
		if (k.kind == TOKEN_END)
			break;
		if (check_token(&c, t, whole, k, err) == -1)
			return -1;
		c.last = k;
	}
	if (c.depth > 0)
		return query_wrong(t, c.open[c.depth - 1], err, "there is no ')' to this '('");
	if (c.last.len == 0)
		return query_wrong(t, t->len, err, "there is no %s",
		    whole ? "query" : "expression");
	return 0;
}
