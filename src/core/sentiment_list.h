/*
 * Lists of words with their valence: that of the executable, to which the words belong that do
 * something to others, and those that a user brings.
 */
#ifndef CORE_SENTIMENT_LIST_H
#define CORE_SENTIMENT_LIST_H

#include "core/sentiment_table.h"
#include "core/sentiment_text.h"

struct sentiment_list {			/* zeroed: empty */
	struct sentiment_word_bucket	*bucket;
	uint32_t			 n;		/* buckets */
	size_t				 words;
	struct buf			 keys;		/* uint64_t each, of all words */
};

/*
 * Reads lines `word<TAB>valence`; empty lines and those that begin with # are skipped, of a word
 * that comes again the last counts.  SPLIT is for the work.  0, or -1 with an error that names the
 * line; or memory.
 */
int sentiment_list_read(struct sentiment_list *, struct sentiment_text *split, const char *text,
    size_t len, struct err *);

/* The list of the executable, with negators, boosters and emoticons; 0, or -1 (memory). */
int sentiment_list_builtin(struct sentiment_list *, struct sentiment_text *split, struct err *);

void sentiment_list_free(struct sentiment_list *);

static inline struct sentiment_words
sentiment_list_words(const struct sentiment_list *l)
{
	return (struct sentiment_words){ l->bucket, l->n };
}

#endif
