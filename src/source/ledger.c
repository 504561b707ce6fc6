/* The files that dir: has taken, see ledger.h: open addressing, at most two thirds full. */
#include "source/ledger.h"

#include "base/mem.h"

#define LEAST_SLOTS 64			/* a power of two */

/* The slot of a file, or the empty one where it would be; CAP is not 0. */
static struct taken *
slot_of(const struct ledger *l, dev_t dev, ino_t ino)
{
	uint64_t hash = ((uint64_t)ino ^ (uint64_t)dev << 48) * 0x9e3779b97f4a7c15U;
	size_t at = (size_t)(hash >> 20) & (l->cap - 1);

	while (l->slot[at].ino != 0 && (l->slot[at].ino != ino || l->slot[at].dev != dev))
		at = (at + 1) & (l->cap - 1);
	return &l->slot[at];
}

struct taken *
ledger_find(const struct ledger *l, dev_t dev, ino_t ino)
{
	struct taken *found = l->cap > 0 ? slot_of(l, dev, ino) : NULL;

	return found != NULL && found->ino != 0 ? found : NULL;
}

/* Notes that a file was put or forgotten; 0 or -1. */
static int
note(struct ledger *l, dev_t dev, ino_t ino)
{
	if (!l->tracked)
		return 0;
	if (l->nchanged == l->changed_cap) {
		size_t cap = l->changed_cap == 0 ? 16 : l->changed_cap * 2;
		struct file_id *changed = mem_realloc(l->changed, cap * sizeof(*changed));

		if (changed == NULL)
			return -1;
		l->changed = changed;
		l->changed_cap = cap;
	}
	l->changed[l->nchanged++] = (struct file_id){ .dev = dev, .ino = ino };
	return 0;
}

static int
note_forgotten(struct ledger *l, uint64_t before)
{
	for (size_t i = 0; i < l->cap && l->tracked; i++)
		if (l->slot[i].ino != 0 && l->slot[i].seen < before &&
		    note(l, l->slot[i].dev, l->slot[i].ino) == -1)
			return -1;
	return 0;
}

/* Moves what a scan since BEFORE has found to a table of CAP slots. */
static int
rebuild(struct ledger *l, size_t cap, uint64_t before)
{
	struct ledger new = *l;

	new.slot = mem_zalloc(cap * sizeof(*new.slot));
	if (new.slot == NULL)
		return -1;
	new.cap = cap;
	new.n = 0;
	for (size_t i = 0; i < l->cap; i++) {
		const struct taken *old = &l->slot[i];

		if (old->ino == 0 || old->seen < before)
			continue;
		*slot_of(&new, old->dev, old->ino) = *old;
		new.n++;
	}
	mem_free(l->slot);
	*l = new;
	return 0;
}

int
ledger_put(struct ledger *l, const struct taken *t)
{
	struct taken *slot;

	if (l->cap == 0 || l->n + 1 > l->cap / 3 * 2)
		if (rebuild(l, l->cap == 0 ? LEAST_SLOTS : l->cap * 2, 0) == -1)
			return -1;
	if (note(l, t->dev, t->ino) == -1)
		return -1;
	slot = slot_of(l, t->dev, t->ino);
	l->n += slot->ino == 0;
	*slot = *t;
	return 0;
}

int
ledger_sweep(struct ledger *l, uint64_t before)
{
	if (l->n == 0)
		return 0;
	return note_forgotten(l, before) == -1 ? -1 : rebuild(l, l->cap, before);
}

void
ledger_saved(struct ledger *l)
{
	l->tracked = true;
	l->nchanged = 0;
}

void
ledger_free(struct ledger *l)
{
	mem_free(l->slot);
	mem_free(l->changed);
	*l = (struct ledger){ 0 };
}
