/*
 * sessions: runs of records of one key without a gap, each a row when the gap has passed.  A key
 * has several open sessions only while records come out of order by event time: one that fills a
 * gap makes two of them one.
 */
#include "stage/sessions.h"

#include "base/mem.h"
#include "base/tstamp.h"
#include "core/sort.h"

#include <string.h>

enum { GAP };

static const struct opt options[] = {
	{ "gap", 'g', GAP, "DUR|Nrows", "a session ends when nothing came for so long" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	(void)id;
	return when_span(s, &((struct sessions_config *)s->config)->gap, "gap", value, word, err);
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct sessions_config *c = s->config;

	(void)err;
	c->fields = text;
	c->word = word;
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	static const char *const names[] = { "start", "end", "count" };
	struct sessions_config *c = s->config;

	if (c->gap.ticks == 0)
		return err_word(err, s->word, "sessions: say when one ends: --gap DUR");
	s->out = &s->made;
	if (when_open(&c->when, s, err) == -1 ||
	    group_open(&c->group, s->in, s->out, c->fields, c->word, err) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (schema_add(s->out, names[i], false, err) == -1)
			return -1;
	return 0;
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	(void)err;
	keyed_init(&((struct sessions_lane *)private)->open, sizeof(struct open), s->plan->seed);
	return 0;
}

static struct open *
open_at(const struct sessions_lane *lane, uint32_t id)
{
	return (struct open *)(void *)(keyed_at(&lane->open, id) + 1);
}

static void
lane_close(void *private)
{
	struct sessions_lane *lane = private;

	for (uint32_t id = 1; id <= lane->open.count; id++)
		mem_free(open_at(lane, id)->at);
	keyed_free(&lane->open);
	group_run_free(&lane->run);
	arena_free(&lane->keys);
	arena_free(&lane->text);
	mem_free(lane->closed);
	mem_free(lane->order);
}

/* ---- open sessions ---- */

static void
join(struct session *into, const struct session *s)
{
	if (s->from < into->from) {
		into->from = s->from;
		into->start = s->start;
	}
	if (s->to > into->to) {
		into->to = s->to;
		into->end = s->end;
	}
	into->count += s->count;
}

/* Adds a session, at first one record, to those of a key; 0 or -1 (memory). */
static int
add(struct open *o, struct session s, int64_t gap)
{
	for (uint64_t i = 0; i < o->n;) {
		if (s.from - o->at[i].to >= gap || o->at[i].from - s.to >= gap) {
			i++;
			continue;
		}
		join(&s, &o->at[i]);
		o->at[i] = o->at[--o->n];
		i = 0;			/* it has grown, so that another one may be near */
	}
	if (o->n == o->cap) {
		uint64_t cap = o->cap == 0 ? 1 : o->cap * 2;
		struct session *at = mem_realloc(o->at, cap * sizeof(*at));

		if (at == NULL)
			return -1;
		o->at = at;
		o->cap = cap;
	}
	o->at[o->n++] = s;
	return 0;
}

/* When the next session of a key ends. */
static int64_t
due_of(const struct open *o, int64_t gap)
{
	int64_t due = o->at[0].to;

	for (uint64_t i = 1; i < o->n; i++)
		if (o->at[i].to < due)
			due = o->at[i].to;
	return due + gap;
}

static int
see(const struct sessions_config *c, struct sessions_lane *lane, struct map_key key,
    const struct block *rows, const struct value *row)
{
	int64_t tick = when_tick(&c->when, &lane->past, rows, row);
	int64_t time = when_time(&c->when, rows, row);
	struct session s = { .from = tick, .to = tick, .start = time, .end = time, .count = 1 };
	bool fresh;
	struct open *o = keyed_put(&lane->open, key, &fresh);

	if (o == NULL || add(o, s, c->gap.ticks) == -1)
		return -1;
	keyed_touch(&lane->open, o);
	return keyed_due(&lane->open, o, due_of(o, c->gap.ticks));
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct sessions_config *c = s->config;
	struct sessions_lane *lane = private;

	(void)to;
	for (uint64_t at = 0; at < in->records; at += GROUP_RUN) {
		unsigned n = group_rows(in, at);

		if (group_keys(&c->group, &lane->run, in, at, n) == -1)
			return err_memory(err, "keeping sessions");
		for (unsigned i = 0; i < n; i++)
			if (see(c, lane, lane->run.key[i], in,
			    in->cells + (at + i) * in->width) == -1)
				return err_memory(err, "keeping sessions");
	}
	return 0;
}

/* ---- sessions that end ---- */

static int
close_one(struct sessions_lane *lane, const struct map_key *key, const struct session *s)
{
	size_t len;
	const char *bytes = map_key_bytes(key, &len);
	struct closed *closed = lane->closed;
	char *copy;

	if (lane->n == lane->cap) {
		size_t cap = lane->cap == 0 ? 64 : lane->cap * 2;

		closed = mem_realloc(closed, cap * sizeof(*closed));
		if (closed == NULL)
			return -1;
		lane->closed = closed;
		lane->cap = cap;
	}
	copy = arena_bytes(&lane->keys, len);
	if (copy == NULL)
		return -1;
	memcpy(copy, bytes, len);
	closed[lane->n++] = (struct closed){ *s, map_key_make(copy, len) };
	return 0;
}

/* Closes the sessions of a key that end by NOW; 0 or -1 (memory). */
static int
close_due(struct sessions_lane *lane, struct open *o, int64_t gap, int64_t now)
{
	for (uint64_t i = 0; i < o->n;) {
		if (o->at[i].to > now - gap) {
			i++;
			continue;
		}
		if (close_one(lane, &keyed_entry(o)->key, &o->at[i]) == -1)
			return -1;
		o->at[i] = o->at[--o->n];
	}
	if (o->n > 0) {
		keyed_touch(&lane->open, o);
		return keyed_due(&lane->open, o, due_of(o, gap));
	}
	mem_free(o->at);
	keyed_drop(&lane->open, o);
	return 0;
}

static int
tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	const struct sessions_config *c = s->config;
	struct sessions_lane *lane = private;
	struct open *o;

	now = when_told(&c->when, &lane->past, now);
	lane->n = 0;
	arena_reset(&lane->keys);
	while ((o = keyed_next_due(&lane->open, last ? INT64_MAX : now)) != NULL)
		if (close_due(lane, o, c->gap.ticks, last ? INT64_MAX : now) == -1)
			return err_memory(err, "closing sessions");
	return 0;
}

/* By end, then by key, then by start. */
static int
compare(const void *x, const void *y, const void *arg)
{
	const struct closed *a = x, *b = y;
	size_t alen, blen;
	const char *abytes = map_key_bytes(&a->key, &alen), *bbytes = map_key_bytes(&b->key, &blen);
	int order;

	(void)arg;
	if (a->session.end != b->session.end)
		return a->session.end < b->session.end ? -1 : 1;
	order = memcmp(abytes, bbytes, alen < blen ? alen : blen);
	if (order != 0 || alen != blen)
		return order != 0 ? order : alen < blen ? -1 : 1;
	return (a->session.start > b->session.start) - (a->session.start < b->session.start);
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct sessions_lane *lane = private;
	const void **order;

	(void)s;
	(void)answer;
	lane->next = 0;
	if (lane->n == 0)
		return 0;
	order = mem_realloc(lane->order, lane->n * sizeof(*order));
	if (order == NULL)
		return err_memory(err, "ordering sessions");
	lane->order = order;
	for (size_t i = 0; i < lane->n; i++)
		order[i] = &lane->closed[i];
	return sort_pointers(order, lane->n, compare, NULL) == -1 ?
	    err_memory(err, "ordering sessions") : 0;
}

static void
held(const struct stage *s, const void *private, uint64_t *rows, size_t *bytes)
{
	const struct sessions_lane *lane = private;

	(void)s;
	*rows += lane->open.count;
	*bytes += lane->open.bytes + lane->open.count * sizeof(struct session);
}

static int64_t
milliseconds(int64_t us)
{
	return us / 1000 - (us % 1000 < 0);
}

static int
make_row(const struct sessions_config *c, struct sessions_lane *lane, const struct closed *closed,
    struct value *cells)
{
	char *text = arena_bytes(&lane->text, 2 * (size_t)TSTAMP_BYTES);
	size_t start, end;

	if (text == NULL || group_cells(&c->group, &closed->key, cells, &lane->text) == -1)
		return -1;
	start = tstamp_format(text, milliseconds(closed->session.start));
	end = tstamp_format(text + start, milliseconds(closed->session.end));
	cells += c->group.columns;
	cells[0] = value_text(text, start);
	cells[1] = value_text(text + start, end);
	cells[2] = value_int((int64_t)closed->session.count);
	return 0;
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct sessions_lane *lane = private;
	int n = 0;

	arena_reset(&lane->text);
	for (; (size_t)n < out->cap && lane->next < lane->n; n++, lane->next++)
		if (make_row(s->config, lane, lane->order[lane->next],
		    out->cells + (size_t)n * s->out->width) == -1)
			return err_memory(err, "writing rows");
	return n;
}

const struct stage_class stage_sessions = {
	.name = "sessions",
	.usage = "--gap DUR FIELD,...",
	.help = "runs of records of one key without a gap",
	.detail =
	    "A session of a value of the fields goes on until nothing came for the gap:\n"
	    "records that are the gap apart are of two.  It is told in the first batch that\n"
	    "ends at its end plus the gap or later; open ones are told when the input ends.\n"
	    "The time is that of the batch, or with --time the record's own; records out of\n"
	    "order, but not late, join what they belong to.\n"
	    "Rows: the fields, start, end (of its first and last record), count; by end,\n"
	    "then by the fields.\n"
	    "State: one entry for each value that has an open session.\n",
	.spark = "groupBy(session_window(time, gap), fields).count()",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_EXPANDS,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct sessions_config),
	.lane_size = sizeof(struct sessions_lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
	.tick = tick,
	.held = held,
	.fire = fire,
	.rows = rows,
	.save = sessions_save,
	.load = sessions_load,
};
