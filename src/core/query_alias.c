/*
 * The tables of a query by the names that it has for them: their own, and aliases.  Both are found
 * in any case, as in SQL.
 */
#include "base/mem.h"
#include "core/query_inner.h"

#include <string.h>

bool
query_same(const char *known, const char *name, size_t len, bool caseless)
{
	if (strlen(known) != len)
		return false;
	return caseless ? sqlite3_strnicmp(known, name, (int)len) == 0 :
	    memcmp(known, name, len) == 0;
}

struct query_source *
query_find_table(const struct query_names *n, const char *name, size_t len)
{
	const struct query_alias *alias = (const void *)n->aliases.data;

	for (size_t i = 0; i < n->q->sources; i++)
		if (query_same(n->q->source[i].plain, name, len, true))
			return &n->q->source[i];
	for (size_t i = 0; i < n->aliases.len / sizeof(*alias); i++)
		if (alias[i].token.len == len &&
		    sqlite3_strnicmp(alias[i].name, name, (int)len) == 0)
			return alias[i].source;
	return NULL;
}

/* An alias is a name behind a table's, with or without AS. */
static int
note_alias(struct query_names *n, struct token table, struct err *err)
{
	const char *text = n->text->text + n->text->at;
	struct token t = token_next(text, n->text->len, table.at + table.len);
	struct query_alias alias = { .token = t };
	char *name = mem_alloc(table.len + 1);

	if (name == NULL)
		return err_memory(err, "reading a query");
	alias.source = query_find_table(n, name, token_name(text, table, name));
	mem_free(name);
	if (token_word(text, t, "as"))
		t = token_next(text, n->text->len, t.at + t.len);
	if (alias.source == NULL || (t.kind != TOKEN_QUOTED &&
	    (t.kind != TOKEN_NAME || sqlite3_keyword_check(text + t.at, (int)t.len) != 0)))
		return 0;
	if (t.kind == TOKEN_QUOTED)
		t = (struct token){ .kind = t.kind, .at = t.at + 1, .len = t.len - 2 };
	alias.token = t;
	alias.name = text + t.at;
	if (buf_add(&n->aliases, &alias, sizeof(alias)) == -1)
		return err_memory(err, "reading a query");
	return 0;
}

int
query_names_open(struct query_names *n, struct err *err)
{
	const char *text = n->text->text + n->text->at;
	struct token t;

	n->forced = mem_zalloc(n->text->len + 1);
	if (n->forced == NULL)
		return err_memory(err, "reading a query");
	for (size_t at = 0; n->whole && at < n->text->len; at = t.at + t.len) {
		t = token_next(text, n->text->len, at);
		if ((t.kind == TOKEN_NAME || t.kind == TOKEN_QUOTED) && note_alias(n, t, err) == -1)
			return -1;
	}
	return 0;
}

void
query_names_close(struct query_names *n)
{
	buf_free(&n->out);
	buf_free(&n->anchors);
	buf_free(&n->aliases);
	mem_free(n->forced);
}
