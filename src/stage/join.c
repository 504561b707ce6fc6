/*
 * join: the rows of the chain beside those of another stream that have the same key; see
 * core/joiner.h for how.
 */
#include "stage/join.h"

#include <string.h>

enum { ON, WITHIN, LEFT, FULL };

struct lane {
	struct joiner	 joiner;	/* the state */
	int64_t		 tick;
	bool		 done, giving;
};

static const struct opt options[] = {
	{ "on", 'o', ON, "A,B=C", "equal columns: A in both, B left and C right" },
	{ "within", 0, WITHIN, "DUR|Nrows", "of batches so far apart at most (the same batch)" },
	{ "left", 'l', LEFT, NULL, "also left rows without a partner" },
	{ "full", 'f', FULL, NULL, "also left and right rows without a partner" },
	{ 0 },
};

/* ---- words ---- */

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct join_config *c = s->config;

	switch (id) {
	case ON:
		c->on = value;
		c->on_word = word;
		return 0;
	case WITHIN:
		return span_parse(&c->within, "within", value, word, err);
	default:
		c->how.outer[JOINER_LEFT] = true;
		c->how.outer[JOINER_RIGHT] |= id == FULL;
		return 0;
	}
}

/* Rows come as often as from the side that gives them most often. */
static void
find_period(struct stage *s, const char *name)
{
	const struct plan *plan = s->plan;

	for (unsigned i = 0; i < plan->streams; i++) {
		const struct stream *stream = &plan->stream[i];

		if (strcmp(stream->name, name) != 0)
			continue;
		for (unsigned k = 0; k < stream->points; k++) {
			int stage = stream->point[k].stage;
			struct span period = stage == -1 ? plan->batch :
			    plan->stage[stage].period;

			if (period.ticks < s->period.ticks)
				s->period = period;
		}
	}
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	(void)err;
	s->port[s->ports++] = (struct port){ .name = text, .len = strlen(text), .word = word };
	find_period(s, text);
	return 0;
}

static void
close_stage(struct stage *s)
{
	arena_free(&((struct join_config *)s->config)->names);
}

/* ---- running ---- */

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct join_config *c = s->config;

	(void)err;
	joiner_init(&((struct lane *)private)->joiner, &c->how, s->plan->seed);
	return 0;
}

static void
lane_close(void *private)
{
	joiner_free(&((struct lane *)private)->joiner);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;

	(void)s;
	(void)to;
	return joiner_add(&lane->joiner, in->port == 0 ? JOINER_LEFT : JOINER_RIGHT, in) == -1 ?
	    err_memory(err, "keeping the rows of a join") : 0;
}

static int
tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	(void)err;
	lane->tick = now;
	lane->done = last;
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	(void)answer;
	lane->giving = true;
	return joiner_end(&lane->joiner, lane->tick, lane->done) == -1 ?
	    err_memory(err, "joining rows") : 0;
}

/* A right row that stays alone has its key in the left's columns. */
static void
make_row(const struct stage *s, const struct joiner_pair *p, struct value *cells)
{
	const struct join_config *c = s->config;

	for (unsigned i = 0; i < s->out->columns; i++) {
		const struct join_from *from = &c->from[i];
		const struct value *row = p->row[from->side];

		if (row != NULL)
			cells[i] = row[from->slot];
		else if (from->key && p->row[JOINER_RIGHT] != NULL)
			cells[i] = p->row[JOINER_RIGHT][from->other];
		else
			cells[i] = value_null();
	}
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct lane *lane = private;
	struct joiner_pair pair;
	size_t n = 0;

	while (n < out->cap && joiner_next(&lane->joiner, &pair))
		make_row(s, &pair, out->cells + n++ * s->out->width);
	if (n == 0 && lane->giving) {
		lane->giving = false;
		if (joiner_drop(&lane->joiner) == -1)
			return err_memory(err, "joining rows");
	}
	return (int)n;
}

static void
held(const struct stage *s, const void *private, uint64_t *count, size_t *bytes)
{
	const struct lane *lane = private;

	(void)s;
	*count += joiner_held(&lane->joiner);
	*bytes += joiner_bytes(&lane->joiner);
}

/* At the end of a batch nothing is held but the rows that can still have a partner. */
static int
save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	return lane->giving ? 1 : joiner_save(&lane->joiner, to, err);
}

static int
load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct lane *lane = private;
	const unsigned width[JOINER_SIDES] = { s->in->width, s->port[0].in->width };

	return joiner_load(&lane->joiner, width, part, in) == -1 ?
	    err_memory(err, "reading the rows of a join") : 0;
}

const struct stage_class stage_join = {
	.name = "join",
	.usage = "[OPTION]... NAME",
	.help = "rows beside those of another stream with that key",
	.detail =
	    "NAME is a source -i NAME=SOURCE, or what stands before an 'as NAME'.  Each row\n"
	    "of the chain, the left one, makes a row with each row of NAME, the right one,\n"
	    "whose columns --on are equal and that came in the same batch, or with --within\n"
	    "in one whose time is at most DUR before or after.  Null equals nothing, not\n"
	    "even null.  A number equals a number of that value; where one side has types\n"
	    "(json, what SQL makes), text without a type that looks like a number is one on\n"
	    "the other; where neither has, text is compared byte by byte.\n"
	    "With --left a row without a partner comes with nulls on the right as soon as\n"
	    "none can come any more: DUR after its batch, or at the end of the input.  With\n"
	    "--full so do right rows, with their key in the left's columns.\n"
	    "The columns must be known: behind json and logfmt select names them.\n"
	    "Rows: the left's columns, then the right's but for the key; one whose name is\n"
	    "taken is called NAME.column.  A pair comes at the end of the batch in which\n"
	    "the later row came: by left row, then by right row, as they came; right rows\n"
	    "without a partner are last.\n"
	    "State: the rows of both sides for DUR, and an index of their keys.\n",
	.spark = "left.window(within).join(right.window(within))",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_EXPANDS,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct join_config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.open = join_open,
	.close = close_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
	.tick = tick,
	.fire = fire,
	.rows = rows,
	.held = held,
	.save = save,
	.load = load,
};
