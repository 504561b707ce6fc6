/*
 * Hash indexes over columns of a table of rows, made when a statement first asks for one and kept
 * until the rows change.
 *
 * An index gives all rows that may be equal to a key; SQLite compares them itself.  What SQLite
 * may find equal after converting one side to the other's affinity must have one key: so the key
 * of a number, or of text that starts like one, is the number as a double.
 */
#include "base/mem.h"
#include "core/query_inner.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 400		/* bytes of text that is looked at as a number */

uint64_t query_seed[2] = { 0x243f6a8885a308d3U, 0x13198a2e03707344U };

struct chain {
	uint32_t	first, last;	/* rows, from 1; so zeros are none */
};

/* The key of a number, in 8 bytes. */
static size_t
number_key(double d, char *out)
{
	if (d == 0)
		d = 0;		/* -0 */
	memcpy(out, &d, sizeof(d));
	return sizeof(d);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* True if text is nothing but a number and blanks as far as SQLite might think so. */
static bool
text_number(const char *text, size_t len, double *d)
{
	char copy[NUMBER_MAX + 1], *end;
	size_t from = 0;

	while (from < len && is_blank(text[from]))
		from++;
	if (from == len || len - from > NUMBER_MAX || text[from] > '9' || text[from] < '+')
		return false;
	memcpy(copy, text + from, len - from);
	copy[len - from] = '\0';
	*d = strtod(copy, &end);
	while (is_blank(*end))
		end++;
	return end > copy && (size_t)(end - copy) == len - from;
}

/* The key of text: the text itself, or in NUMBER if it is one. */
static const char *
text_key(const char *text, size_t *len, char *number)
{
	double d;

	if (!text_number(text, *len, &d))
		return text;
	*len = number_key(d, number);
	return number;
}

/* The key of a cell, which may lie in NUMBER; NULL: null, which equals nothing. */
static const char *
cell_key(const struct value *v, size_t *len, char *number)
{
	switch (v->kind) {
	case VALUE_NULL:
		return NULL;
	case VALUE_TEXT:
		*len = v->len;
		return text_key(v->len == 0 ? "" : v->text, len, number);
	case VALUE_DOUBLE:
		*len = number_key(v->d, number);
		return number;
	case VALUE_INT:
	case VALUE_BOOL:
		break;
	}
	*len = number_key((double)v->i, number);
	return number;
}

/* The same for a value of SQLite's. */
static const char *
value_key(sqlite3_value *v, size_t *len, char *number)
{
	const char *text;

	switch (sqlite3_value_type(v)) {
	case SQLITE_NULL:
		return NULL;
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		*len = number_key(sqlite3_value_double(v), number);
		return number;
	default:
		text = sqlite3_value_blob(v);
		*len = (size_t)sqlite3_value_bytes(v);
		return text_key(text == NULL ? "" : text, len, number);
	}
}

/* Where each row lies; an SQLite code. */
static int
find_rows(struct query_source *s)
{
	uint64_t at = 0;

	if (s->row != NULL)
		return SQLITE_OK;
	if (s->rows >= QUERY_NO_ROW)
		return SQLITE_TOOBIG;
	s->row = mem_alloc(((size_t)s->rows + 1) * sizeof(*s->row));
	if (s->row == NULL)
		return SQLITE_NOMEM;
	for (size_t b = 0; b < s->blocks; b++)
		for (uint64_t i = 0; i < s->block[b].records; i++)
			s->row[at++] = s->block[b].cells + i * s->block[b].width;
	return SQLITE_OK;
}

static int
fill(struct query_source *s, struct query_index *index)
{
	for (uint32_t i = 0; i < s->rows; i++) {
		char number[sizeof(double)];
		struct chain *chain;
		size_t len;
		const char *key = cell_key(&s->row[i][index->slot], &len, number);

		index->next[i] = QUERY_NO_ROW;
		if (key == NULL)
			continue;
		chain = map_put(&index->map, key, len);
		if (chain == NULL)
			return -1;
		if (chain->first == 0)
			chain->first = i + 1;
		else
			index->next[chain->last - 1] = i;
		chain->last = i + 1;
	}
	return 0;
}

static struct query_index *
build(struct query_source *s, unsigned slot)
{
	struct query_index *index = mem_zalloc(sizeof(*index));

	if (index == NULL)
		return NULL;
	index->slot = slot;
	index->older = s->index;
	s->index = index;		/* query_forget frees what there is of it */
	map_init(&index->map, sizeof(struct chain), query_seed);
	index->next = mem_alloc(((size_t)s->rows + 1) * sizeof(*index->next));
	if (index->next != NULL && fill(s, index) == 0)
		return index;
	index->slot = SCHEMA_NO_SLOT;
	return NULL;
}

int
query_lookup(struct query_source *s, unsigned slot, sqlite3_value *value,
    const struct query_index **found, uint32_t *first)
{
	struct query_index *index = s->index;
	char number[sizeof(double)];
	const struct chain *chain;
	size_t len = 0;
	const char *key;
	int rc = find_rows(s);

	if (rc != SQLITE_OK)
		return rc;
	while (index != NULL && index->slot != slot)
		index = index->older;
	if (index == NULL)
		index = build(s, slot);
	if (index == NULL)
		return SQLITE_NOMEM;
	key = value_key(value, &len, number);
	chain = key == NULL ? NULL : map_find(&index->map, key, len);
	*first = chain == NULL || chain->first == 0 ? QUERY_NO_ROW : chain->first - 1;
	*found = index;
	return SQLITE_OK;
}

void
query_forget(struct query_source *s)
{
	while (s->index != NULL) {
		struct query_index *index = s->index;

		s->index = index->older;
		map_free(&index->map);
		mem_free(index->next);
		mem_free(index);
	}
	mem_free(s->row);
	s->row = NULL;
}
