/*
 * where: passes the records that an SQL expression is true of.  Records that follow each other and
 * pass go on as one block, in place: nothing is copied.  SQLite runs once for each block, not for
 * each record.
 */
#include "core/query.h"
#include "core/stage.h"

#include <string.h>

struct config {
	const char	*expression;
	int		 word;
	struct query	*query;		/* the lanes' are made from it */
};

struct lane {
	struct query	*query;
};

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	c->expression = text;
	c->word = word;
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;
	struct query_text text = {
		.what = "where", .text = c->expression, .len = strlen(c->expression),
		.word = c->word,
	};

	return query_filter(&c->query, s->in, &text, err);
}

static void
close_stage(struct stage *s)
{
	query_close(((struct config *)s->config)->query);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct config *c = s->config;

	return query_clone(&((struct lane *)private)->query, c->query, err);
}

static void
lane_close(void *private)
{
	query_close(((struct lane *)private)->query);
}

/* Where row I of the block begins in its text. */
static size_t
line_at(const struct query *q, const struct block *in, uint64_t i)
{
	return i == in->records ? in->len : (size_t)(query_row(q, i)->text - in->text);
}

/* Passes rows FROM .. TO - 1 on as they lie. */
static int
pass(const struct query *q, const struct block *in, uint64_t from, uint64_t to,
    struct blocks *out, struct err *err)
{
	struct block run = *in;

	if (from == to)
		return 0;
	run.records = to - from;
	if (in->text == NULL) {
		run.cells = in->cells + from * in->width;
	} else {
		size_t begin = line_at(q, in, from);

		run.text = in->text + begin;
		run.len = line_at(q, in, to) - begin;
	}
	return blocks_add(out, run) == -1 ? err_memory(err, "passing records") : 0;
}

/* FROM .. TO is the run of rows that passed last; a row on which SQLite gives up is left out. */
static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct query *q = ((struct lane *)private)->query;
	uint64_t from = 0, end = 0, at;
	enum query_got got;

	if (in->records == 0)
		return 0;
	if (query_rows(q, 0, in, 1, err) == -1)
		return -1;
	query_start(q, 0);
	while ((got = query_step(q, err)) != QUERY_END) {
		if (got == QUERY_FAIL)
			return -1;
		at = query_at(q);
		if (got == QUERY_BAD) {
			query_bad(q, s->class->name, to->bad);
			if (at + 1 == in->records)
				break;		/* SQLite would fail without a row, too */
			query_start(q, at + 1);
			continue;
		}
		if (at == end) {
			end++;
			continue;
		}
		if (pass(q, in, from, end, to->out, err) == -1)
			return -1;
		from = at;
		end = at + 1;
	}
	return pass(q, in, from, end, to->out, err);
}

const struct stage_class stage_where = {
	.name = "where",
	.usage = "EXPRESSION",
	.help = "pass the records that an SQL expression is true of",
	.detail =
	    "EXPRESSION is SQL as SQLite understands it: columns by name, literals,\n"
	    "operators, functions (also json_extract, and REGEXP with PCRE2).  A record\n"
	    "passes if it is true: a number other than 0; null does not pass.  Fields of\n"
	    "csv, tsv and lines are numbers where they look like one.  A record on which\n"
	    "the expression fails (abs(-9223372036854775808)) is counted as bad.\n"
	    "Functions of the clock and random ones are refused, so that the same records\n"
	    "give the same answer.\n"
	    "Rows: as they come in, in the order they come.  State: none.\n",
	.spark = "filter(expr(\"expression\"))",
	.flags = STAGE_LINES | STAGE_ROWS,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.argument = argument,
	.open = open_stage,
	.close = close_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
};
