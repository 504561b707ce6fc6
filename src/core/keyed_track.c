/* What has changed since state by key was put down, see keyed_track.h. */
#include "core/keyed_track.h"

#include "base/mem.h"

#include <string.h>

#define WORD_BITS 64
#define KEPT 65536			/* bytes of a list that stay for the next time */

static void
account(struct keyed *k)
{
	struct keyed_track *t = k->track;
	size_t bytes = sizeof(*t) + t->cap * sizeof(*t->touched) + t->words * sizeof(*t->bit) +
	    t->gone.cap;

	k->bytes = k->bytes - t->bytes + bytes;
	t->bytes = bytes;
}

int
keyed_track_start(struct keyed *k)
{
	if (k->track != NULL)
		return 0;
	k->track = mem_zalloc(sizeof(*k->track));
	if (k->track == NULL)
		return -1;
	k->track->all = true;
	account(k);
	return 0;
}

void
keyed_track_free(struct keyed *k)
{
	struct keyed_track *t = k->track;

	if (t == NULL)
		return;
	k->bytes -= t->bytes;
	mem_free(t->touched);
	mem_free(t->bit);
	buf_free(&t->gone);
	mem_free(t);
	k->track = NULL;
}

/* A list that is twice as long as before, or longer; NULL: memory is short, it is as it was. */
static void *
longer(void *list, uint32_t *cap, uint32_t n, size_t size)
{
	uint32_t want = *cap < 32 ? 32 : *cap;

	while (want < n)
		want = want > UINT32_MAX / 2 ? n : want * 2;
	list = mem_realloc(list, want * size);
	if (list != NULL)
		*cap = want;
	return list;
}

bool
keyed_is_marked(const struct keyed_track *t, uint32_t id)
{
	return id / WORD_BITS < t->words && (t->bit[id / WORD_BITS] >> id % WORD_BITS & 1) != 0;
}

void
keyed_unmark(struct keyed_track *t, uint32_t id)
{
	if (id / WORD_BITS < t->words)
		t->bit[id / WORD_BITS] &= ~((uint64_t)1 << id % WORD_BITS);
}

/* Makes room for entry ID in the list and the bits; 0 or -1 (memory). */
static int
make_room(struct keyed_track *t, uint32_t id)
{
	if (id / WORD_BITS >= t->words) {
		uint32_t words = t->words;
		uint64_t *bit = longer(t->bit, &words, id / WORD_BITS + 1, sizeof(*bit));

		if (bit == NULL)
			return -1;
		memset(bit + t->words, 0, (words - t->words) * sizeof(*bit));
		t->bit = bit;
		t->words = words;
	}
	if (t->n == t->cap) {
		uint32_t *touched = t->n == UINT32_MAX ? NULL :
		    longer(t->touched, &t->cap, t->n + 1, sizeof(*touched));

		if (touched == NULL)
			return -1;
		t->touched = touched;
	}
	return 0;
}

/* Where memory is too short to remember what has changed, all is put the next time. */
void
keyed_mark(struct keyed *k, uint32_t id)
{
	struct keyed_track *t = k->track;

	if (t->all || keyed_is_marked(t, id))
		return;
	if (make_room(t, id) == -1) {
		t->all = true;
		return;
	}
	t->touched[t->n++] = id;
	t->bit[id / WORD_BITS] |= (uint64_t)1 << id % WORD_BITS;
	account(k);
}

void
keyed_touch(struct keyed *k, void *value)
{
	if (k->track != NULL && !k->track->all)
		keyed_mark(k, keyed_number(k, value));
}

/* The last entry is then another one, which a sweep that is past its new place would miss. */
void
keyed_gone(struct keyed *k, uint32_t id)
{
	struct keyed_track *t = k->track;
	const struct map_key *key = &keyed_at(k, id)->key;
	bool moved = id != k->count && (keyed_is_marked(t, k->count) || t->log.sweeping);
	size_t len;
	const char *bytes = map_key_bytes(key, &len);

	if (t->all)
		return;
	if (wire_put_bytes(&t->gone, bytes, len) == -1)
		t->all = true;
	t->keys++;
	keyed_unmark(t, k->count);
	keyed_unmark(t, id);
	if (moved)
		keyed_mark(k, id);
	account(k);
}

void
keyed_track_forget(struct keyed *k)
{
	struct keyed_track *t = k->track;

	for (uint32_t i = 0; i < t->n; i++)
		keyed_unmark(t, t->touched[i]);
	t->n = 0;
	t->keys = 0;
	t->gone.len = 0;
	if (t->gone.cap > KEPT)
		buf_free(&t->gone);
	if (t->cap * sizeof(*t->touched) > KEPT) {
		mem_free(t->touched);
		t->touched = NULL;
		t->cap = 0;
	}
	account(k);
}
