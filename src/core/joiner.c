/* Joining two streams of rows, see joiner.h. */
#include "core/joiner_inner.h"

#include "base/mem.h"

void
joiner_init(struct joiner *j, const struct joiner_config *config, const uint64_t seed[2])
{
	*j = (struct joiner){ .config = config, .now = INT64_MIN, .saved = INT64_MIN, .round = 1 };
	map_init(&j->index, sizeof(uint64_t), seed);
	for (int i = 0; i < JOINER_SIDES; i++) {
		struct joiner_rows *s = &j->side[i];

		history_init(&s->history, 1, 1, config->no_record[i]);
		s->base = s->next = s->fresh = 1;
	}
}

/* ---- rows that come ---- */

/* Makes room for N more rows. */
static int
reserve(struct joiner_rows *s, uint64_t n)
{
	size_t cap = s->cap == 0 ? 64 : s->cap;
	struct joiner_row *grown;

	while (cap < s->next - s->base + n)
		cap *= 2;
	if (cap == s->cap)
		return 0;
	grown = mem_alloc(cap * sizeof(*grown));
	if (grown == NULL)
		return -1;
	for (uint64_t i = s->base; i < s->next; i++)
		grown[i & (cap - 1)] = *joiner_row(s, i);
	mem_free(s->row);
	s->row = grown;
	s->cap = cap;
	return 0;
}

static void
link_row(struct joiner *j, enum joiner_side side, uint64_t number, uint32_t chain)
{
	struct joiner_chain *c = &j->chain[chain - 1];

	if (c->round[side] != j->round) {
		c->round[side] = j->round;
		c->fresh[side] = number;
	}
	if (c->first[side] == 0)
		c->first[side] = number;
	else
		joiner_row(&j->side[side], c->last[side])->next = number;
	c->last[side] = number;
}

int
joiner_index(struct joiner *j, enum joiner_side side, uint64_t n, unsigned width)
{
	struct joiner_rows *s = &j->side[side];
	const struct value *cells = history_tail(&s->history, n);

	if (reserve(s, n) == -1)
		return -1;
	for (uint64_t i = 0; i < n; i++, cells += width) {
		uint32_t chain;

		if (joiner_find(j, side, cells, &chain) == -1)
			return -1;
		*joiner_row(s, s->next) = (struct joiner_row){ .cells = cells, .chain = chain };
		if (chain != JOINER_NO_CHAIN)
			link_row(j, side, s->next, chain);
		s->next++;
	}
	return 0;
}

int
joiner_add(struct joiner *j, enum joiner_side side, const struct block *b)
{
	if (b->records == 0)
		return 0;
	return history_add(&j->side[side].history, b) == -1 ? -1 :
	    joiner_index(j, side, b->records, b->width);
}

/* ---- left rows that are due, a heap with the least on top ---- */

static int
heap_put(struct joiner *j, uint64_t number)
{
	size_t at = j->heaped;

	if (j->heaped == j->heap_cap) {
		size_t cap = j->heap_cap == 0 ? 64 : j->heap_cap * 2;
		uint64_t *grown = mem_realloc(j->heap, cap * sizeof(*grown));

		if (grown == NULL)
			return -1;
		j->heap = grown;
		j->heap_cap = cap;
	}
	for (; at > 0 && j->heap[(at - 1) / 2] > number; at = (at - 1) / 2)
		j->heap[at] = j->heap[(at - 1) / 2];
	j->heap[at] = number;
	j->heaped++;
	return 0;
}

static uint64_t
heap_take(struct joiner *j)
{
	uint64_t least = j->heap[0], last = j->heap[--j->heaped];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < j->heaped) {
		child += child + 1 < j->heaped && j->heap[child + 1] < j->heap[child];
		if (j->heap[child] >= last)
			break;
		j->heap[at] = j->heap[child];
		at = child;
	}
	j->heap[at] = last;
	return least;
}

/* The older left rows of the key of a new right row. */
static int
heap_partners(struct joiner *j, const struct joiner_row *right)
{
	const struct joiner_rows *s = &j->side[JOINER_LEFT];
	struct joiner_chain *c;

	if (right->chain == JOINER_NO_CHAIN)
		return 0;
	c = &j->chain[right->chain - 1];
	if (c->heaped == j->round)
		return 0;
	c->heaped = j->round;
	for (uint64_t l = c->first[JOINER_LEFT]; l != 0 && l < s->fresh; l = joiner_row(s, l)->next)
		if (heap_put(j, l) == -1)
			return -1;
	return 0;
}

/* True if all partners that the row can have, have come. */
static bool
over(const struct joiner *j, const struct joiner_row *r)
{
	return j->done || j->now - r->tick >= j->config->within;
}

/* Left rows that stay alone, without those that are in the heap. */
static int
heap_alone(struct joiner *j)
{
	const struct joiner_rows *s = &j->side[JOINER_LEFT];

	for (uint64_t l = s->base; l < s->fresh && over(j, joiner_row(s, l)); l++) {
		const struct joiner_row *r = joiner_row(s, l);

		if (r->matched ||
		    (r->chain != JOINER_NO_CHAIN && j->chain[r->chain - 1].heaped == j->round))
			continue;
		if (heap_put(j, l) == -1)
			return -1;
	}
	return 0;
}

/* ---- the end of a batch ---- */

