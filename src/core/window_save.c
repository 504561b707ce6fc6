/*
 * The panes of a window as parts of the stored state, see window.h.  What batches add to the open
 * pane is moved out of the open map into one that is put down (core/kept), and back when it ends.
 */
#include "core/window_inner.h"

struct saving *
window_part(const struct window *w, int64_t number)
{
	w->saving->part.role = STORE_PANE;
	w->saving->part.tick = number;
	return w->saving;
}

/* The open pane ends: all of it is in the open map again.  True if some of it was put down. */
static bool
give_held(struct window *w)
{
	struct map whole = w->held.map;
	bool stored = w->held.stored;

	w->held.map = w->open;
	w->open = whole;
	w->held.stored = false;
	w->held.log = (struct changelog){ 0 };
	w->number++;
	return stored;
}

/* The oldest pane leaves when the next one is closed: what was put down of it is void then. */
static int
forget_oldest(struct window *w, struct err *err)
{
	struct saving *to;

	if (w->closed < w->npanes || !window_pane_at(w, 0)->stored)
		return 0;
	to = window_part(w, w->number - (int64_t)w->npanes);
	to->part.generation = INT64_MAX;
	return save_clear(to, err);
}

/* It answers now, and needs nothing of the pane afterwards. */
static int
hold_last(struct window *w, struct err *err)
{
	if (map_count(&w->held.map) == 0)
		return 0;
	if (kept_take(&w->held, &w->open, NULL, err) == -1 ||
	    kept_forget(&w->held, window_part(w, w->number), err) == -1)
		return -1;
	(void)give_held(w);
	return 0;
}

int
window_hold(struct window *w, bool ends, struct err *err)
{
	if (ends && window_tumbles(w))
		return hold_last(w, err);
	if (ends && forget_oldest(w, err) == -1)
		return -1;
	if (kept_take(&w->held, &w->open, window_part(w, w->number), err) == -1)
		return -1;
	if (ends && window_close_pane(w, give_held(w)) == -1)
		return err_memory(err, "closing a pane of a window");
	return 0;
}

int
window_save(struct window *w, int64_t tick, struct err *err)
{
	if (map_count(&w->open) == 0)
		return 0;
	return w->grows ? running_add(&w->running, &w->open, tick, err) :
	    window_hold(w, false, err);
}

/* The panes before this number are whole; those of which nothing is stored are empty. */
static int
close_until(struct window *w, int64_t number)
{
	while (w->number < number)
		if (window_close_pane(w, give_held(w)) == -1)
			return -1;
	return 0;
}

int
window_load(struct window *w, const struct store_part *part, struct wire *in)
{
	int64_t oldest = w->until - (window_tumbles(w) ? 0 : (int64_t)w->npanes);

	if (w->grows)
		return running_load(&w->running, part, in);
	if (w->closed == 0 && map_count(&w->held.map) == 0)
		w->number = part->tick;
	if (part->tick < oldest || part->tick < w->number || part->tick > w->until) {
		in->damaged = true;
		return 0;
	}
	return close_until(w, part->tick) == -1 ? -1 : kept_load(&w->held, part, in);
}

int
window_loaded(struct window *w)
{
	return w->grows ? 0 : close_until(w, w->until);
}
