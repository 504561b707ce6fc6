/* What is written down of tail: the whole list of trails, whenever it has changed; see tail.h. */
#include "source/tail.h"

#include <string.h>

static int
put_trails(struct buf *out, const struct tail *t)
{
	uint64_t n = 0;

	for (const struct trail *one = t->first; one != NULL; one = one->next)
		n++;
	if (wire_put(out, n) == -1)
		return -1;
	for (const struct trail *one = t->first; one != NULL; one = one->next)
		if (trail_put(out, one) == -1)
			return -1;
	return 0;
}

int
tail_save(struct source *s, struct saving *to, struct err *err)
{
	struct tail *t = s->private;
	struct buf *out = to->out;

	if (put_trails(out, t) == -1)
		return err_memory(err, "saving a position");
	if (out->len == t->put.len && memcmp(out->data, t->put.data, out->len) == 0) {
		out->len = 0;
		return 0;
	}
	t->put.len = 0;
	if (buf_add(&t->put, out->data, out->len) == -1)
		return err_memory(err, "saving a position");
	if (save_clear(to, err) == -1)
		return -1;
	if (buf_add(out, t->put.data, t->put.len) == -1)
		return err_memory(err, "saving a position");
	return save_flush(to, err);
}

/* Reads the list in its order; 0 or -1. */
static int
get_trails(struct tail *t, struct wire *in)
{
	struct trail **at = &t->first;

	for (uint64_t n = wire_get(in); n > 0 && !in->damaged; n--) {
		*at = trail_get(in);
		if (*at == NULL)
			return -1;
		at = &(*at)->next;
	}
	in->damaged |= in->at != in->end;
	return 0;
}

int
tail_load(struct source *s, const struct store_part *part, struct wire *in, struct err *err)
{
	struct tail *t = s->private;

	(void)part;
	while (t->first != NULL)
		tail_drop(t, &t->first);
	if (get_trails(t, in) == -1)
		return err_memory(err, "reading a saved position");
	return in->damaged ? spot_damaged(s, err) : tail_resume(s, err);
}
