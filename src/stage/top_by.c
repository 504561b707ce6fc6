/* top N --by FIELDS: the N most frequent values, exactly; it counts as countby does. */
#include "core/tally.h"
#include "stage/top.h"

struct lane {
	struct tally		 tally;
	struct group_run	 run;
	struct arena		 text;	/* of the rows that were handed out last */
};

static int
open_stage(struct stage *s, struct err *err)
{
	struct top_config *c = s->config;

	s->out = &s->made;
	s->aggregate = &aggregate_count;
	s->group = &c->group;
	if (group_open(&c->group, s->in, s->out, c->by, c->by_word, err) == -1)
		return -1;
	return schema_add(s->out, "count", false, err);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct top_config *c = s->config;
	struct lane *lane = private;

	for (uint64_t row = 0; row < in->records; row += GROUP_RUN) {
		unsigned n = group_rows(in, row);

		if (group_run(&c->group, &lane->run, to->state, in, row, n) == -1)
			return err_memory(err, "counting records");
		for (unsigned i = 0; i < n; i++)
			++*lane->run.value[i];
	}
	return 0;
}

static uint64_t
limit_of(const struct stage *s)
{
	const struct top_config *c = s->config;

	return c->limit < s->limit ? c->limit : s->limit;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;

	return tally_fire(&lane->tally, s, answer, limit_of(s), err);
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct top_config *c = s->config;
	struct lane *lane = private;
	struct tally *t = &lane->tally;
	uint64_t end = t->rank.n < limit_of(s) ? t->rank.n : limit_of(s);
	int n = 0;

	arena_reset(&lane->text);
	for (; (size_t)n < out->cap && t->next < end; n++, t->next++) {
		const struct map_key *entry = rank_entry(&t->rank, t->next);
		struct value *cells = out->cells + (size_t)n * s->out->width;

		if (group_cells(&c->group, entry, cells, &lane->text) == -1)
			return err_memory(err, "writing rows");
		cells[c->group.columns] = value_int(*(const int64_t *)(entry + 1));
	}
	return n;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	tally_close(&lane->tally);
	group_run_free(&lane->run);
	arena_free(&lane->text);
}

const struct stage_class stage_top_by = {
	.name = "top",
	.usage = "[OPTION]... N [COLUMN]",
	.help = "the N most frequent values of fields",
	.spark = "countByValueAndWindow(window, slide).transform(_.top(n))",
	.flags = STAGE_AGGREGATES | STAGE_RANKS | STAGE_ROWS,
	.config_size = sizeof(struct top_config),
	.lane_size = sizeof(struct lane),
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
};
