/* The features of examples: each key that occurs often enough gets a number. */
#ifndef CORE_SENTIMENT_INDEX_H
#define CORE_SENTIMENT_INDEX_H

#include "core/sentiment_learn.h"

/*
 * Lists the features of those examples whose USED is true in LEARNT, in the order in which they
 * occur, and in IDS, one for each key of all examples, their numbers, or LEARN_NONE; to be freed
 * with mem_free.  0, or -1 (memory).
 */
int sentiment_index(struct sentiment_learnt *, const struct sentiment_examples *, const bool *used,
    uint32_t **ids);

#endif
