/* Event time, see watermark.h. */
#include "core/watermark.h"

#include "base/mem.h"

int
watermark_open(struct watermark *w, size_t sources, int64_t batch, int64_t lateness)
{
	*w = (struct watermark){
		.source = mem_zalloc((sources + 1) * sizeof(*w->source)), .sources = sources,
		.batch = batch, .lateness = lateness, .closed = INT64_MIN,
	};
	return w->source == NULL ? -1 : 0;
}

/* The last multiple of the batch that is not behind TIME. */
static int64_t
multiple_before(const struct watermark *w, int64_t time)
{
	int64_t rest = time % w->batch;

	return time - (rest < 0 ? rest + w->batch : rest);
}

int64_t
watermark_batch(const struct watermark *w, int64_t time)
{
	return multiple_before(w, time) + w->batch;
}

/* Moves closed on to where all sources that count have come. */
static bool
move_on(struct watermark *w)
{
	int64_t least = INT64_MAX, closed;

	for (size_t i = 0; i < w->sources; i++) {
		const struct source_clock *c = &w->source[i];

		if (c->done || c->idle)
			continue;
		if (!c->seen)
			return false;
		if (c->newest < least)
			least = c->newest;
	}
	if (least == INT64_MAX || least < INT64_MIN + w->lateness + w->batch)
		return false;		/* nobody counts: what is open stays so */
	closed = multiple_before(w, least - w->lateness);
	if (closed <= w->closed)
		return false;
	w->closed = closed;
	return true;
}

bool
watermark_see(struct watermark *w, size_t source, int64_t time)
{
	struct source_clock *c = &w->source[source];
	bool was_idle = c->idle;

	c->idle = false;
	if (c->seen && time <= c->newest && !was_idle)
		return false;
	if (!c->seen || time > c->newest)
		c->newest = time;
	c->seen = true;
	return move_on(w);
}

bool
watermark_done(struct watermark *w, size_t source)
{
	w->source[source].done = true;
	return move_on(w);
}

bool
watermark_idle(struct watermark *w, size_t source, bool idle)
{
	w->source[source].idle = idle;
	return move_on(w);
}

void
watermark_close(struct watermark *w)
{
	mem_free(w->source);
	*w = (struct watermark){ 0 };
}
