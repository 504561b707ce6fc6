/* Learning a model from examples, and telling how good it is: see sentiment.h. */
#include "core/sentiment_model.h"
#include "core/sentiment_pack.h"

#include "base/mem.h"

#define HELD 10				/* one example in so many is kept back for the report */
#define LABEL_MIN 10			/* fewer examples of a label teach nothing */

struct sentiment_trainer {
	struct sentiment_examples	 examples;
	struct sentiment_list		 list;
	struct sentiment_text		*text;
	struct sentiment_learnt		 learnt;
	struct buf			 model;		/* that was learnt */
};

struct sentiment_trainer *
sentiment_trainer_new(void)
{
	struct sentiment_trainer *t = mem_zalloc(sizeof(*t));
	struct err err;

	if (t == NULL)
		return NULL;
	t->text = mem_alloc(sizeof(*t->text));
	if (t->text == NULL || sentiment_list_builtin(&t->list, t->text, &err) == -1) {
		sentiment_trainer_free(t);
		return NULL;
	}
	return t;
}

void
sentiment_trainer_free(struct sentiment_trainer *t)
{
	if (t == NULL)
		return;
	sentiment_examples_free(&t->examples);
	sentiment_list_free(&t->list);
	sentiment_learnt_free(&t->learnt);
	buf_free(&t->model);
	mem_free(t->text);
	mem_free(t);
}

/* Of all bytes of a text, however long. */
static uint64_t
text_hash(const char *text, size_t len)
{
	uint64_t hash = len;

	for (size_t at = 0; at < len; at += SENTIMENT_WORD_MAX)
		hash = sentiment_pair_key(hash, sentiment_key(text + at, len - at));
	return hash ^ hash >> 33;
}

int
sentiment_trainer_add(struct sentiment_trainer *t, enum sentiment_label label, unsigned set,
    const char *text, size_t len)
{
	struct sentiment_lookup lookup = { .words = sentiment_list_words(&t->list) };
	struct sentiment_outcomes outcomes;

	sentiment_text_split(t->text, scan_best(), text, len);
	sentiment_rules(t->text, &lookup, &outcomes);
	return sentiment_examples_add(&t->examples, t->text, &outcomes, label, set,
	    text_hash(text, len));
}

int
sentiment_trainer_merge(struct sentiment_trainer *into, struct sentiment_trainer *from)
{
	if (sentiment_examples_append(&into->examples, &from->examples) == -1)
		return -1;
	sentiment_examples_free(&from->examples);
	return 0;
}

/* ---- the report ---- */

/* Judges an example as its text would be judged. */
static enum sentiment_label
judge(const struct sentiment_model *m, const struct sentiment_examples *e,
    const struct sentiment_example *x)
{
	const uint64_t *key = sentiment_example_keys(e, x);
	struct sentiment_lookup lookup = model_lookup(m);
	struct sentiment_pairs pairs = model_pairs(m);
	struct sentiment_sums sums = { .valences = x->listed };
	struct sentiment out;

	for (uint32_t i = 0; i < x->n; i++) {
		struct sentiment_place at = sentiment_word_find(&lookup.words, key[i]);
		uint32_t known = 0;
		const int8_t *weight = sentiment_pair_find(&pairs, key[i], &known);

		if (key[i] & EXAMPLE_WORD) {
			weight = sentiment_word_weight(&lookup.words, at);
			known = !sentiment_place_none(at);
		}
		sentiment_sums_add(&sums, weight);
		sums.known += key[i] & EXAMPLE_SINGLE ? known : 0;
	}
	sentiment_sums_outcomes(&sums, m, x->outcome, x->outcomes);
	sentiment_conclude(&sums, x->tokens, SENTIMENT_LIKELIEST, &out);
	return out.label;
}

/* 2 * RIGHT / (GIVEN + JUDGED) of a label; -1: there is none of it. */
static int
f1(const struct sentiment_report *r, int label)
{
	size_t given = 0, judged = 0;

	for (int i = 0; i < SENTIMENT_LABELS; i++) {
		given += r->counts[label][i];
		judged += r->counts[i][label];
	}
	if (given == 0)
		return -1;
	return (int)(2 * SENTIMENT_ONE * r->counts[label][label] / (given + judged));
}

static void
report_figures(struct sentiment_report *r)
{
	size_t right = 0;
	int labels = 0, sum = 0;

	for (int i = 0; i < SENTIMENT_LABELS; i++) {
		int one = f1(r, i);

		right += r->counts[i][i];
		sum += one == -1 ? 0 : one;
		labels += one != -1;
	}
	r->accuracy = r->held == 0 ? 0 : (int)(SENTIMENT_ONE * right / r->held);
	r->macro_f1 = labels == 0 ? 0 : sum / labels;
}

/* Learns from the examples that are used, and makes a model of it. */
static int
learn(struct sentiment_trainer *t, const bool *used, size_t *features)
{
	t->model.len = 0;
	if (sentiment_learn(&t->learnt, &t->examples, used) == -1)
		return -1;
	return sentiment_pack(&t->model, &t->learnt, &t->list, features);
}

/* Learns with some examples kept back, and judges these. */
static int
hold_back(struct sentiment_trainer *t, bool *used, struct sentiment_report *r)
{
	const struct sentiment_examples *e = &t->examples;
	struct sentiment_model model = { .bytes = NULL };

	for (size_t i = 0; i < e->n; i++)
		used[i] = e->at[i].hash % HELD != 0;
	if (learn(t, used, &r->features) == -1)
		return -1;
	model.bytes = (const unsigned char *)t->model.data;
	for (size_t i = 0; i < e->n; i++)
		if (!used[i]) {
			r->counts[e->at[i].label][judge(&model, e, &e->at[i])]++;
			r->held++;
		}
	report_figures(r);
	return 0;
}

/* All examples but those kept back must be of two labels at least. */
static int
check(const struct sentiment_examples *e, struct err *err)
{
	size_t count[SENTIMENT_LABELS] = { 0 };
	int labels = 0;

	for (size_t i = 0; i < e->n; i++)
		count[e->at[i].label]++;
	for (int i = 0; i < SENTIMENT_LABELS; i++)
		labels += count[i] >= LABEL_MIN;
	if (labels < 2)
		return err_set(err, ERR_RUN, "too few examples to learn from: %zu negative, "
		    "%zu neutral, %zu positive; two labels need %d each", count[SENTIMENT_NEGATIVE],
		    count[SENTIMENT_NEUTRAL], count[SENTIMENT_POSITIVE], LABEL_MIN);
	return 0;
}

int
sentiment_trainer_run(struct sentiment_trainer *t, struct sentiment_report *r, struct err *err)
{
	bool *used;
	int result;

	*r = (struct sentiment_report){ 0 };
	if (sentiment_examples_sort(&t->examples) == -1)
		return err_memory(err, "learning");
	if (check(&t->examples, err) == -1)
		return -1;
	r->examples = t->examples.n;
	used = mem_alloc(t->examples.n * sizeof(*used));
	result = used == NULL ? -1 : hold_back(t, used, r);
	if (result == 0) {
		for (size_t i = 0; i < t->examples.n; i++)
			used[i] = true;
		result = learn(t, used, &r->features);
	}
	mem_free(used);
	return result == -1 ? err_memory(err, "learning") : 0;
}

int
sentiment_trainer_write(const struct sentiment_trainer *t, struct buf *out)
{
	return buf_add(out, t->model.data, t->model.len);
}
