/*
 * Functions that SQLite has not: regexp, so that `x REGEXP 'pattern'` works, with PCRE2 as grep
 * does.  A pattern is compiled once for as long as it stays the same.
 */
#include "base/mem.h"
#include "base/near.h"
#include "core/query_inner.h"
#include "core/regex.h"

#include <stdio.h>
#include <string.h>

struct pattern {
	struct buf		 text;
	struct regex		 regex;
	pcre2_match_data	*match;
};

static void
pattern_free(void *arg)
{
	struct pattern *p = arg;

	if (p == NULL)
		return;
	pcre2_match_data_free(p->match);
	regex_close(&p->regex);
	buf_free(&p->text);
	mem_free(p);
}

/* An error of PCRE2 becomes one of the function. */
static void
pcre_failed(sqlite3_context *context, int number)
{
	PCRE2_UCHAR reason[128];
	char text[160];
	int len;

	if (number == PCRE2_ERROR_HEAP_FAILED || number == PCRE2_ERROR_NOMEMORY) {
		sqlite3_result_error_nomem(context);
		return;
	}
	(void)pcre2_get_error_message(number, reason, sizeof(reason));
	len = snprintf(text, sizeof(text), "bad pattern: %s", (const char *)reason);
	sqlite3_result_error(context, text, len);
}

/* A compiled pattern, or NULL after the error has been told. */
static struct pattern *
compile(sqlite3_context *context, sqlite3_value *value)
{
	const unsigned char *text = sqlite3_value_text(value);
	size_t len = (size_t)sqlite3_value_bytes(value), offset;
	int number = PCRE2_ERROR_NOMEMORY;
	struct pattern *p = text == NULL ? NULL : mem_zalloc(sizeof(*p));

	if (p != NULL && buf_add(&p->text, text, len) == 0)
		number = regex_compile(&p->regex, (const char *)text, len, false, &offset);
	if (number == 0) {
		p->match = regex_match_data(&p->regex, false);
		if (p->match != NULL)
			return p;
		number = PCRE2_ERROR_NOMEMORY;
	}
	pcre_failed(context, number);
	pattern_free(p);
	return NULL;
}

static bool
is_of(const struct pattern *p, sqlite3_value *value)
{
	const unsigned char *text = sqlite3_value_text(value);
	size_t len = (size_t)sqlite3_value_bytes(value);

	return text != NULL && p->text.len == len &&
	    (len == 0 || memcmp(p->text.data, text, len) == 0);
}

/* regexp(pattern, text): 1 if it matches anywhere; NULL if one of them is. */
static void
regexp(sqlite3_context *context, int n, sqlite3_value **value)
{
	struct pattern *p = sqlite3_get_auxdata(context, 0);
	const unsigned char *text;
	bool fresh;
	int got;

	(void)n;
	if (sqlite3_value_type(value[0]) == SQLITE_NULL ||
	    sqlite3_value_type(value[1]) == SQLITE_NULL)
		return;
	fresh = p == NULL || !is_of(p, value[0]);
	if (fresh)
		p = compile(context, value[0]);
	if (p == NULL)
		return;
	text = sqlite3_value_text(value[1]);
	if (text == NULL) {
		sqlite3_result_error_nomem(context);
	} else {
		got = pcre2_match(p->regex.code, text, (size_t)sqlite3_value_bytes(value[1]), 0, 0,
		    p->match, NULL);
		if (got >= 0 || got == PCRE2_ERROR_NOMATCH)
			sqlite3_result_int(context, got >= 0);
		else
			pcre_failed(context, got);
	}
	if (fresh)
		sqlite3_set_auxdata(context, 0, p, pattern_free);
}

int
query_functions(sqlite3 *db)
{
	return sqlite3_create_function(db, "regexp", 2,
	    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, regexp, NULL, NULL);
}

/* The list is SQLite's own: it differs with how the library was built. */
bool
query_nearest(struct query *q, const char *name, size_t len, char *best, size_t size)
{
	sqlite3_stmt *list = NULL;
	struct near near;

	near_start(&near, name, len);
	best[0] = '\0';
	(void)sqlite3_set_authorizer(q->db, NULL, NULL);
	if (sqlite3_prepare_v2(q->db, "SELECT DISTINCT name FROM pragma_function_list ORDER BY 1",
	    -1, &list, NULL) == SQLITE_OK) {
		while (sqlite3_step(list) == SQLITE_ROW) {
			const char *known = (const char *)sqlite3_column_text(list, 0);
			unsigned distance = near.distance;

			if (known == NULL)
				break;
			if (!query_may_call(known))
				continue;
			near_try(&near, known);
			if (near.distance < distance)
				(void)snprintf(best, size, "%s", known);
		}
	}
	(void)sqlite3_finalize(list);
	return best[0] != '\0';
}
