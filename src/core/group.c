/* Grouping rows by key, see group.h. */
#include "core/group.h"

#include "core/key.h"
#include "core/plan.h"

#include <string.h>

static const char source[] = "source";

/* True if a name of --by stands for the source, where the groups know of any. */
static bool
names_source(const struct group *g, const struct schema *in, const char *name, size_t len)
{
	if (g->sources == NULL || len != sizeof(source) - 1 || memcmp(name, source, len) != 0)
		return false;
	for (unsigned i = 0; i < in->columns && !in->open; i++)
		if (strcmp(in->column[i].name, source) == 0)
			return false;
	return true;
}

/* Adds the column called LIST[FROM .. FROM + LEN). */
static int
add_column(struct group *g, struct schema *in, struct schema *out, const char *list, size_t from,
    size_t len, int word, struct err *err)
{
	struct column c = { .name = source, .slot = SCHEMA_NO_SLOT, .bare = true };
	bool named = names_source(g, in, list + from, len);

	if (!named || in->open) {
		int at = schema_find(in, list + from, len, word, from, err);

		if (at == -1)
			return -1;
		c = in->column[at];
	}
	g->slot[g->columns++] = c.slot;
	if (named)
		g->source = g->columns;
	return schema_add(out, c.name, c.bare, err);
}

static int
add_columns(struct group *g, struct schema *in, struct schema *out, const char *list, int word,
    struct err *err)
{
	for (size_t from = 0, len; ; from += len + 1) {
		len = strcspn(list + from, ",");
		if (g->columns == GROUP_MAX)
			return err_word(err, word, "more than %d columns in '%s'", GROUP_MAX,
			    list);
		if (add_column(g, in, out, list, from, len, word, err) == -1)
			return -1;
		if (list[from + len] == '\0')
			break;
	}
	g->plain = g->columns == 1 && g->source == 0 && in->texts;
	g->never_null = g->plain && in->lines;
	return 0;
}

int
group_open(struct group *g, struct schema *in, struct schema *out, const char *value, int word,
    struct err *err)
{
	*g = (struct group){ 0 };
	return value == NULL ? 0 : add_columns(g, in, out, value, word, err);
}

int
group_open_by(struct group *g, struct stage *s, const char *value, int word, struct err *err)
{
	*g = (struct group){ .sources = s->early ? s->plan->labels : NULL };
	if (value != NULL && add_columns(g, s->in, s->out, value, word, err) == -1)
		return -1;
	s->by_source |= g->source > 0;
	return 0;
}

int
group_open_all(struct group *g, struct schema *in, struct schema *out, struct err *err)
{
	*g = (struct group){ .columns = 1, .plain = true, .never_null = true };
	g->slot[0] = SCHEMA_RECORD;
	return schema_add(out, in->input && !in->lines ? "record" : "line", true, err);
}

static bool
excepted(const int *except, unsigned n, unsigned column)
{
	for (unsigned i = 0; i < n; i++)
		if (except[i] == (int)column)
			return true;
	return false;
}

int
group_open_others(struct group *g, struct schema *in, struct schema *out, const int *except,
    unsigned n, int word, struct err *err)
{
	bool bare = false;

	*g = (struct group){ 0 };
	for (unsigned i = 0; i < in->columns; i++) {
		const struct column *c = &in->column[i];

		if (excepted(except, n, i))
			continue;
		if (g->columns == GROUP_MAX)
			return err_word(err, word, "more than %d columns; name those that count",
			    GROUP_MAX);
		if (schema_find(in, c->name, strlen(c->name), word, 0, err) == -1 ||
		    (out != NULL && schema_add(out, c->name, c->bare, err) == -1))
			return -1;
		g->slot[g->columns++] = c->slot;
		bare = c->bare;
	}
	g->plain = g->columns == 1 && bare;
	return 0;
}

/* ---- keys of rows ---- */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

