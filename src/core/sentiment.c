/* A first, simple judge: a few words, so that what is around it can be built. */
#include "core/sentiment.h"

#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

const char *const sentiment_labels[SENTIMENT_LABELS] = { "negative", "neutral", "positive" };

int
sentiment_label_find(const char *name, size_t len)
{
	for (int i = 0; i < SENTIMENT_LABELS; i++)
		if (strlen(sentiment_labels[i]) == len && memcmp(name, sentiment_labels[i], len) == 0)
			return i;
	return -1;
}

struct sentiment_model {
	int	unused;
};

struct sentiment_trainer {
	size_t	counts[SENTIMENT_LABELS];
};

static const struct sentiment_model builtin = { 0 };
static const char good[] = " good great love loved best nice happy excellent thanks :) ";
static const char bad[] = " bad terrible hate worst awful sad angry poor broken :( ";

const struct sentiment_model *
sentiment_model_builtin(void)
{
	return &builtin;
}

int
sentiment_model_read(struct sentiment_model **m, const char *bytes, size_t len, struct err *err)
{
	if (len < 10 || memcmp(bytes, "sentiment\n", 10) != 0)
		return err_set(err, ERR_RUN, "is no model of the stage sentiment");
	*m = mem_zalloc(sizeof(**m));
	return *m == NULL ? err_memory(err, "reading the model") : 0;
}

int
sentiment_model_lexicon(struct sentiment_model **m, const struct sentiment_model *base,
    const char *text, size_t len, struct err *err)
{
	(void)base;
	if (len > 0 && memchr(text, '\t', len) == NULL)
		return err_set(err, ERR_RUN, "line 1: no tab between word and valence");
	*m = mem_zalloc(sizeof(**m));
	return *m == NULL ? err_memory(err, "reading the words") : 0;
}

void
sentiment_model_free(const struct sentiment_model *m)
{
	if (m != &builtin)
		mem_free((void *)(uintptr_t)m);
}

void
sentiment_scratch_free(struct sentiment_scratch *s)
{
	mem_free(s->own);
	s->own = NULL;
}

static int
valence(const char *word, size_t len)
{
	char padded[34];

	if (len == 0 || len > 30)
		return 0;
	padded[0] = ' ';
	for (size_t i = 0; i < len; i++)
		padded[i + 1] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] | 32) : word[i];
	padded[len + 1] = ' ';
	padded[len + 2] = '\0';
	return (strstr(good, padded) != NULL) - (strstr(bad, padded) != NULL);
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 128 ||
	    strchr(":()'", c) != NULL;
}

int
sentiment_explain(const struct sentiment_model *m, struct sentiment_scratch *s, const char *text,
    size_t len, int threshold, struct sentiment *out, struct sentiment_reason *reason, size_t cap,
    size_t *n)
{
	int sum = 0, most = threshold == SENTIMENT_LIKELIEST ? 1 : threshold;

	(void)m;
	(void)s;
	*n = 0;
	for (size_t i = 0, end; i < len; i = end + 1) {
		int v;

		for (end = i; end < len && text[end] != '\0' && is_word(text[end]); end++)
			;
		v = valence(text + i, end - i);
		sum += v;
		if (v != 0 && *n < cap)
			reason[(*n)++] = (struct sentiment_reason){ text + i, end - i, 10000 * v };
	}
	out->score = 10000 * sum / (1 + (sum < 0 ? -sum : sum));
	out->label = sum == 0 ? SENTIMENT_NEUTRAL : out->score >= most ? SENTIMENT_POSITIVE :
	    out->score <= -most ? SENTIMENT_NEGATIVE : SENTIMENT_NEUTRAL;
	return 0;
}

int
sentiment_judge(const struct sentiment_model *m, struct sentiment_scratch *s, const char *text,
    size_t len, int threshold, struct sentiment *out)
{
	size_t n;

	return sentiment_explain(m, s, text, len, threshold, out, NULL, 0, &n);
}

struct sentiment_trainer *
sentiment_trainer_new(void)
{
	return mem_zalloc(sizeof(struct sentiment_trainer));
}

void
sentiment_trainer_free(struct sentiment_trainer *t)
{
	mem_free(t);
}

int
sentiment_trainer_add(struct sentiment_trainer *t, enum sentiment_label label, unsigned set,
    const char *text, size_t len)
{
	(void)set;
	(void)text;
	(void)len;
	t->counts[label]++;
	return 0;
}

int
sentiment_trainer_merge(struct sentiment_trainer *into, struct sentiment_trainer *from)
{
	for (int i = 0; i < SENTIMENT_LABELS; i++) {
		into->counts[i] += from->counts[i];
		from->counts[i] = 0;
	}
	return 0;
}

int
sentiment_trainer_run(struct sentiment_trainer *t, struct sentiment_report *report,
    struct err *err)
{
	*report = (struct sentiment_report){ 0 };
	for (int i = 0; i < SENTIMENT_LABELS; i++)
		report->examples += t->counts[i];
	if (report->examples == 0)
		return err_set(err, ERR_RUN, "there are no examples to learn from");
	return 0;
}

int
sentiment_trainer_write(const struct sentiment_trainer *t, struct buf *out)
{
	(void)t;
	return buf_add(out, "sentiment\n", 10);
}
