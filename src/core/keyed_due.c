/* When state by key is due, see keyed.h: a binary heap of entries, whose top is due first. */
#include "core/keyed_inner.h"
#include "core/keyed_save.h"

static void
heap_set(struct keyed *k, uint32_t at, uint32_t id)
{
	k->heap[at] = id;
	keyed_at(k, id)->place = at + 1;
}

static int64_t
heap_due(const struct keyed *k, uint32_t at)
{
	return keyed_at(k, k->heap[at])->queued;
}

static void
heap_up(struct keyed *k, uint32_t at, uint32_t id)
{
	int64_t due = keyed_at(k, id)->queued;

	for (; at > 0 && heap_due(k, (at - 1) / 2) > due; at = (at - 1) / 2)
		heap_set(k, at, k->heap[(at - 1) / 2]);
	heap_set(k, at, id);
}

static void
heap_down(struct keyed *k, uint32_t at, uint32_t id)
{
	int64_t due = keyed_at(k, id)->queued;

	for (uint32_t child = 2 * at + 1; child < k->heaped; child = 2 * at + 1) {
		if (child + 1 < k->heaped && heap_due(k, child + 1) < heap_due(k, child))
			child++;
		if (heap_due(k, child) >= due)
			break;
		heap_set(k, at, k->heap[child]);
		at = child;
	}
	heap_set(k, at, id);
}

/* Takes an entry out of the heap. */
static void
heap_leave(struct keyed *k, struct keyed_entry *e)
{
	uint32_t at = e->place - 1, last = k->heap[--k->heaped];

	e->place = 0;
	if (at < k->heaped) {
		if (at > 0 && heap_due(k, (at - 1) / 2) > keyed_at(k, last)->queued)
			heap_up(k, at, last);
		else
			heap_down(k, at, last);
	}
	(void)keyed_resize(k, &k->heap, &k->heap_cap, k->heaped);
}

int
keyed_due(struct keyed *k, void *value, int64_t due)
{
	struct keyed_entry *e = keyed_entry(value);
	uint32_t id;

	if (k->track != NULL && (due != e->due || e->place == 0))
		keyed_touch(k, value);
	e->due = due;
	if (e->place != 0) {
		if (due < e->queued) {
			e->queued = due;
			heap_up(k, e->place - 1, k->heap[e->place - 1]);
		}
		return 0;
	}
	if (keyed_resize(k, &k->heap, &k->heap_cap, k->heaped + 1) == -1)
		return -1;
	id = keyed_number(k, value);
	e->queued = due;
	heap_up(k, k->heaped++, id);
	return 0;
}

void *
keyed_next_due(struct keyed *k, int64_t now)
{
	while (k->heaped > 0 && heap_due(k, 0) <= now) {
		struct keyed_entry *e = keyed_at(k, k->heap[0]);

		if (e->due > e->queued) {	/* it has been put off */
			e->queued = e->due;
			heap_down(k, 0, k->heap[0]);
			continue;
		}
		heap_leave(k, e);
		return e + 1;
	}
	return NULL;
}

void
keyed_remove(struct keyed *k, void *value)
{
	struct keyed_entry *e = keyed_entry(value);

	if (e->place != 0)
		heap_leave(k, e);
	keyed_drop(k, value);
}
