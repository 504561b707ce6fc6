/* What core/joiner puts down: the time, and the rows of both sides with those that matched. */
#include "core/joiner_inner.h"

#include "core/tick.h"

enum part { PART_TIME = 1, PART_SIDE };		/* ticks of parts: SIDE, and the one behind it */

/* ---- putting down ---- */

static int
save_time(struct joiner *j, struct saving s, struct err *err)
{
	s.part.tick = PART_TIME;
	if (j->saved == j->now)
		return 0;
	if (save_clear(&s, err) == -1)
		return -1;
	if (tick_put(s.out, j->now) == -1)
		return err_memory(err, "saving the rows of a join");
	j->saved = j->now;
	return save_flush(&s, err);
}

/* What was matched before, or could not be written down, is marked now. */
static int
mark_all(struct joiner *j, enum joiner_side side)
{
	struct joiner_rows *s = &j->side[side];

	s->matched.n = 0;
	for (uint64_t n = s->base; j->config->outer[side] && n < s->next; n++)
		if (joiner_row(s, n)->matched && history_mark(&s->matched, n) == -1)
			return -1;
	return 0;
}

int
joiner_save(struct joiner *j, const struct saving *to, struct err *err)
{
	bool anew = !j->marking || j->lost;

	for (int i = 0; i < JOINER_SIDES; i++)
		if (j->side[i].fresh < j->side[i].next)
			return 1;
	if (save_time(j, *to, err) == -1)
		return -1;
	for (int i = 0; i < JOINER_SIDES; i++) {
		struct joiner_rows *rows = &j->side[i];
		struct saving s = *to;

		s.part.tick = PART_SIDE + i;
		if (anew && mark_all(j, (enum joiner_side)i) == -1)
			return err_memory(err, "saving the rows of a join");
		if (history_save(&rows->history, &rows->matched, &s, err) == -1)
			return -1;
	}
	j->marking = true;
	j->lost = false;
	return 0;
}

/* ---- reading back ---- */

struct reading {
	struct joiner		*j;
	enum joiner_side	 side;
	unsigned		 width;
	bool			 damaged;
};

/* Forgets rows that the history has no more. */
static void
follow(struct reading *r)
{
	struct joiner_rows *s = &r->j->side[r->side];

	while (s->base < s->next && s->base < history_base(&s->history))
		joiner_drop_row(r->j, r->side);
	if (s->fresh < s->base)
		s->fresh = s->base;
}

static int
added(void *arg, uint64_t n)
{
	struct reading *r = arg;
	struct joiner_rows *s = &r->j->side[r->side];

	follow(r);
	if (s->base == s->next)
		s->base = s->next = s->fresh = s->history.next - n;
	return joiner_index(r->j, r->side, n, r->width);
}

static void
ticked(void *arg, int64_t tick)
{
	struct reading *r = arg;
	struct joiner_rows *s = &r->j->side[r->side];

	r->damaged |= tick == INT64_MAX;
	for (; s->fresh < s->next; s->fresh++)
		joiner_row(s, s->fresh)->tick = r->damaged ? 0 : tick;
}

static void
marked(void *arg, uint64_t row)
{
	const struct reading *r = arg;
	const struct joiner_rows *s = &r->j->side[r->side];

	if (row >= s->base && row < s->next)
		joiner_row(s, row)->matched = true;
}

static int
load_side(struct joiner *j, enum joiner_side side, const unsigned width[JOINER_SIDES],
    const struct store_part *part, struct wire *in)
{
	struct reading r = { .j = j, .side = side, .width = width[side] };
	const unsigned both[JOINER_SIDES] = { width[side], width[side] };
	const struct history_reader reader = {
		.arg = &r, .width = both, .ports = JOINER_SIDES,
		.added = added, .ticked = ticked, .marked = marked,
	};

	if (history_load(&j->side[side].history, &reader, part, in) == -1)
		return -1;
	follow(&r);
	in->damaged |= r.damaged;
	j->marking = true;
	j->round++;			/* none of them is new */
	return joiner_clean(j);
}

int
joiner_load(struct joiner *j, const unsigned width[JOINER_SIDES], const struct store_part *part,
    struct wire *in)
{
	switch (part->tick) {
	case PART_TIME:
		j->now = j->saved = tick_get(in);
		return 0;
	case PART_SIDE:
		return load_side(j, JOINER_LEFT, width, part, in);
	case PART_SIDE + 1:
		return load_side(j, JOINER_RIGHT, width, part, in);
	default:
		in->damaged = true;
		return 0;
	}
}
