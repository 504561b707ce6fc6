/* The value of first and last as an aggregate, see pick.h. */
#include "core/pick.h"

#include "base/mem.h"
#include "base/wire.h"

#include <string.h>

#define ROUND 16			/* room for text is a multiple of it */

/* What a value owns: the cells, and room for their text behind them. */
struct picked {
	size_t		room;		/* bytes of text */
	size_t		cells;
	struct value	cell[];
};

static struct picked *
kept_of(const uint64_t *w)
{
	return (struct picked *)(uintptr_t)w[PICK_MEMORY];
}

static size_t
kept_size(const struct picked *k)
{
	return sizeof(*k) + k->cells * sizeof(k->cell[0]) + k->room;
}

const struct value *
pick_cells(const uint64_t *w)
{
	return w[PICK_COUNT] == 0 ? NULL : kept_of(w)->cell;
}

bool
pick_wants(const struct pick *p, const uint64_t *w, int64_t time, uint64_t number)
{
	int64_t had = (int64_t)w[PICK_TIME];
	bool later = time != had ? time > had : number > w[PICK_NUMBER];

	return w[PICK_COUNT] == 0 || later == p->last;
}

static const struct value *
cell_at(const struct value *cells, const unsigned *slot, unsigned i)
{
	return &cells[slot != NULL ? slot[i] : i];
}

/* Sees to it that a value owns room for LEN bytes of text; 0 or -1. */
static int
make_room(const struct pick *p, uint64_t *w, size_t len)
{
	struct picked *k = kept_of(w);
	size_t room = (len + ROUND - 1) / ROUND * ROUND;

	if (k != NULL && k->room >= len)
		return 0;
	k = mem_alloc(sizeof(*k) + p->fields * sizeof(k->cell[0]) + room);
	if (k == NULL)
		return -1;
	*k = (struct picked){ .room = room, .cells = p->fields };
	mem_free(kept_of(w));
	w[PICK_MEMORY] = (uintptr_t)k;
	return 0;
}

int
pick_keep(const struct pick *p, uint64_t *w, int64_t time, uint64_t number,
    const struct value *cells, const unsigned *slot)
{
	struct picked *k;
	size_t len = 0;
	char *text;

	for (unsigned i = 0; i < p->fields; i++)
		if (cell_at(cells, slot, i)->kind == VALUE_TEXT)
			len += cell_at(cells, slot, i)->len;
	if (make_room(p, w, len) == -1)
		return -1;
	k = kept_of(w);
	text = (char *)(k->cell + k->cells);
	for (unsigned i = 0; i < p->fields; i++) {
		k->cell[i] = *cell_at(cells, slot, i);
		if (k->cell[i].kind != VALUE_TEXT)
			continue;
		if (k->cell[i].len > 0)
			memcpy(text, k->cell[i].text, k->cell[i].len);
		k->cell[i].text = text;
		text += k->cell[i].len;
	}
	w[PICK_TIME] = (uint64_t)time;
	w[PICK_NUMBER] = number;
	return 0;
}

/* ---- as an aggregate ---- */

static int
merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	const struct pick *p = agg->config;
	int64_t time = (int64_t)from[PICK_TIME];

	if (from[PICK_COUNT] == 0)
		return 0;
	if (pick_wants(p, into, time, from[PICK_NUMBER]) &&
	    pick_keep(p, into, time, from[PICK_NUMBER], pick_cells(from), NULL) == -1)
		return -1;
	into[PICK_COUNT] += from[PICK_COUNT];
	return 0;
}

static void
drop(const struct aggregate *agg, uint64_t *w)
{
	mem_free(kept_of(w));
	memset(w, 0, agg->words * sizeof(*w));
}

static size_t
bytes(const struct aggregate *agg, const uint64_t *w)
{
	(void)agg;
	return kept_of(w) == NULL ? 0 : kept_size(kept_of(w));
}

/* The number of records, and if there are any the place and the cells of the one that is kept. */
static int
save(const struct aggregate *agg, const uint64_t *w, struct buf *out)
{
	const struct pick *p = agg->config;

	if (wire_put(out, w[PICK_COUNT]) == -1)
		return -1;
	if (w[PICK_COUNT] == 0)
		return 0;
	if (wire_put_word(out, w[PICK_TIME]) == -1 || wire_put(out, w[PICK_NUMBER]) == -1)
		return -1;
	for (unsigned i = 0; i < p->fields; i++)
		if (value_put(out, &kept_of(w)->cell[i]) == -1)
			return -1;
	return 0;
}

static int
load(const struct aggregate *agg, uint64_t *w, struct wire *in)
{
	const struct pick *p = agg->config;
	uint64_t count = wire_get(in), number;
	struct value cells[PICK_FIELDS];
	int64_t time;

	if (count == 0)
		return 0;
	time = (int64_t)wire_get_word(in);
	number = wire_get(in);
	for (unsigned i = 0; i < p->fields; i++)
		cells[i] = value_get(in);
	if (in->damaged)
		return 0;
	if (pick_wants(p, w, time, number) && pick_keep(p, w, time, number, cells, NULL) == -1)
		return -1;
	w[PICK_COUNT] += count;
	return 0;
}

void
pick_aggregate(struct aggregate *agg, const struct pick *p)
{
	*agg = (struct aggregate){
		.name = "pick",
		.words = PICK_WORDS,
		.config = p,
		.merge = merge,
		.drop = drop,
		.bytes = bytes,
		.save = save,
		.load = load,
	};
}
