/* What one thread writes while it feeds, see lane.h. */
#include "core/lane.h"

#include "base/mem.h"

static bool
aggregates(const struct stage *s)
{
	return (s->class->flags & STAGE_AGGREGATES) != 0;
}

static int
open_stage(struct lane *lane, const struct stage *s, unsigned i, const uint64_t seed[2],
    struct err *err)
{
	if (aggregates(s))
		map_init(&lane->partial[i], sizeof(uint64_t) * s->aggregate->words, seed);
	lane->private[i] = mem_zalloc(s->class->lane_size);
	if (lane->private[i] == NULL)
		return err_memory(err, "starting");
	return s->class->lane_open == NULL ? 0 : s->class->lane_open(s, lane->private[i], err);
}

int
lane_open(struct lane *lane, const struct plan *plan, bool early,
    const struct format_class *reader, const uint64_t seed[2], struct err *err)
{
	size_t n = plan->n > 0 ? plan->n : 1;

	lane->private = mem_zalloc(n * sizeof(*lane->private));
	lane->out = mem_zalloc(n * sizeof(*lane->out));
	lane->partial = mem_zalloc(n * sizeof(*lane->partial));
	lane->account = mem_zalloc((plan->accounts + 1) * sizeof(*lane->account));
	lane->cells = mem_alloc(LANE_ROWS * plan->input.width * sizeof(*lane->cells));
	lane->reader = mem_zalloc(reader->lane_size);
	if (lane->private == NULL || lane->out == NULL || lane->partial == NULL ||
	    lane->account == NULL || lane->cells == NULL || lane->reader == NULL)
		return err_memory(err, "starting");
	if (reader->lane_open != NULL && reader->lane_open(lane->reader, err) == -1)
		return -1;
	for (unsigned i = 0; i < plan->n; i++)
		if ((plan->stage[i].early || !early) &&
		    open_stage(lane, &plan->stage[i], i, seed, err) == -1)
			return -1;
	return 0;
}

static void
close_stages(struct lane *lane, const struct plan *plan)
{
	for (unsigned i = 0; i < plan->n; i++) {
		const struct stage *s = &plan->stage[i];

		if (lane->private != NULL && lane->private[i] != NULL) {
			if (s->class->lane_close != NULL)
				s->class->lane_close(lane->private[i]);
			mem_free(lane->private[i]);
		}
		if (lane->out != NULL)
			blocks_free(&lane->out[i]);
		if (lane->partial != NULL && aggregates(s) && lane->partial[i].stride != 0)
			aggregate_free(s->aggregate, &lane->partial[i]);
	}
}

void
lane_close(struct lane *lane, const struct plan *plan, const struct format_class *reader)
{
	close_stages(lane, plan);
	if (lane->reader != NULL && reader->lane_close != NULL)
		reader->lane_close(lane->reader);
	mem_free(lane->reader);
	mem_free(lane->private);
	mem_free(lane->out);
	mem_free(lane->partial);
	mem_free(lane->account);
	mem_free(lane->cells);
	arena_free(&lane->arena);
	buf_free(&lane->text);
	bad_free(&lane->bad);
}
