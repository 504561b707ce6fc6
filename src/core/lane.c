/* What one thread writes while it feeds, see lane.h. */
#include "core/lane.h"

#include "base/mem.h"

int
lane_set(struct lane *lane, const struct block *b, struct err *err)
{
	lane->in.n = 0;
	return blocks_add(&lane->in, *b) == -1 ? err_memory(err, "reading input") : 0;
}

int
lane_map(const struct plan *plan, struct lane *lane, size_t from, size_t to, struct err *err)
{
	for (size_t i = from; i < to; i++) {
		const struct stage *s = &plan->stage[i];
		struct blocks swap;

		lane->out.n = 0;
		for (size_t k = 0; k < lane->in.n; k++)
			if (s->class->feed(s, lane->private[i], &lane->in.block[k], NULL,
			    &lane->out, err) == -1)
				return -1;
		lane->bad += lane->out.bad;
		lane->out.bad = 0;
		swap = lane->in;
		lane->in = lane->out;
		lane->out = swap;
	}
	return 0;
}

uint64_t
lane_records(const struct lane *lane)
{
	uint64_t records = 0;

	for (size_t k = 0; k < lane->in.n; k++)
		records += lane->in.block[k].records;
	return records;
}

int
lane_open(struct lane *lane, const struct plan *plan, size_t stages, const uint64_t seed[2],
    struct err *err)
{
	if (plan->split < plan->n)
		map_init(&lane->partial, sizeof(uint64_t) *
		    plan->stage[plan->split].class->aggregate->words, seed);
	lane->private = mem_zalloc(stages * sizeof(*lane->private));
	if (lane->private == NULL)
		return err_memory(err, "starting");
	for (size_t i = 0; i < stages; i++) {
		const struct stage *s = &plan->stage[i];

		lane->private[i] = mem_zalloc(s->class->lane_size);
		if (lane->private[i] == NULL)
			return err_memory(err, "starting");
		if (s->class->lane_open != NULL &&
		    s->class->lane_open(s, lane->private[i], err) == -1)
			return -1;
	}
	return 0;
}

void
lane_close(struct lane *lane, const struct plan *plan, size_t stages)
{
	for (size_t i = 0; lane->private != NULL && i < stages; i++) {
		const struct stage *s = &plan->stage[i];

		if (lane->private[i] != NULL && s->class->lane_close != NULL)
			s->class->lane_close(lane->private[i]);
		mem_free(lane->private[i]);
	}
	mem_free(lane->private);
	map_free(&lane->partial);
	blocks_free(&lane->in);
	blocks_free(&lane->out);
	buf_free(&lane->text);
}
