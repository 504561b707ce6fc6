/* Making a model of what was learnt: weights become small integers, features places in tables. */
#ifndef CORE_SENTIMENT_PACK_H
#define CORE_SENTIMENT_PACK_H

#include "core/sentiment_learn.h"
#include "core/sentiment_list.h"

/*
 * Appends the bytes of a model of what was learnt, with the words of LIST; PACKED tells how many
 * features are in it.  What does not fit into 1 MB is left out, the weakest first.  0, or -1
 * (memory).
 */
int sentiment_pack(struct buf *, const struct sentiment_learnt *, const struct sentiment_list *,
    size_t *packed);

#endif
