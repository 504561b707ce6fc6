/*
 * Putting state by key down, see keyed_save.h.
 *
 * A chunk is entries, each behind a tag.  Numbers of entries are not written: a key finds its own
 * again, wherever it lies then.
 */
#include "core/keyed_track.h"

enum tag { TAG_NUMBER, TAG_GONE, TAG_VALUE, TAG_DUE };	/* DUE: a value that has one */

static int
put_value(const struct keyed_kind *kind, struct buf *out, const void *value)
{
	return kind->put != NULL ? kind->put(out, value) : kind->put_by(kind->arg, out, value);
}

static int
get_value(const struct keyed_kind *kind, struct wire *in, void *value)
{
	return kind->put != NULL ? kind->get(in, value) : kind->get_by(kind->arg, in, value);
}

static void
drop_value(const struct keyed_kind *kind, void *value)
{
	if (kind->drop != NULL)
		kind->drop(value);
	else if (kind->drop_by != NULL)
		kind->drop_by(kind->arg, value);
}

/* ---- putting down ---- */

static int
no_memory(struct err *err)
{
	return err_memory(err, "saving keys");
}

static int
put_number(struct saving *s, uint64_t number, struct err *err)
{
	return wire_put(s->out, TAG_NUMBER) == -1 || wire_put_word(s->out, number) == -1 ?
	    no_memory(err) : 0;
}

static int
put_entry(struct keyed *k, const struct keyed_kind *kind, uint32_t id, struct saving *s,
    struct err *err)
{
	struct keyed_entry *e = keyed_at(k, id);
	bool due = e->place != 0;
	size_t len;
	const char *key = map_key_bytes(&e->key, &len);

	if (save_room(s, err) == -1)
		return -1;
	if (wire_put(s->out, due ? TAG_DUE : TAG_VALUE) == -1 ||
	    wire_put_bytes(s->out, key, len) == -1 ||
	    (due && wire_put_word(s->out, (uint64_t)e->due) == -1) ||
	    put_value(kind, s->out, e + 1) == -1)
		return no_memory(err);
	return 0;
}

static int
put_range(struct keyed *k, const struct keyed_kind *kind, uint32_t from, uint32_t to,
    struct saving *s, struct err *err)
{
	for (; from < to; from++)
		if (put_entry(k, kind, from, s, err) == -1)
			return -1;
	return 0;
}

static int
put_gone(struct keyed *k, struct saving *s, struct err *err)
{
	const struct keyed_track *t = k->track;
	struct wire in = { .at = t->gone.data };

	if (t->keys == 0)
		return 0;
	in.end = in.at + t->gone.len;
	for (uint64_t i = 0; i < t->keys; i++) {
		size_t len;
		const char *key = wire_get_bytes(&in, &len);

		if (save_room(s, err) == -1)
			return -1;
		if (wire_put(s->out, TAG_GONE) == -1 || wire_put_bytes(s->out, key, len) == -1)
			return no_memory(err);
	}
	return 0;
}

/* Adds to N how many were put: an entry can be in the list twice. */
static int
put_touched(struct keyed *k, const struct keyed_kind *kind, struct saving *s, uint64_t *n,
    struct err *err)
{
	struct keyed_track *t = k->track;

	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t id = t->touched[i];

		if (!keyed_is_marked(t, id))
			continue;
		keyed_unmark(t, id);
		if (put_entry(k, kind, id, s, err) == -1)
			return -1;
		++*n;
	}
	return 0;
}

static int
put_all(struct keyed *k, const struct keyed_kind *kind, uint64_t number, struct saving *s,
    struct err *err)
{
	struct keyed_track *t = k->track;

	if (changelog_clear(&t->log, s, err) == -1)
		return -1;
	keyed_track_forget(k);
	if ((k->count > 0 || number != 0) && (put_number(s, number, err) == -1 ||
	    put_range(k, kind, 1, k->count + 1, s, err) == -1 || save_flush(s, err) == -1))
		return -1;
	t->log.written = (uint64_t)k->count + 1;
	t->number = number;
	t->all = false;
	return 0;
}

int
keyed_save(struct keyed *k, const struct keyed_kind *kind, uint64_t number, struct saving *s,
    struct err *err)
{
	struct keyed_track *t;
	uint64_t n = 1;
	uint32_t from, to;

	if (keyed_track_start(k) == -1)
		return no_memory(err);
	t = k->track;
	if (t->all)
		return put_all(k, kind, number, s, err);
	if (t->n == 0 && t->keys == 0 && number == t->number)
		return 0;
	s->part.generation = t->log.generation;
	n += t->keys;
	if (put_number(s, number, err) == -1 || put_gone(k, s, err) == -1 ||
	    put_touched(k, kind, s, &n, err) == -1 || save_flush(s, err) == -1)
		return -1;
	t->number = number;
	keyed_track_forget(k);
	changelog_sweep(&t->log, s, n, k->count, &from, &to);
	if ((t->log.sweeping && put_number(s, number, err) == -1) ||
	    put_range(k, kind, from, to, s, err) == -1)
		return -1;
	return changelog_swept(&t->log, s, k->count, err);
}

/* ---- reading back ---- */

static struct map_key
get_key(const struct keyed_kind *kind, struct wire *in)
{
	size_t len;
	const char *bytes = wire_get_bytes(in, &len);

	if (kind->group != NULL && !group_key_is_whole(kind->group, bytes, len))
		in->damaged = true;
	return map_key_make(bytes, len);
}

static void
get_gone(struct keyed *k, const struct keyed_kind *kind, struct wire *in)
{
	struct map_key key = get_key(kind, in);
	void *value = in->damaged ? NULL : keyed_find(k, key);

	if (value == NULL)
		return;
	drop_value(kind, value);
	keyed_remove(k, value);
}

/* Damage is found before the key is added, but for that of its value. */
static int
get_entry(struct keyed *k, const struct keyed_kind *kind, struct wire *in, bool has_due)
{
	struct map_key key = get_key(kind, in);
	int64_t due = has_due ? (int64_t)wire_get_word(in) : 0;
	bool fresh;
	void *value;

	if (in->damaged)
		return 0;
	value = keyed_put(k, key, &fresh);
	if (value == NULL || get_value(kind, in, value) == -1)
		return -1;
	return has_due ? keyed_due(k, value, due) : 0;
}

static int
load(struct keyed *k, const struct keyed_kind *kind, uint64_t *number, uint64_t *n,
    struct wire *in)
{
	for (; !in->damaged && in->at < in->end; ++*n) {
		uint64_t tag = wire_get(in);

		if (tag == TAG_NUMBER)
			*number = wire_get_word(in);
		else if (tag == TAG_GONE)
			get_gone(k, kind, in);
		else if (tag > TAG_DUE)
			in->damaged = true;
		else if (get_entry(k, kind, in, tag == TAG_DUE) == -1)
			return -1;
	}
	return 0;
}

int
keyed_load(struct keyed *k, const struct keyed_kind *kind, uint64_t *number,
    const struct store_part *part, struct wire *in, struct err *err)
{
	struct keyed_track *t;
	uint64_t n = 0;
	int rc;

	if (keyed_track_start(k) == -1)
		return err_memory(err, "reading saved keys");
	t = k->track;
	k->track = NULL;		/* what is read has not changed */
	rc = load(k, kind, number, &n, in);
	k->track = t;
	t->all = false;
	t->number = *number;
	changelog_loaded(&t->log, part, n);
	return rc == -1 ? err_memory(err, "reading saved keys") : 0;
}
