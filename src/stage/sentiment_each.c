/* sentiment --each: every record passes on with its label and score; with reasons if asked. */
#include "stage/sentiment.h"

#include "core/extend.h"

#include <string.h>

#define REASONS 8			/* that are told of a text, at most */
#define OWN 3				/* columns: label, score, why */

struct lane {
	struct extend		 extend;
	struct sentiment_scratch scratch;
	struct arena		 text;		/* of the rows in to->out */
	struct buf		 why;		/* of a record */
	unsigned		 own[OWN];	/* their slots */
};

static int
open_stage(struct stage *s, struct err *err)
{
	const struct sentiment_config *c = s->config;

	s->out = &s->made;
	schema_over(s->out, s->in);
	if (sentiment_open(s, err) == -1)
		return -1;
	if (schema_add(s->out, "label", true, err) == -1 ||
	    schema_add(s->out, "score", true, err) == -1 ||
	    (c->explain && schema_add(s->out, "why", true, err) == -1)) {
		err->word = s->word;
		return -1;
	}
	return 0;
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	struct lane *lane = private;
	unsigned owns = 0;

	(void)err;
	extend_open(&lane->extend, s);
	for (unsigned i = 0; i < s->out->columns && owns < OWN; i++)
		if (s->out->origin[i].from == SCHEMA_OWN)
			lane->own[owns++] = s->out->column[i].slot;
	return 0;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	extend_close(&lane->extend);
	sentiment_scratch_free(&lane->scratch);
	arena_free(&lane->text);
	buf_free(&lane->why);
}

/* ---- reasons ---- */

static int
add_reason(struct buf *why, const struct sentiment_reason *r)
{
	char weight[SENTIMENT_TEXT];
	size_t len = sentiment_format(weight, r->weight);

	if ((why->len > 0 && buf_add(why, ", ", 2) == -1) ||
	    buf_add(why, r->text, r->len) == -1 ||
	    buf_add(why, r->weight < 0 ? " " : " +", r->weight < 0 ? 1 : 2) == -1)
		return -1;
	return buf_add(why, weight, len);
}

static int
put_why(struct lane *lane, const struct sentiment_reason *reasons, size_t n, struct value *cell)
{
	struct buf *why = &lane->why;
	char *text;

	why->len = 0;
	for (size_t i = 0; i < n; i++)
		if (add_reason(why, &reasons[i]) == -1)
			return -1;
	text = arena_bytes(&lane->text, why->len + 1);
	if (text == NULL)
		return -1;
	if (why->len > 0)
		memcpy(text, why->data, why->len);
	*cell = value_text(text, why->len);
	return 0;
}

/* ---- records ---- */

static int
judge(const struct sentiment_config *c, struct lane *lane, const struct value *text,
    struct sentiment *judged, struct value *made)
{
	struct sentiment_reason reasons[REASONS];
	size_t n;

	if (!c->explain)
		return sentiment_judge(c->use, &lane->scratch, text->text, text->len, c->least,
		    judged);
	if (sentiment_explain(c->use, &lane->scratch, text->text, text->len, c->least, judged,
	    reasons, REASONS, &n) == -1)
		return -1;
	return put_why(lane, reasons, n, &made[lane->own[2]]);
}

/* What has no text passes on without a label. */
static int
add_label(const struct sentiment_config *c, struct lane *lane, const struct value *row,
    struct value *made)
{
	struct sentiment judged;
	struct value text;

	if (sentiment_text(c, &lane->extend.text, row, &text) == -1)
		return -1;
	if (text.kind == VALUE_NULL)
		return 0;
	if (judge(c, lane, &text, &judged, made) == -1)
		return -1;
	made[lane->own[0]] = value_text(sentiment_labels[judged.label],
	    strlen(sentiment_labels[judged.label]));
	return sentiment_cell(judged.score, &made[lane->own[1]], &lane->text);
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;

	if (to->out->n == 0)
		arena_reset(&lane->text);
	if (extend_start(&lane->extend, in, to) == -1)
		return err_memory(err, "judging texts");
	for (uint64_t i = 0; i < in->records; i++) {
		const struct value *row = in->cells + i * in->width;

		if (add_label(s->config, lane, row, extend_row(&lane->extend, row)) == -1)
			return err_memory(err, "judging texts");
	}
	return extend_end(&lane->extend, to) == -1 ? err_memory(err, "judging texts") : 0;
}

static int
tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	(void)private;
	(void)now;
	return last ? 0 : sentiment_refresh(s, err);
}

const struct stage_class stage_sentiment_each = {
	.name = "sentiment",
	.usage = "--each [OPTION]... [FIELD]",
	.help = "the label and score of each text",
	.spark = "map(text => (text, model.label(text), model.score(text)))",
	.flags = STAGE_ROWS,
	.config_size = sizeof(struct sentiment_config),
	.lane_size = sizeof(struct lane),
	.open = open_stage,
	.close = sentiment_close,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
	.tick = tick,
};
