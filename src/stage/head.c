/* head: the first N records of each batch, or of the whole stream, in place. */
#include "base/num.h"
#include "core/stage.h"

enum { TOTAL };

struct config {
	uint64_t	limit;
	bool		total;
};

struct lane {
	uint64_t	passed;			/* records of this batch, or of all */
	uint64_t	saved;			/* the same, as it was put down */
};

static const struct opt options[] = {
	{ "total", 't', TOTAL, NULL, "of the whole stream instead of each batch" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	(void)id;
	(void)value;
	(void)word;
	(void)err;
	((struct config *)s->config)->total = true;
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;
	enum num_status status = num_parse_u64(text, &c->limit);

	if (status != NUM_OK)
		return err_word(err, word, "head: N '%s' %s", text, num_status_text(status));
	if (c->limit == 0)
		return err_word(err, word, "head: N is zero; it must be 1 or more");
	return 0;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;
	uint64_t left = ((const struct config *)s->config)->limit - lane->passed;
	struct block first = *in;

	if (first.records > left) {
		const char *end = in->text;
		size_t len;

		for (uint64_t i = 0; i < left && in->text != NULL; i++)
			end = line_next(end, in->text + in->len, &len);
		first.len = (size_t)(end - in->text);
		first.records = left;
	}
	lane->passed += first.records;
	if (first.records > 0 && blocks_add(to->out, first) == -1)
		return err_memory(err, "passing records");
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	(void)answer;
	(void)err;
	if (!((const struct config *)s->config)->total)
		((struct lane *)private)->passed = 0;
	return 0;
}

static int
save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	if (lane->passed == lane->saved)
		return 0;
	if (save_clear(to, err) == -1)
		return -1;
	lane->saved = lane->passed;
	return wire_put(to->out, lane->passed) == -1 ? err_memory(err, "saving a number") : 0;
}

static int
load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct lane *lane = private;
	uint64_t passed = wire_get(in);

	(void)part;
	(void)err;
	in->damaged |= passed > ((const struct config *)s->config)->limit || in->at < in->end;
	if (!in->damaged)
		lane->passed = lane->saved = passed;
	return 0;
}

const struct stage_class stage_head = {
	.name = "head",
	.usage = "[OPTION]... N",
	.help = "the first N records of each batch",
	.detail =
	    "Passes the first N records (1 or more) of each batch, or with --total of the\n"
	    "whole stream; behind an aggregating stage, of each answer.  The stream goes on\n"
	    "when they have passed.\n"
	    "Rows: as they come in, in the order they come.  State: one number.\n",
	.spark = "transform(_.zipWithIndex.filter(_._2 < n).map(_._1))",
	.flags = STAGE_LINES | STAGE_ROWS | STAGE_SERIAL,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.feed = feed,
	.fire = fire,
	.save = save,
	.load = load,
};
