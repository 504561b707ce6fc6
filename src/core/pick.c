/* The value of first and last as an aggregate, see pick.h. */
#include "core/pick.h"

#include "base/mem.h"
#include "base/wire.h"

#include <string.h>

#define ROUND 16			/* room for text is a multiple of it */

/* What a value owns: the cells, and room for their text behind them. */
struct kept {
	size_t		room;		/* bytes of text */
	size_t		cells;
	struct value	cell[];
};

static struct kept *
kept_of(const uint64_t *w)
{
	return (struct kept *)(uintptr_t)w[PICK_MEMORY];
}

static size_t
kept_size(const struct kept *k)
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
	struct kept *k = kept_of(w);
	size_t room = (len + ROUND - 1) / ROUND * ROUND;

	if (k != NULL && k->room >= len)
		return 0;
	k = mem_alloc(sizeof(*k) + p->fields * sizeof(k->cell[0]) + room);
	if (k == NULL)
		return -1;
	*k = (struct kept){ .room = room, .cells = p->fields };
	mem_free(kept_of(w));
	w[PICK_MEMORY] = (uintptr_t)k;
	return 0;
}

int
pick_keep(const struct pick *p, uint64_t *w, int64_t time, uint64_t number,
    const struct value *cells, const unsigned *slot)
{
	struct kept *k;
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

static int
save_cell(struct buf *out, const struct value *v)
{
	if (wire_put(out, v->kind) == -1)
		return -1;
	switch (v->kind) {
	case VALUE_NULL:
		return 0;
	case VALUE_TEXT:
		return wire_put(out, v->len) == -1 ? -1 : buf_add(out, v->text, v->len);
	case VALUE_DOUBLE:
		return wire_put_double(out, v->d);
	default:
		return wire_put_word(out, (uint64_t)v->i);
	}
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
		if (save_cell(out, &kept_of(w)->cell[i]) == -1)
			return -1;
	return 0;
}

static struct value
load_text(struct wire *in)
{
	uint64_t len = wire_get(in);
	struct value v;

	if (in->damaged || len > (size_t)(in->end - in->at) || len > VALUE_TEXT_MAX) {
		in->damaged = true;
		return value_null();
	}
	v = value_text(in->at, (size_t)len);
	in->at += len;
	return v;
}

/* Text borrows from the bytes. */
static struct value
load_cell(struct wire *in)
{
	uint64_t word;

	switch (wire_get(in)) {
	case VALUE_NULL:
		return value_null();
	case VALUE_TEXT:
		return load_text(in);
	case VALUE_INT:
		return value_int((int64_t)wire_get_word(in));
	case VALUE_DOUBLE:
		return value_double(wire_get_double(in));
	case VALUE_BOOL:
		word = wire_get_word(in);
		in->damaged |= word > 1;
		return value_bool(word != 0);
	default:
		in->damaged = true;
		return value_null();
	}
}

static ptrdiff_t
load(const struct aggregate *agg, uint64_t *w, const char *text, size_t len)
{
	const struct pick *p = agg->config;
	struct wire in = { text, text + len, false };
	uint64_t count = wire_get(&in), number;
	struct value cells[PICK_FIELDS];
	int64_t time;

	if (count == 0)
		return in.damaged ? 0 : in.at - text;
	time = (int64_t)wire_get_word(&in);
	number = wire_get(&in);
	for (unsigned i = 0; i < p->fields; i++)
		cells[i] = load_cell(&in);
	if (in.damaged)
		return 0;
	if (pick_wants(p, w, time, number) && pick_keep(p, w, time, number, cells, NULL) == -1)
		return -1;
	w[PICK_COUNT] += count;
	return in.at - text;
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
