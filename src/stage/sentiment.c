/* sentiment: its words, and which of four classes they mean; see sentiment.h. */
#include "stage/sentiment.h"

enum { BY, EACH, EXPLAIN, MODEL, LEXICON, THRESHOLD, TRAIN };

static const struct opt options[] = {
	{ "by", 'b', BY, "FIELD,...", "rows for each value of these, or of source" },
	{ "each", 'a', EACH, NULL, "pass every record on, with its label and score" },
	{ "explain-each", 0, EXPLAIN, NULL, "the same, with the words that decided" },
	{ "model", 'm', MODEL, "FILE", "judge by a model that --train has written" },
	{ "lexicon", 'x', LEXICON, "FILE", "words with a valence: WORD, tab, -4 to 4" },
	{ "threshold", 0, THRESHOLD, "T", "neutral below a score of T (the likeliest label)" },
	{ "train", 0, TRAIN, "FILE", "learn from LABEL, tab, text, and write a model" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct sentiment_config *c = s->config;
	struct { const char **value; int *word; } to[] = {
		[BY] = { &c->by, &c->by_word },
		[MODEL] = { &c->model, &c->model_word },
		[LEXICON] = { &c->lexicon, &c->lexicon_word },
		[THRESHOLD] = { &c->threshold, &c->threshold_word },
		[TRAIN] = { &c->train, &c->train_word },
	};

	(void)err;
	if (id == EACH || id == EXPLAIN) {
		c->each = true;
		c->explain |= id == EXPLAIN;
		c->each_word = word;
		return 0;
	}
	*to[id].value = value;
	*to[id].word = word;
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct sentiment_config *c = s->config;

	(void)err;
	c->field = text;
	c->field_word = word;
	return 0;
}

/* What learns does not judge. */
static int
check_train(const struct sentiment_config *c, struct err *err)
{
	static const char why[] = "sentiment: --train learns a model, it judges nothing: leave %s "
	    "out";

	if (c->by != NULL)
		return err_word(err, c->by_word, why, "--by");
	if (c->each)
		return err_word(err, c->each_word, why, c->explain ? "--explain-each" : "--each");
	if (c->model != NULL)
		return err_word(err, c->model_word, why, "--model");
	if (c->lexicon != NULL)
		return err_word(err, c->lexicon_word, why, "--lexicon");
	if (c->threshold != NULL)
		return err_word(err, c->threshold_word, why, "--threshold");
	return 0;
}

static const struct stage_class *
choose(struct stage *s, struct err *err)
{
	const struct sentiment_config *c = s->config;

	if (c->train != NULL && check_train(c, err) == -1)
		return NULL;
	if (c->each && c->by != NULL) {
		err_word(err, c->by_word, "sentiment: --each passes every record on, --by counts: "
		    "give one of them");
		return NULL;
	}
	if ((c->each || c->train != NULL) && s->given.initial != NULL) {
		err_word(err, s->given.initial_word, "sentiment: --initial is for counts that are "
		    "--running");
		return NULL;
	}
	if (c->train != NULL)
		return &stage_sentiment_train;
	if (c->each)
		return &stage_sentiment_each;
	return c->by != NULL ? &stage_sentiment_by : s->class;
}

const struct stage_class stage_sentiment = {
	.name = "sentiment",
	.usage = "[OPTION]... [FIELD]",
	.help = "whether texts are negative, neutral or positive",
	.detail =
	    "The text is FIELD, or the whole record.  English; a text of another language\n"
	    "has no evidence and is neutral, as is an empty one.  Any bytes may come: what\n"
	    "is no UTF-8 parts words.  Links and @mentions say nothing.  Of a long text the\n"
	    "first 16 KiB are judged.\n"
	    "Rows: the fields of --by, label, count, share, mean_score; of all, or of each\n"
	    "key in its order, always negative, neutral, positive.  share is that of the\n"
	    "label, 0 to 1, mean_score the mean of its scores, -1 to 1, with 4 decimals,\n"
	    "null where there is nothing to divide by.  Without --by each batch or window\n"
	    "has its rows, also if nothing came.  A record whose FIELD is missing or null\n"
	    "is bad.\n"
	    "--each: the record, label, score.  score is P(positive) - P(negative), -1 to\n"
	    "1, 4 decimals; with --explain-each then why: up to 8 pieces of the text and\n"
	    "their weights, the strongest first.  Where FIELD is null these are null, too.\n"
	    "--train: at the end of the input rows measure, value: examples, held_back,\n"
	    "accuracy, macro_f1 (of those held back), features.  Each source is a set of\n"
	    "its own.  The same examples give the same FILE, in any order.  A record\n"
	    "without LABEL and tab is bad.  An old FILE stays if anything fails.\n"
	    "Files are read again at the end of a batch or window if they have changed; if\n"
	    "one is wrong then, what was read before stands.  An error names its line.\n"
	    "State: seven numbers for each key of the window; --train: the examples.\n",
	.spark = SENTIMENT_SPARK,
	.flags = STAGE_AGGREGATES | STAGE_EACH_BATCH | STAGE_ROWS | STAGE_CHOOSES,
	.options = options,
	.max_args = 1,
	.option = option,
	.argument = argument,
	.choose = choose,
	SENTIMENT_COUNT_CLASS,
};
