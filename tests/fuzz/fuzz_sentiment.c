/*
 * Sentiment: no text, no list of words and no model makes judging go wrong.  What comes out must
 * fit together: label, score and threshold; reasons that are pieces of the text, strongest first;
 * tokens in order and inside; both ways to split letters.
 *
 * Input: KIND, THRESHOLD, then
 *   KIND 0: a text, judged by the model of the executable
 *   KIND 1: a list of words, up to a NUL, then a text
 *   KIND 2: a model's two buckets and the first weights of its outcomes, then a text
 *   KIND 3: a file that is no model
 */
#include "fuzz.h"

#include "base/mem.h"
#include "core/sentiment_model.h"

#include <string.h>

#define REASONS 8
#define MODEL_SIZE (MODEL_HEAD + MODEL_OUTCOMES_BYTES + 128)

/* ---- letters ---- */

struct split {
	char	 lower[SENTIMENT_TEXT_MAX + 2 * LETTERS_PAD];
	uint64_t others[SENTIMENT_TEXT_MAX / 64 + 2], odd[SENTIMENT_TEXT_MAX / 64 + 2];
};

static void
check_letters(const char *text, size_t len)
{
	static struct split x, y;
	struct letters one = { x.lower, x.others, x.odd }, other = { y.lower, y.others, y.odd };
	size_t masks = (len + 63) / 64 + 1;

	FUZZ_CHECK(letters_split(&one, text, len) == letters_split_portable(&other, text, len));
	FUZZ_CHECK(memcmp(x.lower, y.lower, len + LETTERS_PAD) == 0);
	FUZZ_CHECK(memcmp(x.others, y.others, masks * sizeof(*x.others)) == 0);
	FUZZ_CHECK(memcmp(x.odd, y.odd, masks * sizeof(*x.odd)) == 0);
}

/* ---- tokens ---- */

static void
check_tokens(const char *text, size_t len)
{
	struct sentiment_text *t = mem_alloc(sizeof(*t));
	size_t at = 0;

	FUZZ_CHECK(t != NULL);
	sentiment_text_split(t, scan_best(), text, len);
	FUZZ_CHECK(t->n <= SENTIMENT_TOKENS_MAX && t->len <= len);
	for (size_t i = 0; i < t->n; i++) {
		FUZZ_CHECK(t->token[i].at >= at && t->token[i].len > 0);
		at = t->token[i].at + t->token[i].len;
		FUZZ_CHECK(at <= t->len);
	}
	mem_free(t);
}

/* ---- judging ---- */

static void
check_answer(const struct sentiment *s, int threshold)
{
	FUZZ_CHECK(s->score >= -SENTIMENT_ONE && s->score <= SENTIMENT_ONE);
	if (threshold == SENTIMENT_LIKELIEST)
		FUZZ_CHECK(s->label == SENTIMENT_NEUTRAL ||
		    (s->label == SENTIMENT_POSITIVE ? s->score >= 0 : s->score <= 0));
	else
		FUZZ_CHECK(s->label ==
		    (s->score != 0 && s->score >= threshold ? SENTIMENT_POSITIVE :
		    s->score != 0 && s->score <= -threshold ? SENTIMENT_NEGATIVE :
		    SENTIMENT_NEUTRAL));
}

static void
check_reasons(const struct sentiment_reason *r, size_t n, const char *text, size_t len)
{
	FUZZ_CHECK(n <= REASONS);
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(r[i].text >= text && r[i].text + r[i].len <= text + len);
		FUZZ_CHECK(r[i].weight != 0 && r[i].len > 0);
		FUZZ_CHECK(i == 0 || abs(r[i].weight) <= abs(r[i - 1].weight));
	}
}

static void
judge(const struct sentiment_model *m, const char *text, size_t len, int threshold)
{
	struct sentiment_scratch scratch = { NULL };
	struct sentiment_reason reasons[REASONS];
	struct sentiment one, other;
	size_t n;

	FUZZ_CHECK(sentiment_judge(m, &scratch, text, len, threshold, &one) == 0);
	FUZZ_CHECK(sentiment_explain(m, &scratch, text, len, threshold, &other, reasons, REASONS,
	    &n) == 0);
	FUZZ_CHECK(one.label == other.label && one.score == other.score);
	check_answer(&one, threshold);
	check_reasons(reasons, n, text, len);
	sentiment_scratch_free(&scratch);
}

static void
judge_with_list(const char *data, size_t size, int threshold)
{
	const char *end = size == 0 ? NULL : memchr(data, '\0', size);
	size_t len = end == NULL ? size : (size_t)(end - data);
	struct sentiment_model *m;
	struct err err;

	if (sentiment_model_lexicon(&m, sentiment_model_builtin(), data, len, &err) == -1) {
		FUZZ_CHECK(strncmp(err.message, "line ", 5) == 0);
		return;
	}
	if (end != NULL)
		judge(m, end + 1, size - len - 1, threshold);
	sentiment_model_free(m);
}

/* Any weights, valences and tags there may be. */
static void
judge_by_bytes(const char *data, size_t size, int threshold)
{
	static unsigned char bytes[MODEL_SIZE];
	size_t used = size < 256 ? size : 256;
	struct sentiment_model *m;
	struct err err;

	memset(bytes, 0, sizeof(bytes));
	if (used > 0)
		memcpy(bytes + MODEL_SIZE - 128, data, used < 128 ? used : 128);
	if (used > 128)
		memcpy(bytes + MODEL_HEAD, data + 128, used - 128);
	model_close(bytes, sizeof(bytes), 1, 1);
	FUZZ_CHECK(sentiment_model_read(&m, (char *)bytes, sizeof(bytes), &err) == 0);
	judge(m, data + used, size - used, threshold);
	sentiment_model_free(m);
}

static void
read_model(const char *data, size_t size)
{
	struct sentiment_model *m;
	struct err err;

	if (sentiment_model_read(&m, data, size, &err) == 0)
		sentiment_model_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned kind = fuzz_byte(&in), byte = fuzz_byte(&in);
	int threshold = byte == 0 ? SENTIMENT_LIKELIEST : (int)(byte - 1) * SENTIMENT_ONE / 254;
	const char *text = (const char *)in.data;

	if (kind % 4 == 0) {
		if (in.size <= SENTIMENT_TEXT_MAX)
			check_letters(text, in.size);
		check_tokens(text, in.size);
		judge(sentiment_model_builtin(), text, in.size, threshold);
	} else if (kind % 4 == 1)
		judge_with_list(text, in.size, threshold);
	else if (kind % 4 == 2)
		judge_by_bytes(text, in.size, threshold);
	else
		read_model(text, in.size);
	return 0;
}