/* True if one of the LEN low bytes of a word is NUL, LEN 1 to 8. */
static inline bool
has_nul(uint64_t word, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;

	word |= (~UINT64_C(0) << (len - 1) * 8) << 8;
	return ((word - ones) & ~word & highs) != 0;
}

/*
 * The key of 1 to MAP_INLINE bytes at TEXT, without reading more than those: two loads that overlap
 * cover each length.  False if there is a NUL among them.
 */
static inline bool
short_key(const char *text, size_t len, struct map_key *key)
{
	uint32_t low, high;

	if (len > 8) {
		memcpy(&key->a, text, 8);
		memcpy(&key->b, text + len - 8, 8);
		key->b >>= 8 * (16 - len);
		return !has_nul(key->a, 8) && !has_nul(key->b, len - 8);
	}
	key->b = 0;
	if (len >= 4) {
		memcpy(&low, text, 4);
		memcpy(&high, text + len - 4, 4);
		key->a = low | (uint64_t)high << (8 * (len - 4));
	} else {
		key->a = (unsigned char)text[0] | (uint64_t)(unsigned char)text[len / 2] <<
		    (8 * (len / 2)) | (uint64_t)(unsigned char)text[len - 1] << (8 * (len - 1));
	}
	return !has_nul(key->a, len);
}

#else

static bool
short_key(const char *text, size_t len, struct map_key *key)
{
	*key = map_key_make(text, len);
	return !map_key_is_long(*key);
}

#endif

/* The key of a column of text; a NUL before it tells null and what begins with NUL apart. */
static int
plain_key(const struct group *g, const struct value *v, struct buf *text, struct map_key *key)
{
	size_t at = text->len;

	if (v->kind == VALUE_TEXT && (v->len == 0 || v->text[0] != '\0' || g->never_null)) {
		*key = map_key_make(v->len == 0 ? "" : v->text, v->len);
		return 0;
	}
	if (buf_add(text, "\0", 1) == -1 ||
	    (v->kind == VALUE_TEXT && buf_add(text, v->text, v->len) == -1))
		return -1;
	*key = map_key_make(text->data + at, text->len - at);
	return 0;
}

/* The cell of column K of a key; NAME is the source's. */
static inline const struct value *
key_cell(const struct group *g, const struct value *row, unsigned k, const struct value *name)
{
	if (k + 1 == g->source &&
	    (g->slot[k] == SCHEMA_NO_SLOT || row[g->slot[k]].kind == VALUE_NULL))
		return name;
	return &row[g->slot[k]];
}

static struct value
source_name(const struct group *g, const struct block *b)
{
	const char *name = g->source == 0 || b->source == -1 ? NULL : g->sources[b->source];

	return name == NULL ? value_null() : value_text(name, strlen(name));
}

/* The keys of a run that are encoded; made last of all, as the buffer moves while it grows. */
static int
encode_keys(const struct group *g, struct group_run *run, const struct block *b, uint64_t from,
    unsigned n)
{
	const struct value *row = b->cells + from * b->width, name = source_name(g, b);
	size_t end[GROUP_RUN];

	run->text.len = 0;
	for (unsigned i = 0; i < n; i++, row += b->width) {
		for (unsigned k = 0; k < g->columns; k++)
			if (key_put(&run->text, key_cell(g, row, k, &name),
			    k + 1 == g->columns) == -1)
				return -1;
		end[i] = run->text.len;
	}
	for (unsigned i = 0; i < n; i++) {
		size_t at = i == 0 ? 0 : end[i - 1];

		run->key[i] = map_key_make(run->text.data + at, end[i] - at);
	}
	return 0;
}

/* Room for all that plain_key copies in a run, so that keys made before stay where they are. */
static int
plain_room(struct buf *text, const struct value *cell, unsigned width, unsigned n)
{
	size_t room = n;

	for (unsigned i = 0; i < n; i++, cell += width)
		if (cell->kind == VALUE_TEXT && cell->len > 0 && cell->text[0] == '\0')
			room += cell->len;
	text->len = 0;
	return buf_reserve(text, room);
}

