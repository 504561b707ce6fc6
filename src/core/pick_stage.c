/* The functions of the stages first and last, see pick.h. */
#include "core/pick.h"

#define BY 1

const struct opt pick_options[] = {
	{ "by", 'b', BY, "FIELD,...", "one row for each value of these" },
	{ 0 },
};

int
pick_option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct pick *p = s->config;

	(void)id;
	(void)err;
	p->by = value;
	p->by_word = word;
	return 0;
}

int
pick_argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct pick *p = s->config;

	(void)err;
	p->argument_word[p->arguments] = word;
	p->argument[p->arguments++] = text;
	return 0;
}

static int
find_fields(struct pick *p, struct schema *in, struct schema *out, struct err *err)
{
	unsigned at[PICK_FIELDS];

	for (unsigned i = 0; i < p->arguments; i++) {
		int n = schema_list(in, p->argument[i], at, PICK_FIELDS - p->fields,
		    p->argument_word[i], err);

		if (n == -1)
			return -1;
		for (int k = 0; k < n; k++) {
			const struct column *c = &in->column[at[k]];

			p->slot[p->fields++] = c->slot;
			if (schema_add(out, c->name, c->bare, err) == -1)
				return -1;
		}
	}
	return 0;
}

int
pick_open(struct stage *s, bool last, struct err *err)
{
	struct pick *p = s->config;

	p->last = last;
	s->out = &s->made;
	if (group_open_by(&p->group, s, p->by, p->by_word, err) == -1 ||
	    find_fields(p, s->in, s->out, err) == -1)
		return -1;
	pick_aggregate(&p->aggregate, p);
	s->aggregate = &p->aggregate;
	s->group = &p->group;
	return 0;
}

/* From the last row to the first, so that of each group one is copied. */
static int
add_run(const struct pick *p, struct pick_lane *lane, struct map *state, const struct block *in,
    uint64_t from, unsigned n)
{
	if (group_run(&p->group, &lane->run, state, in, from, n) == -1)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		unsigned at = p->last ? n - 1 - i : i;
		uint64_t *value = lane->run.value[at], number = lane->number + at;

		if (pick_wants(p, value, lane->time, number) &&
		    pick_keep(p, value, lane->time, number, in->cells + (from + at) * in->width,
		    p->slot) == -1)
			return -1;
		value[PICK_COUNT]++;
	}
	lane->number += n;
	return 0;
}

int
pick_feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct pick_lane *lane = private;

	if (in->time > lane->time)	/* a clock that is set back does not change the order */
		lane->time = in->time;
	for (uint64_t row = 0; row < in->records; row += GROUP_RUN) {
		unsigned n = group_rows(in, row);

		if (add_run(s->config, lane, to->state, in, row, n) == -1)
			return err_memory(err, "keeping records");
	}
	return 0;
}

int
pick_fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct pick_lane *lane = private;

	return order_keys(&lane->order, answer, s->given.always) == -1 ?
	    err_memory(err, "ordering the answer") : 0;
}

int
pick_rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct pick *p = s->config;
	struct pick_lane *lane = private;
	struct order *o = &lane->order;
	int n = 0;

	arena_reset(&lane->text);
	for (; (size_t)n < out->cap && o->next < o->n; n++, o->next++) {
		const struct map_key *entry = order_entry(o, o->next);
		const struct value *kept = pick_cells((const uint64_t *)(entry + 1));
		struct value *cells = out->cells + (size_t)n * s->out->width;

		if (group_cells(&p->group, entry, cells, &lane->text) == -1)
			return err_memory(err, "writing rows");
		for (unsigned i = 0; i < p->fields; i++)
			cells[p->group.columns + i] = kept == NULL ? value_null() : kept[i];
	}
	if (n == 0)
		order_used(o);
	return n;
}

/* The next place is behind all before, also when the clock is set back. */
int
pick_save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	struct pick_lane *lane = private;

	(void)s;
	if (lane->number == lane->saved)
		return 0;
	if (save_clear(to, err) == -1)
		return -1;
	lane->saved = lane->number;
	return wire_put_word(to->out, (uint64_t)lane->time) == -1 ||
	    wire_put(to->out, lane->number) == -1 ? err_memory(err, "putting state down") : 0;
}

int
pick_load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct pick_lane *lane = private;

	(void)s;
	(void)part;
	(void)err;
	lane->time = (int64_t)wire_get_word(in);
	lane->number = lane->saved = wire_get(in);
	return 0;
}

void
pick_lane_close(void *private)
{
	struct pick_lane *lane = private;

	group_run_free(&lane->run);
	order_free(&lane->order);
	arena_free(&lane->text);
}
