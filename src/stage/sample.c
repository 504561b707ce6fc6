/*
 * sample: passes each record with a probability, in place.  Chance is a hash of the record's number
 * in the stream, or of its key, with a fixed seed: the same input gives the same sample, however
 * it was read.
 */
#include "base/decimal.h"
#include "base/map_key.h"
#include "core/stage.h"

enum { KEY };

struct config {
	double		 share;
	const char	*key;			/* names of columns, or NULL */
	int		 key_word;
	unsigned	 columns, column[SCHEMA_MAX];
	uint64_t	 below;			/* hashes that pass, when share < 1 */
};

struct lane {
	uint64_t	ordinal;		/* of the next record */
	uint64_t	saved;			/* the same, as it was put down */
};

static const uint64_t seed[2] = { 0x9e3779b97f4a7c15U, 0xc2b2ae3d27d4eb4fU };

static const struct opt options[] = {
	{ "key", 'k', KEY, "FIELDS", "all records with the same fields, or none" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct config *c = s->config;

	(void)id;
	(void)err;
	c->key = value;
	c->key_word = word;
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;
	int64_t whole = 0;

	switch (decimal_parse(text, strlen(text), &whole, &c->share)) {
	case DECIMAL_NONE:
		return err_word(err, word, "sample: P '%s' is not a number", text);
	case DECIMAL_INT:
		c->share = (double)whole;
		break;
	case DECIMAL_DOUBLE:
		break;
	}
	if (!(c->share > 0 && c->share <= 1))
		return err_word(err, word, "sample: P is %s; it must be above 0 and at most 1",
		    text);
	if (c->share < 1)
		c->below = (uint64_t)(c->share * 0x1p64);
	return 0;
}

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;
	int n;

	if (c->key == NULL)
		return 0;
	n = schema_list(s->in, c->key, c->column, SCHEMA_MAX, c->key_word, err);
	c->columns = n == -1 ? 0 : (unsigned)n;
	return n == -1 ? -1 : 0;
}

/* Two rounds: ordinals differ in few bits. */
static uint64_t
hash_word(uint64_t word)
{
	return map_mix(map_mix(word ^ seed[0], seed[1]), word ^ seed[1]);
}

static uint64_t
hash_value(const struct value *v)
{
	uint64_t bits;

	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_TEXT:
		return map_key_hash(map_key_make(v->len == 0 ? "" : v->text, v->len), seed);
	case VALUE_DOUBLE:
		memcpy(&bits, &v->d, sizeof(bits));
		return hash_word(bits);
	case VALUE_INT:
	case VALUE_BOOL:
		return hash_word((uint64_t)v->i);
	}
	return hash_word(seed[0]);
}

/* True if the record passes: ROW is its cells, or its line. */
static bool
chosen(const struct stage *s, uint64_t ordinal, const struct value *row, bool line)
{
	const struct config *c = s->config;
	uint64_t hash = 0;

	if (c->share >= 1)
		return true;
	if (c->key == NULL)
		return hash_word(ordinal) < c->below;
	for (unsigned i = 0; i < c->columns; i++)
		hash = hash_word(hash ^ hash_value(line ? row :
		    &row[s->in->column[c->column[i]].slot]));
	return hash < c->below;
}

static int
end_run(struct blocks *out, struct block *run, struct err *err)
{
	if (run->records > 0 && blocks_add(out, *run) == -1)
		return err_memory(err, "passing records");
	run->records = 0;
	return 0;
}

static int
feed_lines(const struct stage *s, struct lane *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	const char *text = in->text, *end = in->text + in->len;
	struct block run = *in;

	run.records = 0;
	while (text < end) {
		const char *begin = text;
		struct value line;
		size_t len;

		text = line_next(text, end, &len);
		line = value_text(begin, len);
		if (!chosen(s, lane->ordinal++, &line, true)) {
			if (end_run(to->out, &run, err) == -1)
				return -1;
			continue;
		}
		if (run.records++ == 0)
			run.text = begin;
		run.len = (size_t)(text - run.text);
	}
	return end_run(to->out, &run, err);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;
	struct block run = *in;

	if (in->text != NULL)
		return feed_lines(s, lane, in, to, err);
	run.records = 0;
	for (uint64_t i = 0; i < in->records; i++) {
		const struct value *row = in->cells + i * in->width;

		if (!chosen(s, lane->ordinal++, row, false)) {
			if (end_run(to->out, &run, err) == -1)
				return -1;
			continue;
		}
		if (run.records++ == 0)
			run.cells = row;
	}
	return end_run(to->out, &run, err);
}

/* Only where the numbers of records decide. */
static int
save(const struct stage *s, void *private, struct saving *to, struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;

	if (lane->ordinal == lane->saved || c->key != NULL || c->share >= 1)
		return 0;
	if (save_clear(to, err) == -1)
		return -1;
	lane->saved = lane->ordinal;
	return wire_put(to->out, lane->ordinal) == -1 ? err_memory(err, "saving a number") : 0;
}

static int
load(const struct stage *s, void *private, const struct store_part *part, struct wire *in,
    struct err *err)
{
	struct lane *lane = private;
	uint64_t ordinal = wire_get(in);

	(void)s;
	(void)part;
	(void)err;
	in->damaged |= in->at < in->end;
	if (!in->damaged)
		lane->ordinal = lane->saved = ordinal;
	return 0;
}

const struct stage_class stage_sample = {
	.name = "sample",
	.usage = "[OPTION]... P",
	.help = "pass each record with a probability",
	.detail =
	    "P is above 0 and at most 1: the share of the records that pass.  Which pass is\n"
	    "decided by their number in the stream, or with --key by their fields; the same\n"
	    "input gives the same sample.\n"
	    "Rows: as they come in, in the order they come.  State: one number.\n",
	.spark = "transform(_.sample(false, p))",
	.flags = STAGE_LINES | STAGE_ROWS | STAGE_SERIAL,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.feed = feed,
	.save = save,
	.load = load,
};
