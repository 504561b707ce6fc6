/* A store of state in memory, see store_util.h. */
#include "store_util.h"

#include <stdlib.h>
#include <string.h>

static void
keep(struct memory_store *m, const struct store_part *part, const char *bytes, size_t len)
{
	struct stored *c;

	if (m->n == m->cap) {
		m->cap = m->cap == 0 ? 16 : m->cap * 2;
		m->chunk = realloc(m->chunk, m->cap * sizeof(*m->chunk));
	}
	c = &m->chunk[m->n++];
	*c = (struct stored){ *part, malloc(len), len };
	memcpy(c->bytes, bytes, len);
}

static int
put(void *arg, const struct store_part *part, const char *bytes, size_t len, struct err *err)
{
	struct memory_store *m = arg;

	if (m->fails) {
		err_set(err, ERR_RUN, "the store is full");
		return -1;
	}
	DEMAND(len > 0);
	keep(m, part, bytes, len);
	m->put += len;
	m->fresh += len;
	return 0;
}

static bool
is_of(const struct stored *c, const struct store_part *part)
{
	const struct store_part *p = &c->part;

	return p->role == part->role && p->owner == part->owner && p->tick == part->tick &&
	    p->generation <= part->generation;
}

static int
clear(void *arg, const struct store_part *part, struct err *err)
{
	struct memory_store *m = arg;
	size_t n = 0;

	if (m->fails) {
		err_set(err, ERR_RUN, "the store is full");
		return -1;
	}
	for (size_t i = 0; i < m->n; i++) {
		if (is_of(&m->chunk[i], part))
			free(m->chunk[i].bytes);
		else
			m->chunk[n++] = m->chunk[i];
	}
	m->n = n;
	return 0;
}

/* The oldest chunk of a part, or NULL. */
static struct stored *
oldest(const struct memory_store *m, const struct store_part *part)
{
	struct stored *found = NULL;

	for (size_t i = 0; i < m->n; i++)
		if (is_of(&m->chunk[i], part) && (found == NULL ||
		    m->chunk[i].part.generation < found->part.generation))
			found = &m->chunk[i];
	return found;
}

/* Four times what was put since the last time, as the checkpoint does, and one chunk at least. */
static int
trim(void *arg, const struct store_part *part, struct err *err)
{
	struct memory_store *m = arg;
	struct stored *c;
	size_t room;

	if (m->fails) {
		err_set(err, ERR_RUN, "the store is full");
		return -1;
	}
	room = 4 * m->fresh;
	m->fresh = 0;
	while ((c = oldest(m, part)) != NULL) {
		size_t len = c->len;

		free(c->bytes);
		m->n--;
		memmove(c, c + 1, (size_t)(m->chunk + m->n - c) * sizeof(*c));
		if (room <= len)
			return 1;
		room -= len;
	}
	return 0;
}

void
store_start(struct memory_store *m)
{
	*m = (struct memory_store){
		.store = { .arg = m, .put = put, .clear = clear, .trim = trim },
	};
}

void
store_copy(struct memory_store *m, const struct memory_store *from)
{
	store_start(m);
	for (size_t i = 0; i < from->n; i++)
		keep(m, &from->chunk[i].part, from->chunk[i].bytes, from->chunk[i].len);
}

void
store_free(struct memory_store *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->chunk[i].bytes);
	free(m->chunk);
	store_start(m);
}

size_t
store_bytes(const struct memory_store *m)
{
	size_t bytes = 0;

	for (size_t i = 0; i < m->n; i++)
		bytes += m->chunk[i].len;
	return bytes;
}

struct saving
store_saving(const struct memory_store *m, enum store_role role, struct buf *out)
{
	return (struct saving){ .store = &m->store, .part = { .role = role }, .out = out };
}

struct wire
store_wire(const struct stored *c)
{
	return (struct wire){ .at = c->bytes, .end = c->bytes + c->len };
}

static int
compare_parts(const struct store_part *x, const struct store_part *y)
{
	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return (x->generation > y->generation) - (x->generation < y->generation);
}

static int
compare_chunks(const void *x, const void *y)
{
	const struct stored *a = *(const struct stored *const *)x;
	const struct stored *b = *(const struct stored *const *)y;
	int c = compare_parts(&a->part, &b->part);

	return c != 0 ? c : (a > b) - (a < b);
}

const struct stored **
store_sorted(const struct memory_store *m)
{
	const struct stored **sorted = malloc((m->n + 1) * sizeof(const struct stored *));

	for (size_t i = 0; i < m->n; i++)
		sorted[i] = &m->chunk[i];
	qsort(sorted, m->n, sizeof(const struct stored *), compare_chunks);
	return sorted;
}

void
store_damage(struct stored *c)
{
	switch (rand_below(4)) {
	case 0:
		c->len = rand_below(c->len + 1);
		c->bytes = realloc(c->bytes, c->len + 1);
		c->bytes = realloc(c->bytes, c->len == 0 ? 1 : c->len);
		break;
	case 1:
		rand_bytes(c->bytes, c->len);
		break;
	default:
		for (uint64_t n = 1 + rand_below(4); n > 0 && c->len > 0; n--)
			c->bytes[rand_below(c->len)] ^= (char)(1 << rand_below(8));
	}
}
