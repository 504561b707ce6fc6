/*
 * The state of a pipeline, put down and taken back; see pipeline.h.  Windows put their panes and
 * totals down as batches end; here is what else there is, and the clocks, which are small.
 */
#include "core/pipeline.h"

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

/* ---- putting down ---- */

static int
save_lane(struct pipeline *p, unsigned i, struct err *err)
{
	const struct stage *s = &p->plan->stage[i];
	struct saving *to = &p->saving[i];
	int rc;

	if (s->class->save == NULL)
		return 0;
	to->part.role = STORE_LANE;
	to->part.tick = 0;
	to->part.generation = 0;
	rc = s->class->save(s, p->lane[0].private[i], to, err);
	return rc != 0 ? rc : save_flush(to, err);
}

static int
put_clocks(const struct window *w, struct buf *out)
{
	if (wire_put_word(out, (uint64_t)w->now) == -1 ||
	    wire_put_word(out, (uint64_t)w->answered) == -1)
		return -1;
	return wire_put(out, (uint64_t)w->number);
}

static int
put_watermark(const struct event_time *e, struct buf *out)
{
	const struct watermark *w = &e->mark;

	if (wire_put(out, e->begun) == -1 || wire_put_word(out, (uint64_t)e->at) == -1 ||
	    wire_put_word(out, (uint64_t)w->closed) == -1)
		return -1;
	for (size_t i = 0; i < w->sources; i++)
		if (wire_put(out, w->source[i].seen) == -1 ||
		    wire_put_word(out, (uint64_t)w->source[i].newest) == -1)
			return -1;
	return 0;
}

static int
save_clocks(struct pipeline *p, unsigned i, struct err *err)
{
	struct saving *to = &p->saving[i];

	to->part = (struct store_part){ .role = STORE_CLOCKS, .owner = i };
	if (save_clear(to, err) == -1)
		return -1;
	if (put_clocks(&p->window[i], to->out) == -1)
		return err_memory(err, "putting state down");
	return save_flush(to, err);
}

static int
save_watermark(struct pipeline *p, struct err *err)
{
	struct saving to = {
		.store = p->config.store, .part = { .role = STORE_WATERMARK }, .out = &p->saved,
	};

	if (p->plan->time_field == NULL)
		return 0;
	if (save_clear(&to, err) == -1)
		return -1;
	if (put_watermark(&p->event, to.out) == -1)
		return err_memory(err, "putting state down");
	return save_flush(&to, err);
}

int
pipeline_save(struct pipeline *p, int64_t tick, struct err *err)
{
	for (unsigned i = 0; i < p->plan->n; i++) {
		int rc = save_lane(p, i, err);

		if (rc != 0)
			return rc;
	}
	for (unsigned i = 0; i < p->plan->n; i++)
		if (aggregates(&p->plan->stage[i]) &&
		    (window_save(&p->window[i], tick, err) == -1 ||
		    save_clocks(p, i, err) == -1))
			return -1;
	return event_save(&p->event, err) == -1 ? -1 : save_watermark(p, err);
}

/* ---- taking back ---- */

/* What a window that grows began with is in what was put down of it, or gone. */
static void
load_clocks(struct window *w, struct wire *in)
{
	w->now = (int64_t)wire_get_word(in);
	w->answered = (int64_t)wire_get_word(in);
	w->number = w->until = (int64_t)wire_get(in);
	if (w->grows && w->now != -1)
		running_empty(&w->running);
}

static void
load_watermark(struct event_time *e, struct wire *in)
{
	struct watermark *w = &e->mark;

	in->damaged |= e->time == NULL;
	if (in->damaged)
		return;

	e->begun = wire_get(in) != 0;
	e->at = (int64_t)wire_get_word(in);
	w->closed = (int64_t)wire_get_word(in);
	for (size_t i = 0; in->at != in->end && !in->damaged; i++) {
		bool seen = wire_get(in) != 0;
		int64_t newest = (int64_t)wire_get_word(in);

		if (i < w->sources) {	/* a run before may have had more, or fewer */
			w->source[i].seen = seen;
			w->source[i].newest = newest;
		}
	}
}

static int
load_lane(struct pipeline *p, const struct store_part *part, struct wire *in, struct err *err)
{
	const struct stage *s = &p->plan->stage[part->owner];

	if (s->class->load == NULL)
		in->damaged = true;
	else
		return s->class->load(s, p->lane[0].private[part->owner], part, in, err);
	return 0;
}

static int
load_window(struct pipeline *p, const struct store_part *part, struct wire *in)
{
	if (!aggregates(&p->plan->stage[part->owner]))
		in->damaged = true;
	else if (part->role == STORE_CLOCKS)
		load_clocks(&p->window[part->owner], in);
	else
		return window_load(&p->window[part->owner], part, in);
	return 0;
}

static int
load_part(struct pipeline *p, const struct store_part *part, struct wire *in, struct err *err)
{
	int rc = 0;

	if (part->role == STORE_WATERMARK)
		load_watermark(&p->event, in);
	else if (part->owner >= p->plan->n + p->plan->outputs ||
	    (part->owner >= p->plan->n && part->role != STORE_ROWS))
		in->damaged = true;
	else if (part->role == STORE_LANE)
		return load_lane(p, part, in, err);
	else if (part->role == STORE_EVENTS || part->role == STORE_ROWS)
		rc = event_load(&p->event, part, in);
	else
		rc = load_window(p, part, in);
	return rc == -1 ? err_memory(err, "loading state") : 0;
}

int
pipeline_load(struct pipeline *p, const struct store_part *part, const char *bytes, size_t len,
    struct err *err)
{
	struct wire in = { bytes, bytes + len, false };

	if (load_part(p, part, &in, err) == -1)
		return -1;
	if (!in.damaged && in.at == in.end)
		return 0;
	return err_set(err, ERR_RUN, "saved state is damaged at byte %zu of %zu",
	    (size_t)(in.at - bytes), len);
}

int
pipeline_loaded(struct pipeline *p, struct err *err)
{
	for (unsigned i = 0; i < p->plan->n; i++)
		if (aggregates(&p->plan->stage[i]) && window_loaded(&p->window[i]) == -1)
			return err_memory(err, "loading state");
	return 0;
}
