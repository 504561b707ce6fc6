/*
 * countby: how often each value of some fields occurs, or each line, byte for byte without its end.
 * Lines are counted where they lie; rows are grouped by core/group.
 */
#include "core/counts.h"

struct config {
	const char	*fields;	/* NULL: the whole record or row */
	int		 word;
	struct group	 group;
};

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
	int rc;

	s->out = &s->made;
	s->aggregate = &aggregate_count;
	s->group = &c->group;
	if (c->fields == NULL && !s->in->input)
		s->takes = STAGE_LINES;		/* rows as they would be printed */
	rc = c->fields == NULL ? group_open_all(&c->group, s->in, s->out, err) :
	    group_open_by(&c->group, s, c->fields, c->word, err);
	if (c->group.source > 0)
		s->takes = STAGE_ROWS;		/* a line does not show it */
	return rc == -1 ? -1 : schema_add(s->out, "count", false, err);
}

static int
count_lines(struct tally *t, const struct block *in)
{
	const char *text = in->text, *end = in->text + in->len;

	while (text < end) {
		const char *line = text;
		size_t len;

		text = line_next(text, end, &len);
		if (tally_text(t, line, len) == -1)
			return -1;
	}
	return tally_end(t);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	const struct config *c = s->config;
	struct counts *counts = private;
	int rc;

	if (in->text == NULL)
		rc = counts_add(counts, &c->group, to->state, in);
	else if ((rc = tally_start(&counts->tally, to->state)) == 0)
		rc = count_lines(&counts->tally, in);
	return rc == -1 ? err_memory(err, "counting records") : 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct counts *counts = private;

	return tally_fire(&counts->tally, s, answer, s->limit, err);
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	const struct config *c = s->config;

	return counts_rows(private, &c->group, UINT64_MAX, s, out, err);
}

const struct stage_class stage_countby = {
	.name = "countby",
	.usage = "[OPTION]... [FIELD,...]",
	.help = "how often each line, or value of fields, occurs",
	.detail =
	    "Without fields whole lines are compared, byte for byte, without \\n or \\r\\n.\n"
	    "Rows: the fields (or line), count; by count down, then by the fields.\n"
	    "State: one entry for each distinct value of the window.\n",
	.spark = "countByValueAndWindow(window, slide)",
	.flags = STAGE_AGGREGATES | STAGE_RANKS | STAGE_LINES | STAGE_ROWS,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct counts),
	.argument = argument,
	.open = open_stage,
	.lane_close = counts_lane_close,
	.feed = feed,
	.seed = given_count,
	.fire = fire,
	.rows = rows,
};