static int
plain_keys(const struct group *g, struct group_run *run, const struct value *row, unsigned width,
    unsigned n)
{
	const struct value *first = &row[g->slot[0]], *cell = first;
	bool room = false;

	for (unsigned i = 0; i < n; i++, cell += width) {
		if (cell->kind == VALUE_TEXT && cell->len - 1 < MAP_INLINE &&
		    short_key(cell->text, cell->len, &run->key[i]))
			continue;
		if (!room && plain_room(&run->text, first, width, n) == -1)
			return -1;
		room = true;
		if (plain_key(g, cell, &run->text, &run->key[i]) == -1)
			return -1;
	}
	return 0;
}

/* ---- looking up ---- */

/* As core/tally does: first all slots are asked for, then all entries, then they are compared. */
static int
find_values(struct group_run *run, struct map *map, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		run->hash[i] = map_hash(map, run->key[i]);
		__builtin_prefetch(map_home(map, run->hash[i]));
	}
	for (unsigned i = 0; i < n; i++) {
		struct map_key *entry = map_entry(map,
		    map_probe(map_shard(map, run->hash[i]), run->hash[i]));

		__builtin_prefetch(entry, 1);
		if (map->stride > 64)
			__builtin_prefetch((const char *)entry + 64, 1);
		run->value[i] = (uint64_t *)entry;
	}
	for (unsigned i = 0; i < n; i++) {
		const struct map_key *entry = (const struct map_key *)run->value[i];

		if (entry->a == run->key[i].a && entry->b == run->key[i].b)
			run->value[i] = (uint64_t *)run->value[i] + 2;
		else
			run->value[i] = map_add(map, run->key[i], run->hash[i]);
		if (run->value[i] == NULL)
			return -1;
	}
	return 0;
}

int
group_keys(const struct group *g, struct group_run *run, const struct block *b, uint64_t from,
    unsigned n)
{
	const struct value *row = b->cells + from * b->width;

	if (g->plain)
		return plain_keys(g, run, row, b->width, n);
	if (g->columns > 0)
		return encode_keys(g, run, b, from, n);
	for (unsigned i = 0; i < n; i++)
		run->key[i] = map_key_make("", 0);
	return 0;
}

int
group_key(const struct group *g, struct group_run *run, const struct value *cells)
{
	struct group here = *g;
	const struct block one = {
		.cells = cells, .width = g->columns, .records = 1, .source = -1,
	};

	for (unsigned i = 0; i < g->columns; i++)
		here.slot[i] = i;
	return group_keys(&here, run, &one, 0, 1);
}

int
group_run(const struct group *g, struct group_run *run, struct map *map, const struct block *b,
    uint64_t from, unsigned n)
{
	if (map_reserve(map, n) == -1)
		return -1;
	if (g->columns == 0) {
		run->value[0] = map_put(map, "", 0);
		for (unsigned i = 1; i < n; i++)
			run->value[i] = run->value[0];
		return run->value[0] == NULL ? -1 : 0;
	}
	return group_keys(g, run, b, from, n) == -1 ? -1 : find_values(run, map, n);
}

int
group_cells(const struct group *g, const struct map_key *key, struct value *cells,
    struct arena *arena)
{
	size_t len;
	const char *text = map_key_bytes(key, &len);
	const char *end = text + len;

	if (g->plain && g->never_null) {
		cells[0] = value_text(text, len);
		return 0;
	}
	if (g->plain) {
		cells[0] = len > 0 && text[0] == '\0' ? value_text(text + 1, len - 1) :
		    value_text(text, len);
		if (len == 1 && text[0] == '\0')
			cells[0] = value_null();
		return 0;
	}
	for (unsigned i = 0; i < g->columns; i++)
		if (key_get(&text, end, &cells[i], arena) == -1)
			return -1;
	return 0;
}

bool
group_key_is_whole(const struct group *g, const char *bytes, size_t len)
{
	return g->plain || key_is_whole(bytes, len, g->columns);
}

void
group_run_free(struct group_run *run)
{
	buf_free(&run->text);
}
