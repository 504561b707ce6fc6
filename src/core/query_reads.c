/*
 * Which tables a SELECT reads, by its words alone: so that a stage knows its inputs before the
 * columns of any of them are known.  A name that only looks like a table's costs an input that is
 * not used; SQLite has the last word about names.
 */
#include "core/query_inner.h"

#include <string.h>

#define DEPTH_MAX 256		/* parentheses within each other; query_check refuses fewer */

struct words {
	const struct query_text	*text;
	unsigned		 depth;
	bool			 from[DEPTH_MAX];	/* a comma leads to a table */
	bool			 table;			/* the next word is one ... */
	bool			 alone;			/* ... behind IN: in parentheses none is */
	struct token		 last;
};

static const char *
start(const struct query_text *t)
{
	return t->text + t->at;
}

static bool
is_word(const struct words *w, struct token t, const char *const *list)
{
	for (; *list != NULL; list++)
		if (token_word(start(w->text), t, *list))
			return true;
	return false;
}

static bool
is_name(struct token t)
{
	return t.kind == TOKEN_NAME || t.kind == TOKEN_QUOTED;
}

/* True if both are the same word, in whatever case. */
static bool
same(const struct query_text *text, struct token x, struct token y)
{
	return x.len == y.len &&
	    sqlite3_strnicmp(start(text) + x.at, start(text) + y.at, (int)x.len) == 0;
}

/* True if T is defined here: NAME [(COLUMNS)] AS [[NOT] MATERIALIZED] (. */
static bool
defines(const struct query_text *text, struct token t)
{
	const char *sql = start(text);
	unsigned depth = 0;

	t = token_next(sql, text->len, t.at + t.len);
	if (token_is(sql, t, '(')) {
		do {
			depth += token_is(sql, t, '(');
			depth -= token_is(sql, t, ')');
			t = token_next(sql, text->len, t.at + t.len);
		} while (depth > 0 && t.kind != TOKEN_END);
	}
	if (!token_word(sql, t, "as"))
		return false;
	t = token_next(sql, text->len, t.at + t.len);
	while (token_word(sql, t, "not") || token_word(sql, t, "materialized"))
		t = token_next(sql, text->len, t.at + t.len);
	return token_is(sql, t, '(');
}

/* A function that makes rows, or a name that WITH defines. */
static bool
is_defined(const struct query_text *text, struct token name)
{
	struct token t = { 0 };

	if (token_is(start(text), token_next(start(text), text->len, name.at + name.len), '('))
		return true;
	while ((t = token_next(start(text), text->len, t.at + t.len)).kind != TOKEN_END)
		if (is_name(t) && same(text, t, name) && defines(text, t))
			return true;
	return false;
}

static void
take_mark(struct words *w, struct token t)
{
	const char *sql = start(w->text);

	if (token_is(sql, t, '(')) {
		if (w->depth + 1 < DEPTH_MAX)
			w->from[++w->depth] = w->table && !w->alone;	/* FROM (a JOIN b) */
		w->table &= !w->alone;
		return;
	}
	if (token_is(sql, t, ')') && w->depth > 0)
		w->depth--;
	w->table = token_is(sql, t, ',') && w->from[w->depth];
	w->alone = false;
}

/* Takes a word; true if it stands where a table does. */
static bool
take(struct words *w, struct token t)
{
	static const char *const leads[] = { "from", "join", "in", NULL };
	static const char *const ends[] = { "select", "where", "group", "order", "having", "limit",
		"window", "union", "intersect", "except", "values", NULL };
	bool table = w->table, distinct;

	distinct = token_word(start(w->text), w->last, "distinct");	/* IS DISTINCT FROM x */
	w->last = t;
	if (t.kind == TOKEN_MARK) {
		take_mark(w, t);
		return false;
	}
	w->table = false;
	if (t.kind == TOKEN_NAME && is_word(w, t, ends)) {
		w->from[w->depth] = false;
		return false;
	}
	if (t.kind == TOKEN_NAME && is_word(w, t, leads) && !distinct) {
		w->table = true;
		w->alone = token_word(start(w->text), t, "in");
		w->from[w->depth] |= !w->alone;
		return false;
	}
	return table;
}

bool
query_reads(const struct query_text *text, unsigned nth, struct token *found)
{
	struct words w = { .text = text };
	struct token t = { 0 };

	while ((t = token_next(start(text), text->len, t.at + t.len)).kind != TOKEN_END)
		if (take(&w, t) && is_name(t) && !is_defined(text, t) && nth-- == 0) {
			*found = t;
			return true;
		}
	return false;
}

bool
query_names_table(const struct query_text *text, struct token t, const char *name)
{
	const char *at = start(text) + t.at;
	size_t len = t.len;

	if (t.kind == TOKEN_QUOTED) {
		at++;
		len -= 2;
	}
	return strlen(name) == len && sqlite3_strnicmp(at, name, (int)len) == 0;
}
