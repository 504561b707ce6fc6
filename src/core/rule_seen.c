/*
 * Values that a key has had, longest unseen first, see rule_inner.h: those of a window, and those
 * that are not new any more.  The only one lies in the cell itself.
 */
#include "base/mem.h"
#include "core/rule_inner.h"

#include <string.h>

#define FIRST 4				/* values that are allocated at first */
#define DISTINCT_LEAST 64		/* values that are told apart, at least */

static struct rule_entry *
seen(const struct rule_cell *c)
{
	return (struct rule_entry *)c->at + c->head;
}

/* Takes a value out of the row: what it had, or an entry of zeros. */
static struct rule_entry
take_out(struct rule_cell *c, uint64_t hash)
{
	struct rule_entry none = { .hash = hash }, *e, found;

	if (c->at == NULL) {
		if (c->n == 0 || c->one != hash)
			return none;
		c->n = 0;
		return (struct rule_entry){ .time = c->first, .hash = hash };
	}
	e = seen(c);
	for (uint32_t i = c->n; i-- > 0;) {
		if (e[i].hash != hash)
			continue;
		found = e[i];
		memmove(e + i, e + i + 1, (c->n - i - 1) * sizeof(*e));
		c->n--;
		return found;
	}
	return none;
}

static int
grow(struct rule_cell *c)
{
	uint32_t cap = c->cap == 0 ? FIRST : c->cap * 2;
	struct rule_entry *at = mem_realloc(c->at, cap * sizeof(*at));

	if (at == NULL)
		return -1;
	if (c->cap == 0)
		at[0] = (struct rule_entry){ .time = c->first, .hash = c->one };
	c->at = at;
	c->cap = cap;
	c->stride = sizeof(*at);
	return 0;
}

/* Puts one at the end of the row; of more than MOST the longest unseen goes. */
static int
put_last(struct rule_cell *c, struct rule_entry e, uint32_t most)
{
	if (c->at == NULL && c->n == 0) {
		c->first = e.time;
		c->one = e.hash;
		c->n = 1;
		return 0;
	}
	if (c->at == NULL && grow(c) == -1)
		return -1;
	for (; c->n >= most; c->n--)
		c->head++;
	if (c->head + c->n == c->cap && c->head > c->n / 2) {
		memmove(c->at, seen(c), c->n * sizeof(e));
		c->head = 0;
	}
	if (c->head + c->n == c->cap && grow(c) == -1)
		return -1;
	seen(c)[c->n++] = e;
	return 0;
}

/* What is before FROM leaves. */
static void
leave(struct rule_cell *c, int64_t from)
{
	while (c->n > 0 && c->first < from) {
		if (c->at != NULL)
			c->first = seen(c)->time;
		if (c->first >= from)
			return;
		c->head += c->at != NULL;
		c->n--;
	}
}

int
rule_seen_distinct(struct rule_cell *c, const struct rule *r, int64_t time, uint64_t hash,
    struct number *value)
{
	uint32_t most = (uint32_t)r->limit.d * 2;
	struct rule_entry e;

	leave(c, time - r->window);
	e = take_out(c, hash);
	e.time = time;
	if (put_last(c, e, most < DISTINCT_LEAST ? DISTINCT_LEAST : most) == -1)
		return -1;
	*value = number_from_int(c->n);
	return 0;
}

/* One that is new counts its uses until it is told; one from the beginnings never is. */
int
rule_seen_new(struct rule_cell *c, const struct rule *r, uint64_t hash, struct rule_hit *hit)
{
	uint32_t before = c->n;
	struct rule_entry e = take_out(c, hash);
	bool fresh = c->n == before, told;

	if (e.time > 0 || (fresh && c->count >= r->after))
		e.time++;
	hit->value = number_from_int((int64_t)c->count);
	hit->extra = (double)e.time;
	told = (uint64_t)e.time == r->use;
	if (told)
		e.time = 0;
	c->count++;
	return put_last(c, e, RULE_SEEN) == -1 ? -1 : told;
}
