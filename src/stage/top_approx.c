/*
 * top N --by FIELDS --approx: the most frequent values in bounded memory, by core/heavy.  The
 * answer is one value: the number of records, and the counters behind it.
 */
#include "base/mem.h"
#include "core/heavy.h"
#include "stage/top.h"

#define COUNTERS_MIN 1024
#define COUNTERS_EACH 16		/* for each row that is asked for */
#define COUNTERS_MAX (1U << 30)
#define WORDS (1 + HEAVY_WORDS)

struct lane {
	struct group_run	 run;
	struct arena		 text;	/* of the rows that were handed out last */
	struct heavy_item	*item;
	size_t			 n, next;
};

static struct heavy_config
heavy_of(const struct stage *s)
{
	const struct top_config *c = s->config;

	return (struct heavy_config){
		.capacity = c->counters, .seed = { s->plan->seed[0], s->plan->seed[1] },
	};
}

/* ---- the value ---- */

static int
merge(const struct aggregate *agg, uint64_t *into, const uint64_t *from)
{
	struct heavy_config config = heavy_of(agg->config);

	into[0] += from[0];
	return heavy_merge(into + 1, from + 1, &config);
}

static void
drop(const struct aggregate *agg, uint64_t *value)
{
	(void)agg;
	value[0] = 0;
	heavy_free(value + 1);
}

static size_t
bytes(const struct aggregate *agg, const uint64_t *value)
{
	(void)agg;
	return heavy_bytes(value + 1);
}

static int
save(const struct aggregate *agg, const uint64_t *value, struct buf *out)
{
	(void)agg;
	return wire_put_word(out, value[0]) == -1 ? -1 : heavy_save(value + 1, out);
}

static int
load(const struct aggregate *agg, uint64_t *value, struct wire *in)
{
	struct heavy_config config = heavy_of(agg->config);

	value[0] += wire_get_word(in);
	return heavy_load(value + 1, in, &config);
}

/* ---- the stage ---- */

static int
open_stage(struct stage *s, struct err *err)
{
	struct top_config *c = s->config;

	if (c->limit > COUNTERS_MAX / COUNTERS_EACH)
		return err_word(err, s->word, "top: N is more than %u, too many for --approx",
		    COUNTERS_MAX / COUNTERS_EACH);
	c->counters = (uint32_t)c->limit * COUNTERS_EACH;
	if (c->counters < COUNTERS_MIN)
		c->counters = COUNTERS_MIN;
	c->aggregate = (struct aggregate){
		.name = "heavy", .words = WORDS, .config = s, .merge = merge, .drop = drop,
		.bytes = bytes, .save = save, .load = load,
	};
	s->out = &s->made;
	s->aggregate = &c->aggregate;
	if (group_open_by(&c->group, s, c->by, c->by_word, err) == -1 ||
	    schema_add(s->out, "count", false, err) == -1)
		return -1;
	return schema_add(s->out, "error", false, err);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct top_config *c = s->config;
	struct heavy_config config = heavy_of(s);
	struct lane *lane = private;
	uint64_t *value = in->records == 0 ? NULL : map_put(to->state, "", 0);

	if (value == NULL)
		return in->records == 0 ? 0 : err_memory(err, "counting records");
	for (uint64_t row = 0; row < in->records; row += GROUP_RUN) {
		unsigned n = group_rows(in, row);

		if (group_keys(&c->group, &lane->run, in, row, n) == -1)
			return err_memory(err, "counting records");
		for (unsigned i = 0; i < n; i++)
			if (heavy_add(value + 1, &config, lane->run.key[i]) == -1)
				return err_memory(err, "counting records");
		value[0] += n;
	}
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	const struct top_config *c = s->config;
	const uint64_t *value = map_find(answer, "", 0);
	struct lane *lane = private;

	mem_free(lane->item);
	lane->item = NULL;
	lane->next = lane->n = 0;
	if (value == NULL || value[0] == 0)
		return 0;
	lane->item = mem_alloc((heavy_count(value + 1) + 1) * sizeof(*lane->item));
	if (lane->item == NULL || heavy_list(value + 1, lane->item) == -1)
		return err_memory(err, "ordering the answer");
	lane->n = heavy_count(value + 1);
	if (lane->n > c->limit)
		lane->n = (size_t)c->limit;
	return 0;
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct top_config *c = s->config;
	struct lane *lane = private;
	int n = 0;

	arena_reset(&lane->text);
	for (; (size_t)n < out->cap && lane->next < lane->n; n++, lane->next++) {
		const struct heavy_item *item = &lane->item[lane->next];
		struct value *cells = out->cells + (size_t)n * s->out->width;

		if (group_cells(&c->group, &item->key, cells, &lane->text) == -1)
			return err_memory(err, "writing rows");
		cells[c->group.columns] = value_int((int64_t)item->count);
		cells[c->group.columns + 1] = value_int((int64_t)item->error);
	}
	return n;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	mem_free(lane->item);
	group_run_free(&lane->run);
	arena_free(&lane->text);
}

const struct stage_class stage_top_approx = {
	.name = "top",
	.usage = "[OPTION]... N [COLUMN]",
	.help = "the N most frequent values of fields, about",
	.spark = "reduceByWindow(_.merge(_), window, slide) of Space-Saving counters",
	.flags = STAGE_AGGREGATES | STAGE_RANKS | STAGE_ROWS | STAGE_BOUNDED,
	.config_size = sizeof(struct top_config),
	.lane_size = sizeof(struct lane),
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
};
