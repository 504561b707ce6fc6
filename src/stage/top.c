/* top: the first N rows of each ranked answer, in the order they come. */
#include "base/num.h"
#include "core/stage.h"

struct lane {
	uint64_t	passed;			/* rows of this answer */
};

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	uint64_t *limit = s->config;
	enum num_status status = num_parse_u64(text, limit);

	if (status != NUM_OK)
		return err_word(err, word, "top: N '%s' %s", text, num_status_text(status));
	if (*limit == 0)
		return err_word(err, word, "top: N is zero; it must be 1 or more");
	return 0;
}

static uint64_t
limit_rows(const struct stage *s)
{
	return *(const uint64_t *)s->config;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct map *state,
    struct blocks *out, struct err *err)
{
	struct lane *lane = private;
	uint64_t left = limit_rows(s) - lane->passed;
	struct block first = *in;

	(void)state;
	if (first.records > left)
		first.records = left;
	lane->passed += first.records;
	if (first.records > 0 && blocks_add(out, first) == -1)
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

const struct stage_class stage_top = {
	.name = "top",
	.usage = "N",
	.help = "the first N rows of each ranked answer",
	.detail =
	    "Passes the first N rows (1 or more) of each batch or window and keeps their\n"
	    "order.  It needs ranked rows: put it behind wordcount or countby.\n"
	    "Rows: as they come in.  State: none.\n",
	.spark = "transform(_.take(n))",
	.min_args = 1,
	.max_args = 1,
	.flags = STAGE_NEEDS_RANKED,
	.config_size = sizeof(uint64_t),
	.lane_size = sizeof(struct lane),
	.argument = argument,
	.feed = feed,
	.fire = fire,
	.limit = limit_rows,
};
