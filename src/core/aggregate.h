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
#include "base/map.h"
#include "base/wire.h"

#include <stddef.h>

#define AGGREGATE_AHEAD 32	/* keys whose memory is asked for before they are merged */

struct aggregate {
	const char	*name;
	size_t		 words;		/* 64-bit words in a value */
	const void	*config;	/* of the stage, for the functions below */

	/* Adds FROM, which stays as it is, to INTO.  0, or -1 when memory is short. */
	int		(*merge)(const struct aggregate *, uint64_t *into, const uint64_t *from);

	/*
	 * For values that own memory, a word being a pointer to it; NULL for all others.  A value
	 * is moved by copying its words.  drop leaves zeros; bytes is what it holds beyond its
	 * words.
	 */
	void		(*drop)(const struct aggregate *, uint64_t *value);
	size_t		(*bytes)(const struct aggregate *, const uint64_t *value);

	/*
	 * Makes a value take less that can say about the same with less; NULL: none can.  One that
	 * is a count by key needs none: its keys are few enough when rare ones go.
	 */
	void		(*shrink)(const struct aggregate *, uint64_t *value);

	/*
	 * Writes a value down, and merges what was written into one; NULL: its words, as whole
	 * numbers.  0, or -1 when memory is short; damage is seen in the wire.
	 */
	int		(*save)(const struct aggregate *, const uint64_t *value, struct buf *);
	int		(*load)(const struct aggregate *, uint64_t *value, struct wire *);
};

/* One word: how many records.  merge adds. */
extern const struct aggregate aggregate_count;

/* Merges every value of FROM into INTO (maps of one seed); 0, or -1 when memory is short. */
int aggregate_merge(const struct aggregate *, struct map *into, const struct map *from);

/* Makes a value zeros. */
void aggregate_zero(const struct aggregate *, uint64_t *value);

/* map_clear and map_free for a map whose values may own memory; what the values hold. */
void aggregate_clear(const struct aggregate *, struct map *);
void aggregate_free(const struct aggregate *, struct map *);
size_t aggregate_bytes(const struct aggregate *, const struct map *);

/*
 * Appends a key with its value, which lies in a map, to OUT: length and bytes, then the value.  0,
 * or -1 when memory is short.
 */
int aggregate_save(const struct aggregate *, const uint64_t *value, struct buf *out);

/*
 * Reads a key and its value, which takes the place of MAP's, and is put in *VALUE.  0, or -1 when
 * memory is short; damage is seen in the wire, and then *VALUE may be NULL.
 */
int aggregate_load(const struct aggregate *, struct map *map, struct wire *, uint64_t **value);

/*
 * Asks for the memory of the next AGGREGATE_AHEAD values that will be read, if it can be told where
 * each ends: they have MORE words behind them that are the caller's.  0 or -1 (memory).
 */
int aggregate_ahead(const struct aggregate *, struct map *, struct wire, size_t more);

#endif
