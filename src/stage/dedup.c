/*
 * dedup: passes the first record of each value of some fields, in place.  With --within a value is
 * forgotten that long after its first record, as in Spark's dropDuplicatesWithinWatermark: those
 * that are dropped do not prolong it.
 */
#include "core/group.h"
#include "core/keyed_save.h"
#include "core/when.h"

enum { WITHIN };

struct config {
	const char	*fields;	/* NULL: the whole record or row */
	int		 word;
	struct span	 within;	/* 0 ticks: for ever */
	struct when	 when;
	struct group	 group;
};

struct seen {
	int64_t		first;		/* the tick of the record that passed; without --within
					   its number */
};

struct lane {
	struct keyed		 seen;
	struct group_run	 run;
	struct when_past	 past;
	int64_t			 next, oldest;	/* numbers of records that passed ... */
	bool			 loaded;	/* ... which are to be found out */
};

static const struct opt options[] = {
	{ "within", 'i', WITHIN, "DUR|Nrows", "forget a value so long after its first record" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	(void)id;
	return when_span(s, &((struct config *)s->config)->within, "within", value, word, err);
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	c->fields = text;
	c->word = word;
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;
	struct schema names = { 0 };	/* of the key: nobody sees them */

	if (when_open(&c->when, s, err) == -1)
		return -1;
	if (c->fields != NULL)
		return group_open(&c->group, s->in, &names, c->fields, c->word, err);
	return s->in->input ? group_open_all(&c->group, s->in, &names, err) :
	    group_open_others(&c->group, s->in, NULL, NULL, 0, s->word, err);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	(void)err;
	keyed_init(&((struct lane *)private)->seen, sizeof(struct seen), s->plan->seed);
	return 0;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	keyed_free(&lane->seen);
	group_run_free(&lane->run);
}

/* 1 if the row is the first with its key, 0 if not, -1 when memory is short. */
static int
is_first(const struct config *c, struct lane *lane, struct map_key key, const struct block *rows,
    const struct value *row)
{
	bool fresh;
	struct seen *seen = keyed_put(&lane->seen, key, &fresh);
	int64_t tick;

	if (seen == NULL)
		return -1;
	if (c->within.ticks == 0) {
		if (fresh)
			seen->first = lane->next++;
		return fresh;
	}
	tick = when_tick(&c->when, &lane->past, rows, row);
	if (!fresh && tick - seen->first < c->within.ticks)
		return 0;
	seen->first = tick;
	return keyed_due(&lane->seen, seen, tick + c->within.ticks) == -1 ? -1 : 1;
}

/* Rows that pass and lie side by side go on as one block. */
static int
end_run(struct blocks *out, struct block *run)
{
	int rc = run->records == 0 ? 0 : blocks_add(out, *run);

	run->records = 0;
	return rc;
}

static int
feed_rows(const struct config *c, struct lane *lane, const struct block *in, struct blocks *out)
{
	struct block pass = *in;

	pass.records = 0;
	for (uint64_t at = 0; at < in->records; at += GROUP_RUN) {
		unsigned n = group_rows(in, at);

		if (group_keys(&c->group, &lane->run, in, at, n) == -1)
			return -1;
		for (unsigned i = 0; i < n; i++) {
			const struct value *row = in->cells + (at + i) * in->width;
			int first = is_first(c, lane, lane->run.key[i], in, row);

			if (first == -1 || (first == 0 && end_run(out, &pass) == -1))
				return -1;
			if (first == 1 && pass.records++ == 0)
				pass.cells = row;
		}
	}
	return end_run(out, &pass);
}

static int
feed_lines(const struct config *c, struct lane *lane, const struct block *in, struct blocks *out)
{
	const char *text = in->text, *end = in->text + in->len;
	struct block pass = *in, rows = *in;
	struct value line;

	rows.text = NULL;
	rows.cells = &line;
	rows.width = 1;
	rows.records = 1;
	pass.records = 0;
	while (text < end) {
		const char *begin = text;
		size_t len;
		int first;

		text = line_next(text, end, &len);
		line = value_text(begin, len);
		first = group_keys(&c->group, &lane->run, &rows, 0, 1) == -1 ? -1 :
		    is_first(c, lane, lane->run.key[0], &rows, &line);
		if (first == -1 || (first == 0 && end_run(out, &pass) == -1))
			return -1;
		if (first == 0)
			continue;
		if (pass.records++ == 0)
			pass.text = begin;
		pass.len = (size_t)(text - pass.text);
	}
	return end_run(out, &pass);
}

/* The numbers of keys that were loaded: without --within there is no gap between them. */
static void
count_loaded(struct lane *lane)
{
	for (uint32_t id = 1; id <= lane->seen.count; id++) {
		int64_t number = ((const struct seen *)(keyed_at(&lane->seen, id) + 1))->first;

		if (number >= lane->next)
			lane->next = number + 1;
	}
	lane->oldest = lane->next - lane->seen.count;
	lane->loaded = false;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;
	int rc;

	if (lane->loaded)
		count_loaded(lane);
	rc = in->text != NULL ? feed_lines(s->config, lane, in, to->out) :
	    feed_rows(s->config, lane, in, to->out);
	return rc == -1 ? err_memory(err, "remembering values") : 0;
}

/* What is forgotten here would not be looked at any more: answers do not depend on it. */
static int
tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;
	void *seen;

	(void)last;
	(void)err;
	now = when_told(&c->when, &lane->past, now);
	while ((seen = keyed_next_due(&lane->seen, now)) != NULL)
		keyed_drop(&lane->seen, seen);
	return 0;
}