/* When the clock was set back time stands still here. */
int
joiner_end(struct joiner *j, int64_t tick, bool done)
{
	struct joiner_rows *left = &j->side[JOINER_LEFT], *right = &j->side[JOINER_RIGHT];

	if (tick > j->now)
		j->now = tick;
	j->done = done;
	for (int i = 0; i < JOINER_SIDES; i++) {
		struct joiner_rows *s = &j->side[i];

		history_tick(&s->history, j->now);
		for (uint64_t n = s->fresh; n < s->next; n++)
			joiner_row(s, n)->tick = j->now;
	}
	for (uint64_t r = right->fresh; r < right->next; r++)
		if (heap_partners(j, joiner_row(right, r)) == -1)
			return -1;
	if (j->config->outer[JOINER_LEFT] && heap_alone(j) == -1)
		return -1;
	j->left = j->partner = 0;
	j->coming[JOINER_LEFT] = left->fresh;
	j->coming[JOINER_RIGHT] = right->base;
	return 0;
}

/* True if time has gone past what a row that came before can be joined with, in one step. */
static bool
too_old(const struct joiner *j, const struct joiner_row *r)
{
	return j->now - r->tick > j->config->within;
}

/* The first partner of a new left row. */
static uint64_t
first_partner(const struct joiner *j, const struct joiner_chain *c)
{
	const struct joiner_rows *s = &j->side[JOINER_RIGHT];
	uint64_t number = c->first[JOINER_RIGHT];

	while (number != 0 && too_old(j, joiner_row(s, number)))
		number = joiner_row(s, number)->next;
	return number;
}

/* The next left row and its first partner; false if there is none. */
static bool
next_left(struct joiner *j)
{
	struct joiner_rows *s = &j->side[JOINER_LEFT];
	const struct joiner_chain *c;
	bool old = j->heaped > 0;

	if (!old && j->coming[JOINER_LEFT] == s->next)
		return false;
	j->left = old ? heap_take(j) : j->coming[JOINER_LEFT]++;
	j->partner = 0;
	if (joiner_row(s, j->left)->chain == JOINER_NO_CHAIN)
		return true;
	c = &j->chain[joiner_row(s, j->left)->chain - 1];
	if (!old)
		j->partner = first_partner(j, c);
	else if (c->round[JOINER_RIGHT] == j->round && !too_old(j, joiner_row(s, j->left)))
		j->partner = c->fresh[JOINER_RIGHT];
	return true;
}

/* The next right row that stays alone. */
static bool
next_alone(struct joiner *j, struct joiner_pair *p)
{
	struct joiner_rows *s = &j->side[JOINER_RIGHT];

	if (!j->config->outer[JOINER_RIGHT])
		return false;
	for (; j->coming[JOINER_RIGHT] < s->next; j->coming[JOINER_RIGHT]++) {
		const struct joiner_row *r = joiner_row(s, j->coming[JOINER_RIGHT]);

		if (!over(j, r))
			return false;
		if (!r->matched) {
			j->coming[JOINER_RIGHT]++;
			*p = (struct joiner_pair){ { NULL, r->cells } };
			return true;
		}
	}
	return false;
}

/* Where it matters that a row has had a partner. */
static void
match(struct joiner *j, enum joiner_side side, uint64_t number, struct joiner_row *r)
{
	if (j->marking && j->config->outer[side] && !r->matched &&
	    history_mark(&j->side[side].matched, number) == -1)
		j->lost = true;
	r->matched = true;
}

bool
joiner_next(struct joiner *j, struct joiner_pair *p)
{
	while (j->left != 0 || next_left(j)) {
		struct joiner_row *l = joiner_row(&j->side[JOINER_LEFT], j->left);

		if (j->partner != 0) {
			struct joiner_row *r = joiner_row(&j->side[JOINER_RIGHT], j->partner);

			match(j, JOINER_LEFT, j->left, l);
			match(j, JOINER_RIGHT, j->partner, r);
			j->partner = r->next;
			*p = (struct joiner_pair){ { l->cells, r->cells } };
			return true;
		}
		j->left = 0;
		if (j->config->outer[JOINER_LEFT] && !l->matched && over(j, l)) {
			*p = (struct joiner_pair){ { l->cells, NULL } };
			return true;
		}
	}
	return next_alone(j, p);
}

void
joiner_drop_row(struct joiner *j, enum joiner_side side)
{
	struct joiner_rows *s = &j->side[side];
	const struct joiner_row *r = joiner_row(s, s->base++);
	struct joiner_chain *c;

	if (r->chain == JOINER_NO_CHAIN)
		return;
	c = &j->chain[r->chain - 1];
	c->first[side] = r->next;
	if (r->next == 0)
		c->last[side] = 0;
	j->dead += joiner_is_empty(c);
}

int
joiner_drop(struct joiner *j)
{
	for (int i = 0; i < JOINER_SIDES; i++) {
		struct joiner_rows *s = &j->side[i];

		while (s->base < s->next && over(j, joiner_row(s, s->base)))
			joiner_drop_row(j, (enum joiner_side)i);
		s->fresh = s->next;
		history_drop(&s->history, j->done ? j->now : j->now - j->config->within);
	}
	j->round++;
	return joiner_clean(j);
}

size_t
joiner_bytes(const struct joiner *j)
{
	size_t bytes = map_bytes(&j->index) + j->chains_cap * sizeof(*j->chain) +
	    j->heap_cap * sizeof(*j->heap);

	for (int i = 0; i < JOINER_SIDES; i++)
		bytes += j->side[i].cap * sizeof(struct joiner_row) +
		    history_bytes(&j->side[i].history);
	return bytes;
}

uint64_t
joiner_held(const struct joiner *j)
{
	return j->side[JOINER_LEFT].history.records + j->side[JOINER_RIGHT].history.records;
}

void
joiner_free(struct joiner *j)
{
	for (int i = 0; i < JOINER_SIDES; i++) {
		history_free(&j->side[i].history);
		mem_free(j->side[i].row);
		mem_free(j->side[i].matched.row);
	}
	map_free(&j->index);
	mem_free(j->chain);
	mem_free(j->heap);
	buf_free(&j->key);
}
