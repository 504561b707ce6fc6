/*
 * top: the first N rows of each ranked answer, in the order they come; and the words of all that is
 * called top, see top.h.
 */
#include "stage/top.h"

#include "base/num.h"

enum { BY, APPROX };

struct lane {
	uint64_t	passed;			/* rows of this answer */
};

static const struct opt options[] = {
	{ "by", 'b', BY, "FIELD,...", "the N most frequent values of these" },
	{ "approx", 'a', APPROX, NULL, "with --by: in bounded memory, with an error" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct top_config *c = s->config;

	(void)err;
	if (id == APPROX) {
		c->approx = true;
		return 0;
	}
	c->by = value;
	c->by_word = word;
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct top_config *c = s->config;
	enum num_status status;

	if (c->limited) {
		c->column = text;
		c->column_word = word;
		return 0;
	}
	c->limited = true;
	status = num_parse_u64(text, &c->limit);
	if (status != NUM_OK)
		return err_word(err, word, "top: N '%s' %s", text, num_status_text(status));
	if (c->limit == 0)
		return err_word(err, word, "top: N is zero; it must be 1 or more");
	return 0;
}

static const struct stage_class *
choose(struct stage *s, struct err *err)
{
	const struct top_config *c = s->config;

	if (c->by != NULL && c->column != NULL) {
		err_word(err, c->column_word, "top: --by counts values, '%s' is a column to order "
		    "by; give one of them", c->column);
		return NULL;
	}
	if (c->by == NULL && c->approx) {
		err_word(err, s->word, "top: --approx is for --by FIELDS");
		return NULL;
	}
	if (c->by != NULL)
		return c->approx ? &stage_top_approx : &stage_top_by;
	return c->column != NULL ? &stage_top_column : &stage_top;
}

static uint64_t
limit_rows(const struct stage *s)
{
	return ((const struct top_config *)s->config)->limit;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;
	uint64_t left = limit_rows(s) - lane->passed;
	struct block first = *in;

	if (first.records > left)
		first.records = left;
	lane->passed += first.records;
	if (first.records > 0 && blocks_add(to->out, first) == -1)
		return err_memory(err, "passing rows");
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	(void)answer;
	(void)err;
	lane->passed = 0;
	return 0;
}

/* There is nothing but what it keeps until the answer that it is fed has ended. */
static int
save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	(void)s;
	(void)to;
	(void)err;
	return ((const struct lane *)private)->passed > 0;
}

const struct stage_class stage_top = {
	.name = "top",
	.usage = "[OPTION]... N [COLUMN]",
	.help = "the first N rows, or most frequent values",
	.detail =
	    "top N, behind ranked rows (wordcount, countby): the first N of each answer, in\n"
	    "their order.  Rows: as they come in.  State: none.\n"
	    "top N COLUMN, behind any: the N rows of each batch or answer with the greatest\n"
	    "COLUMN; equal ones by the other columns.  Numbers come first, null last.\n"
	    "Rows: as they come in.  State: N rows, and up to as many more.\n"
	    "top N --by FIELD,...: the N most frequent values, as countby counts.  Rows:\n"
	    "the fields, count; by count down, then by the fields.  State: an entry each.\n"
	    "With --approx: from the counters of the 16 N (at least 1024) most frequent\n"
	    "values.  A count is too high by error at most, and error is at most all that\n"
	    "came over the number of counters.  Rows: the fields, count, error.\n",
	.spark = "transform(_.take(n)), transform(_.top(n)), countByValueAndWindow",
	.min_args = 1,
	.max_args = 2,
	.flags = STAGE_NEEDS_RANKED | STAGE_ROWS | STAGE_CHOOSES,
	.options = options,
	.config_size = sizeof(struct top_config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.choose = choose,
	.feed = feed,
	.fire = fire,
	.save = save,
	.limit = limit_rows,
};
