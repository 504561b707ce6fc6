/* Making tables of weights, see sentiment_table.h: whoever comes first has the slot. */
#include "core/sentiment_table.h"

#include <string.h>

_Static_assert(sizeof(struct sentiment_word_bucket) == 64, "a bucket is a line of the cache");
_Static_assert(sizeof(struct sentiment_pair_bucket) == 64, "a bucket is a line of the cache");

/* Puts the tag into the first free of N slots; which one, or -1. */
static int
take_slot(uint8_t *low, uint8_t *high, unsigned n, unsigned tag)
{
	for (unsigned i = 0; i < n; i++) {
		if (low[i] == 0 && high[i] == 0) {
			low[i] = (uint8_t)tag;
			high[i] = (uint8_t)(tag >> 8);
			return (int)i;
		}
		if (low[i] == (tag & 0xff) && high[i] == tag >> 8)
			return -1;
	}
	return -1;
}

bool
sentiment_word_add(struct sentiment_word_bucket *bucket, uint32_t n, uint64_t key, int valence,
    const int8_t *weight)
{
	struct sentiment_word_bucket *b = &bucket[sentiment_bucket(key, n)];
	int slot = take_slot(b->low, b->high, SENTIMENT_WORD_SLOTS, sentiment_tag(key));

	if (slot == -1)
		return false;
	b->valence[slot] = (int8_t)valence;
	memcpy(b->weight[slot], weight, SENTIMENT_LABELS);
	return true;
}

bool
sentiment_pair_add(struct sentiment_pair_bucket *bucket, uint32_t n, uint64_t key,
    const int8_t *weight)
{
	struct sentiment_pair_bucket *b = &bucket[sentiment_bucket(key, n)];
	int slot = take_slot(b->low, b->high, SENTIMENT_PAIR_SLOTS, sentiment_tag(key));

	if (slot == -1)
		return false;
	memcpy(b->weight[slot], weight, SENTIMENT_LABELS);
	return true;
}