/* Without --within the oldest keys are those with the N lowest numbers, which have no gap. */
static void
drop_numbered(struct lane *lane, uint32_t n)
{
	lane->oldest += n;
	for (uint32_t id = 1; id <= lane->seen.count;) {
		struct seen *seen = (struct seen *)(keyed_at(&lane->seen, id) + 1);

		if (seen->first < lane->oldest)
			keyed_drop(&lane->seen, seen);	/* the last one comes here */
		else
			id++;
	}
}

/* What is forgotten counts as new when it comes again. */
static void
evict(const struct stage *s, void *private, unsigned share, struct evicted *sum)
{
	const struct config *c = s->config;
	struct lane *lane = private;
	uint32_t before = lane->seen.count;
	uint32_t n = (uint32_t)((uint64_t)before * share / EVICT_ALL);
	void *seen;

	if (lane->loaded)
		count_loaded(lane);
	if (c->within.ticks == 0)
		drop_numbered(lane, n);
	else
		while (n-- > 0 && (seen = keyed_next_due(&lane->seen, INT64_MAX)) != NULL)
			keyed_drop(&lane->seen, seen);
	sum->keys += before - lane->seen.count;
}

static void
held(const struct stage *s, const void *private, uint64_t *rows, size_t *bytes)
{
	const struct lane *lane = private;

	(void)s;
	*rows += lane->seen.count;
	*bytes += lane->seen.bytes;
}

static bool
waits(const struct stage *s, const void *private)
{
	(void)s;
	return ((const struct lane *)private)->seen.heaped > 0;
}

static int
put_seen(struct buf *out, const void *value)
{
	return tick_put(out, ((const struct seen *)value)->first);
}

static int
get_seen(struct wire *in, void *value)
{
	((struct seen *)value)->first = tick_get(in);
	return 0;
}

static const struct keyed_kind kind = { .put = put_seen, .get = get_seen };

/* The number that goes with the keys is the last batch end; by event time nothing needs it. */
static int
save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	struct lane *lane = private;

	return keyed_save(&lane->seen, &kind, when_save(s->plan, &lane->past), to, err);
}

static int
load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct lane *lane = private;
	uint64_t told = (uint64_t)lane->past.told;

	(void)s;
	if (keyed_load(&lane->seen, &kind, &told, part, in, err) == -1)
		return -1;
	lane->past.told = (int64_t)told;
	lane->loaded = true;
	return 0;
}

const struct stage_class stage_dedup = {
	.name = "dedup",
	.usage = "[OPTION]... [FIELD,...]",
	.help = "the first record of each value of fields",
	.detail =
	    "Without fields whole records are compared, or whole rows.  With --within a\n"
	    "value is forgotten so long after the record that passed; those that were\n"
	    "dropped do not prolong that.  The time is that of the batch, or with --time\n"
	    "the record's own.\n"
	    "Rows: as they come in, in the order they come.\n"
	    "State: one entry for each value that is not forgotten; a value of up to 16\n"
	    "bytes lies in the entry, a longer one beside it.\n",
	.spark = "dropDuplicatesWithinWatermark(fields)",
	.flags = STAGE_LINES | STAGE_ROWS | STAGE_SERIAL,
	.options = options,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
	.tick = tick,
	.held = held,
	.evict = evict,
	.waits = waits,
	.save = save,
	.load = load,
};
