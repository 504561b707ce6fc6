/*
 * distinct: how many different values a field has.  Each group has a sketch (core/distinct) behind
 * the number of its records.
 */
#include "core/distinct.h"

#include "core/group.h"
#include "core/order.h"
#include "core/stage.h"

#define BY 1
#define VALUE_WORDS (1 + DISTINCT_WORDS)
#define STANDARD_ERROR 0.0081		/* 1.04 / sqrt(2^14) */

struct config {
	const char	*field, *by;
	int		 field_word, by_word;
	unsigned	 slot;
	struct group	 group;
};

struct lane {
	struct group_run	 run;
	uint64_t		 hash[GROUP_RUN];
	struct order		 order;
	struct arena		 text;	/* of the rows that were handed out last */
};

static const struct opt options[] = {
	{ "by", 'b', BY, "FIELD,...", "one row for each value of these" },
	{ 0 },
};

/* ---- the value: records, sketch ---- */

static int
merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	(void)agg;
	into[0] += from[0];
	return distinct_merge(into + 1, from + 1);
}

static void
free_value(const struct aggregate *agg, uint64_t *value)
{
	(void)agg;
	value[0] = 0;
	distinct_free(value + 1);
}

static size_t
bytes(const struct aggregate *agg, const uint64_t *value)
{
	(void)agg;
	return distinct_bytes(value + 1);
}

static void
shrink(const struct aggregate *agg, uint64_t *value)
{
	(void)agg;
	distinct_shrink(value + 1);
}

static int
save(const struct aggregate *agg, const uint64_t *value, struct buf *out)
{
	(void)agg;
	return wire_put_word(out, value[0]) == -1 ? -1 : distinct_save(value + 1, out);
}

static int
load(const struct aggregate *agg, uint64_t *value, struct wire *in)
{
	(void)agg;
	value[0] += wire_get_word(in);
	return distinct_load(value + 1, in);
}

static const struct aggregate aggregate = {
	.name = "distinct",
	.words = VALUE_WORDS,
	.merge = merge,
	.drop = free_value,
	.bytes = bytes,
	.shrink = shrink,
	.save = save,
	.load = load,
};

/* ---- the stage ---- */

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct config *c = s->config;

	(void)id;
	(void)err;
	c->by = value;
	c->by_word = word;
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	c->field = text;
	c->field_word = word;
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;
	unsigned at;

	s->out = &s->made;
	s->aggregate = &aggregate;
	s->group = &c->group;
	if (schema_list(s->in, c->field, &at, 1, c->field_word, err) == -1 ||
	    group_open_by(&c->group, s, c->by, c->by_word, err) == -1)
		return -1;
	c->slot = s->in->column[at].slot;
	if (schema_add(s->out, "distinct", false, err) == -1)
		return -1;
	return schema_add(s->out, "error", false, err);
}

/* Adds N rows: their hashes first, so that the memory of all sketches is asked for at once. */
static int
add_run(const struct config *c, struct lane *lane, struct map *state, const struct block *in,
    uint64_t from, unsigned n)
{
	if (group_run(&c->group, &lane->run, state, in, from, n) == -1)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		lane->hash[i] = distinct_hash(&in->cells[(from + i) * in->width + c->slot]);
		__builtin_prefetch(distinct_place(lane->run.value[i] + 1, lane->hash[i]), 1);
	}
	for (unsigned i = 0; i < n; i++) {
		uint64_t *value = lane->run.value[i];

		value[0]++;
		if (in->cells[(from + i) * in->width + c->slot].kind != VALUE_NULL &&
		    distinct_add(value + 1, lane->hash[i]) == -1)
			return -1;
	}
	return 0;
}

static int
feed(const struct stage *s, void *lane, const struct block *in, struct feed *to, struct err *err)
{
	for (uint64_t row = 0; row < in->records; row += GROUP_RUN) {
		unsigned n = group_rows(in, row);

		if (add_run(s->config, lane, to->state, in, row, n) == -1)
			return err_memory(err, "counting distinct values");
	}
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;

	return order_keys(&lane->order, answer, s->given.always) == -1 ?
	    err_memory(err, "ordering the answer") : 0;
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;
	struct order *o = &lane->order;
	int n = 0;

	arena_reset(&lane->text);
	for (; (size_t)n < out->cap && o->next < o->n; n++, o->next++) {
		const struct map_key *entry = order_entry(o, o->next);
		struct value *cells = out->cells + (size_t)n * s->out->width;
		bool approximate;
		uint64_t count = distinct_count((const uint64_t *)(entry + 1) + 1, &approximate);

		if (group_cells(&c->group, entry, cells, &lane->text) == -1)
			return err_memory(err, "writing rows");
		cells[c->group.columns] = value_int((int64_t)count);
		cells[c->group.columns + 1] = approximate ? value_double(STANDARD_ERROR) :
		    value_int(0);
	}
	if (n == 0)
		order_used(o);
	return n;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	group_run_free(&lane->run);
	order_free(&lane->order);
	arena_free(&lane->text);
}

const struct stage_class stage_distinct = {
	.name = "distinct",
	.usage = "[OPTION]... FIELD",
	.help = "how many different values a field has",
	.detail =
	    "Exact for up to 3072 values; beyond that an estimate whose standard error\n"
	    "is 0.81 %, the same whatever the order of the records.  Null is no value.\n"
	    "Rows: the fields of --by, distinct, error: 0 if the count is exact, else\n"
	    "0.0081, a part of it; in order of the key.\n"
	    "State: an entry for each key of the window, and 11 to 21 bytes for each\n"
	    "value, 32 KiB at most; 16 KiB for an estimate.\n",
	.spark = "groupBy(by).agg(approx_count_distinct(field, 0.0081))",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.flags = STAGE_AGGREGATES | STAGE_ROWS,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
};
