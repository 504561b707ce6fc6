/*
 * sentiment --train: learns a model from records LABEL, tab, text when the input has ended, and
 * writes it.  A run that is stopped learns from what it has read; there is no checkpoint.
 */
#include "stage/sentiment.h"

#include "core/plan.h"

#include <string.h>

#define SHOWN 20			/* bytes of a label that is none, in a reason */

enum { EXAMPLES, HELD, ACCURACY, MACRO_F1, FEATURES, MEASURES };

struct lane {
	struct sentiment_trainer *trainer;
	struct row_text		 text;
	struct sentiment_report	 report;
	bool			 last;		/* nothing more is to come */
	unsigned		 next;		/* measure to tell; MEASURES: none */
	struct arena		 cells;
};

static int
open_stage(struct stage *s, struct err *err)
{
	s->out = &s->made;
	s->by_source = true;
	if (s->plan->files == NULL)
		return err_word(err, s->word, "no file can be written here");
	if (sentiment_open_field(s, err) == -1 || schema_add(s->out, "measure", true, err) == -1)
		return -1;
	return schema_add(s->out, "value", true, err);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	lane->next = MEASURES;
	lane->trainer = sentiment_trainer_new();
	return lane->trainer == NULL ? err_memory(err, "starting") : 0;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	sentiment_trainer_free(lane->trainer);
	row_text_free(&lane->text);
	arena_free(&lane->cells);
}

/* ---- examples ---- */

/* The label that a text begins with, and what is behind its tab; or -1, and why it is bad. */
static int
take_label(const struct stage *s, struct lane *lane, const struct value *row, struct value *text,
    struct bad *bad)
{
	const char *tab = text->kind == VALUE_NULL ? NULL : memchr(text->text, '\t', text->len);
	size_t len = tab == NULL ? 0 : (size_t)(tab - text->text);
	int label = sentiment_label_find(text->text, len);

	if (tab == NULL) {
		row_text_bad(&lane->text, s, row, bad, "no LABEL and tab before the text");
		return -1;
	}
	if (label == -1) {
		row_text_bad(&lane->text, s, row, bad, "'%.*s' is not one of negative, neutral, "
		    "positive", (int)(len < SHOWN ? len : SHOWN), text->text);
		return -1;
	}
	*text = value_text(tab + 1, text->len - len - 1);
	return label;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;
	unsigned set = (unsigned)(in->source + 1);

	for (uint64_t i = 0; i < in->records; i++) {
		const struct value *row = in->cells + i * in->width;
		struct value text;
		int label;

		if (sentiment_text(s->config, &lane->text, row, &text) == -1)
			return err_memory(err, "keeping examples");
		label = take_label(s, lane, row, &text, to->bad);
		if (label != -1 && sentiment_trainer_add(lane->trainer,
		    (enum sentiment_label)label, set, text.text, text.len) == -1)
			return err_memory(err, "keeping examples");
	}
	return 0;
}

/* ---- learning ---- */

static int
tick(const struct stage *s, void *private, int64_t now, bool last, struct err *err)
{
	(void)s;
	(void)now;
	(void)err;
	((struct lane *)private)->last = last;
	return 0;
}

static int
write_model(const struct stage *s, const struct lane *lane, struct err *err)
{
	const struct sentiment_config *c = s->config;
	const struct files *files = s->plan->files;
	struct buf model = { 0 };
	int rc;

	rc = sentiment_trainer_write(lane->trainer, &model) == -1 ?
	    err_memory(err, "writing a model") :
	    files->save(files->arg, c->train, model.data, model.len, err);
	buf_free(&model);
	return rc;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;

	(void)answer;
	if (!lane->last || lane->next != MEASURES)
		return 0;
	if (sentiment_trainer_run(lane->trainer, &lane->report, err) == -1) {
		if (strncmp(err->message, "out of memory", 13) != 0)
			err_prefix(err, "sentiment --train");
		return -1;
	}
	lane->next = 0;
	return write_model(s, lane, err);
}

static int
put_measure(struct lane *lane, unsigned i, struct value *cells)
{
	static const char *const names[MEASURES] = {
		"examples", "held_back", "accuracy", "macro_f1", "features",
	};
	const struct sentiment_report *r = &lane->report;
	const size_t counts[MEASURES] = {
		[EXAMPLES] = r->examples, [HELD] = r->held, [FEATURES] = r->features,
	};

	cells[0] = value_text(names[i], strlen(names[i]));
	cells[1] = value_int((int64_t)counts[i]);
	if (i != ACCURACY && i != MACRO_F1)
		return 0;
	cells[1] = value_null();
	return r->held == 0 ? 0 : sentiment_cell(i == ACCURACY ? r->accuracy : r->macro_f1,
	    &cells[1], &lane->cells);
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct lane *lane = private;
	int n = 0;

	arena_reset(&lane->cells);
	for (; (size_t)n < out->cap && lane->next < MEASURES; n++, lane->next++)
		if (put_measure(lane, lane->next, out->cells + (size_t)n * s->out->width) == -1)
			return err_memory(err, "writing rows");
	return n;
}

const struct stage_class stage_sentiment_train = {
	.name = "sentiment",
	.usage = "--train FILE [OPTION]... [FIELD]",
	.help = "a model learnt from texts with labels",
	.spark = "new LogisticRegression().fit(trainingData)",
	.flags = STAGE_ROWS | STAGE_SERIAL | STAGE_EXPANDS | STAGE_UNSAVED,
	.config_size = sizeof(struct sentiment_config),
	.lane_size = sizeof(struct lane),
	.open = open_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
	.tick = tick,
	.fire = fire,
	.rows = rows,
};
