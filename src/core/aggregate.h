/*
 * An aggregate is a value that can be merged and written down.  That one contract serves sliding
 * windows (panes merge), worker threads (partials merge) and checkpoints (values are saved).
 *
 * A value is an array of 64-bit words; the first one counts the records behind it.  All zeros is
 * the identity of merge and means "no such key".  merge is associative and commutative.
 * A partial answer is a struct map from keys to such values.
 */
#ifndef CORE_AGGREGATE_H
#define CORE_AGGREGATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

struct aggregate {
	const char	*name;
	size_t		 words;		/* 64-bit words in a value */
	void		(*merge)(uint64_t *into, const uint64_t *from);
};

/* One word: how many records.  merge adds. */
extern const struct aggregate aggregate_count;

/* Merges every value of FROM into INTO (maps of one seed); 0, or -1 when memory is short. */
int aggregate_merge(const struct aggregate *, struct map *into, const struct map *from);

/*
 * Appends all of MAP to OUT: the number of keys, then for each its length, bytes and words, all
 * numbers as 8 bytes little-endian.  0, or -1 when memory is short.
 */
int aggregate_save(const struct aggregate *, const struct map *map, struct buf *out);

/* Merges what aggregate_save wrote into MAP; -1 if memory is short or the bytes are damaged. */
int aggregate_load(const struct aggregate *, struct map *map, const char *bytes, size_t len,
    struct err *);

#endif
