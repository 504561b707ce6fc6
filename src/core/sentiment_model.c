/* Models: that of the executable, those read from files, and those with a user's words. */
#include "core/sentiment_model.h"

#include "base/mem.h"
#include "core/sentiment_data.h"

#include <string.h>

static const struct sentiment_model builtin = { .bytes = sentiment_data_model };

const struct sentiment_model *
sentiment_model_builtin(void)
{
	return &builtin;
}

/* A sum over the counts and all behind the head; it tells damage, it is no seal. */
static uint64_t
model_sum(const unsigned char *bytes, size_t len)
{
	uint64_t sum = sentiment_key((const char *)bytes + MODEL_COUNTS, MODEL_SUM - MODEL_COUNTS);

	for (size_t at = MODEL_HEAD; at < len; at += SENTIMENT_WORD_MAX)
		sum = sentiment_pair_key(sum, sentiment_key((const char *)bytes + at,
		    len - at < SENTIMENT_WORD_MAX ? len - at : SENTIMENT_WORD_MAX));
	return sum;
}

static void
put_number(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

void
model_close(unsigned char *bytes, size_t len, uint32_t words, uint32_t pairs)
{
	memset(bytes, 0, MODEL_HEAD);
	memcpy(bytes, MODEL_MAGIC, sizeof(MODEL_MAGIC) - 1);
	put_number(bytes + MODEL_COUNTS, words, 4);
	put_number(bytes + MODEL_COUNTS + 4, pairs, 4);
	put_number(bytes + MODEL_COUNTS + 8, SENTIMENT_OUTCOMES, 4);
	put_number(bytes + MODEL_SUM, model_sum(bytes, len), 8);
}

/* Whatever else is in the bytes, judging by them reads no others. */
static int
check(const unsigned char *bytes, size_t len, struct err *err)
{
	static const char magic[MODEL_COUNTS] = MODEL_MAGIC;
	uint32_t words, pairs;
	uint64_t sum;

	if (len < MODEL_HEAD || memcmp(bytes, magic, 20) != 0)
		return err_set(err, ERR_RUN, "is no model that the stage sentiment has written");
	words = model_u32(bytes + MODEL_COUNTS);
	pairs = model_u32(bytes + MODEL_COUNTS + 4);
	if (memcmp(bytes, magic, sizeof(magic)) != 0 ||
	    model_u32(bytes + MODEL_COUNTS + 8) != SENTIMENT_OUTCOMES)
		return err_set(err, ERR_RUN,
		    "is a model of another version of streamctl; learn it again (--train)");
	if (words == 0 || pairs == 0 || words > MODEL_BUCKETS_MAX || pairs > MODEL_BUCKETS_MAX ||
	    len != MODEL_HEAD + MODEL_OUTCOMES_BYTES + (size_t)64 * ((size_t)words + pairs))
		return err_set(err, ERR_RUN, "is damaged: it has %zu bytes, its head says "
		    "otherwise", len);
	sum = model_u32(bytes + MODEL_SUM) | (uint64_t)model_u32(bytes + MODEL_SUM + 4) << 32;
	if (sum != model_sum(bytes, len))
		return err_set(err, ERR_RUN, "is damaged: its bytes do not add up");
	return 0;
}

int
sentiment_model_read(struct sentiment_model **m, const char *bytes, size_t len, struct err *err)
{
	const void *copied = bytes;

	if (check(copied, len, err) == -1)
		return -1;
	*m = mem_zalloc(sizeof(**m));
	if (*m == NULL || ((*m)->owned = mem_alloc(len)) == NULL) {
		mem_free(*m);
		return err_memory(err, "reading a model");
	}
	memcpy((*m)->owned, bytes, len);
	(*m)->bytes = (*m)->owned;
	return 0;
}

int
sentiment_model_lexicon(struct sentiment_model **m, const struct sentiment_model *base,
    const char *text, size_t len, struct err *err)
{
	struct sentiment_text *split = mem_alloc(sizeof(*split));
	struct sentiment_model *made = mem_zalloc(sizeof(*made));
	int result = -1;

	if (split == NULL || made == NULL)
		err_memory(err, "reading a list of words");
	else
		result = sentiment_list_read(&made->own, split, text, len, err);
	mem_free(split);
	if (result == -1) {
		mem_free(made);
		return -1;
	}
	made->bytes = base->bytes;
	*m = made;
	return 0;
}

void
sentiment_model_free(const struct sentiment_model *model)
{
	struct sentiment_model *m = (struct sentiment_model *)(uintptr_t)model;

	if (m == NULL || m == &builtin)
		return;
	mem_free(m->owned);
	sentiment_list_free(&m->own);
	mem_free(m);
}
