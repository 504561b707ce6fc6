/* Counting rows by the value of fields, see counts.h. */
#include "core/counts.h"

int
counts_add(struct counts *counts, const struct group *group, struct map *state,
    const struct block *in)
{
	for (uint64_t row = 0; row < in->records; row += GROUP_RUN) {
		unsigned n = group_rows(in, row);

		if (group_run(group, &counts->run, state, in, row, n) == -1)
			return -1;
		for (unsigned i = 0; i < n; i++)
			++*counts->run.value[i];
	}
	return 0;
}

int
counts_rows(struct counts *counts, const struct group *group, uint64_t limit,
    const struct stage *s, const struct rows *out, struct err *err)
{
	struct tally *t = &counts->tally;
	uint64_t end = t->rank.n < limit ? t->rank.n : limit;
	int n = 0;

	arena_reset(&counts->text);
	for (; (size_t)n < out->cap && t->next < end; n++, t->next++) {
		const struct map_key *entry = rank_entry(&t->rank, t->next);
		struct value *cells = out->cells + (size_t)n * s->out->width;

		rank_ahead(&t->rank, t->next);
		if (group_cells(group, entry, cells, &counts->text) == -1)
			return err_memory(err, "writing rows");
		cells[group->columns] = value_int(*(const int64_t *)(entry + 1));
	}
	if (n == 0)
		rank_used(&t->rank);
	return n;
}

void
counts_lane_close(void *lane)
{
	struct counts *counts = lane;

	tally_close(&counts->tally);
	group_run_free(&counts->run);
	arena_free(&counts->text);
}
