/*
 * The most frequent keys of a stream in bounded memory, as two words of an aggregate's value: the
 * number of keys added, and a pointer.  With C counters over N keys
 *
 *   a count is never too low, and too high by no more than its error, which is at most N / C;
 *   each key that came more than N / C times has a counter.
 *
 * As long as no more than C different keys came all counts are exact.  After that the answer
 * depends on the order of the keys, within those bounds; the same order gives the same answer.
 */
#ifndef CORE_HEAVY_H
#define CORE_HEAVY_H

#include "base/buf.h"
#include "base/map_key.h"
#include "base/wire.h"

#include <stddef.h>
#include <stdint.h>

enum heavy_word { HEAVY_TOTAL, HEAVY_MEMORY, HEAVY_WORDS };

/* The same for all values that are merged. */
struct heavy_config {
	uint32_t	capacity;	/* counters, 1 to 2^30 */
	uint64_t	seed[2];	/* of hashes, random */
};

struct heavy_item {
	struct map_key	key;
	uint64_t	count;
	uint64_t	error;		/* it came count - error times at least */
};

/* Adds a key, which is copied if it is long; 0, or -1 when memory is short. */
int heavy_add(uint64_t *w, const struct heavy_config *c, struct map_key key);

/* These are as in struct aggregate; load tells damage in IN. */
int heavy_merge(uint64_t *into, const uint64_t *from, const struct heavy_config *c);
void heavy_free(uint64_t *w);
size_t heavy_bytes(const uint64_t *w);
int heavy_save(const uint64_t *w, struct buf *out);
int heavy_load(uint64_t *w, struct wire *in, const struct heavy_config *c);

/* How many keys have a counter. */
size_t heavy_count(const uint64_t *w);

/*
 * Puts them in ITEMS, room for heavy_count of them: by count down, then by the bytes of the key;
 * the keys borrow from W.  0, or -1 when memory is short.
 */
int heavy_list(const uint64_t *w, struct heavy_item *items);

#endif
