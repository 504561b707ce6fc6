/* Lists of expressions, `a, b + 1 as c`: cut at the commas that no parenthesis holds. */
#include "base/mem.h"
#include "core/query_inner.h"

/* What has been read of an item. */
struct item {
	struct token	first, last;		/* of the expression; first.len 0: nothing yet */
	struct token	as, alias;
	unsigned	tokens;
};

static int
end_item(const struct query_text *list, const struct item *i, size_t from, size_t to,
    struct query_item **items, int n, struct err *err)
{
	struct query_item *grown = mem_realloc(*items, (size_t)(n + 1) * sizeof(*grown));
	struct query_item *made;

	if (grown == NULL)
		return err_memory(err, "reading a query");
	*items = grown;
	if (i->as.len > 0 && i->alias.len == 0)
		return query_wrong(list, i->as.at, err, "a name must follow AS");
	made = &grown[n];
	*made = (struct query_item){ .text = *list, .alias = i->alias };
	made->text.at = list->at + (i->tokens > 0 ? i->first.at : from);
	made->text.len = i->tokens > 0 ? i->last.at + i->last.len - i->first.at : to - from;
	made->alias.at += list->at;
	made->all = i->tokens == 1 && token_is(list->text + list->at, i->first, '*');
	if (made->all && i->as.len > 0)
		return query_wrong(list, i->as.at, err, "'*' is several columns and takes no name");
	return 0;
}

static int
add_token(const struct query_text *list, struct item *i, struct token t, unsigned depth,
    struct err *err)
{
	bool name = t.kind == TOKEN_NAME || t.kind == TOKEN_QUOTED || t.kind == TOKEN_STRING;

	if (i->as.len > 0) {
		if (i->alias.len > 0 || !name)
			return query_wrong(list, t.at, err, "one name must follow AS");
		i->alias = t;
	} else if (depth == 0 && token_word(list->text + list->at, t, "as")) {
		i->as = t;
	} else {
		if (i->tokens++ == 0)
			i->first = t;
		i->last = t;
	}
	return 0;
}

int
query_list(const struct query_text *list, struct query_item **items, struct err *err)
{
	const char *text = list->text + list->at;
	struct item item = { 0 };
	unsigned depth = 0;
	size_t from = 0;
	struct token t;
	int n = 0;

	*items = NULL;
	if (query_check(list, false, err) == -1)
		return -1;
	for (size_t at = 0; ; at = t.at + t.len) {
		t = token_next(text, list->len, at);
		if (t.kind == TOKEN_END || (depth == 0 && token_is(text, t, ','))) {
			if (end_item(list, &item, from, t.at, items, n++, err) == -1)
				return -1;
			if (t.kind == TOKEN_END)
				return n;
			item = (struct item){ 0 };
			from = t.at + t.len;
			continue;
		}
		depth += token_is(text, t, '(');
		depth -= token_is(text, t, ')');
		if (add_token(list, &item, t, depth, err) == -1)
			return -1;
	}
}
