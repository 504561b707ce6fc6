/*
 * State by key that comes and goes: a value of one fixed size for each key, and a time at which it
 * is due.  What is dropped is really freed, and no step is long: the index is a linear hash table
 * (Litwin 1980), which grows and shrinks by one bucket at a time, and the last entry moves into
 * the place of one that is dropped.
 *
 * Dues lie in a binary heap.  Putting a due off, which happens at each record of a live key, costs
 * nothing: it is looked at when the old one has come.
 */
#ifndef CORE_KEYED_H
#define CORE_KEYED_H

#include "base/map_key.h"

#define KEYED_CHUNK_BITS 10		/* entries are allocated 2^10 at a time ... */
#define KEYED_CHUNK_BITS_LARGE 14	/* ... where there may be millions, 2^14 */
#define KEYED_AHEAD 32			/* keys whose memory is asked for together, at most */

struct keyed_entry {			/* its value lies behind it */
	struct map_key	key;
	uint64_t	hash;
	int64_t		due;
	int64_t		queued;		/* its due in the heap: at most DUE */
	uint32_t	place;		/* there, from 1; 0: it is not */
	uint32_t	next;		/* entry of the same bucket, from 1; 0: none */
};

struct keyed {
	uint64_t	 seed[2];
	size_t		 stride;	/* bytes of an entry with its value */
	char		**chunks;
	uint32_t	 nchunks, chunk_cap;
	unsigned	 chunk_bits;	/* entries are allocated 2^chunk_bits at a time */
	uint32_t	 count;		/* entries, numbered from 1 */
	uint32_t	*bucket;	/* their first entries */
	uint32_t	 buckets, bucket_cap;
	uint32_t	 level;		/* a power of 2: level <= buckets < 2 * level */
	uint32_t	*heap;		/* heap[0] is due first */
	uint32_t	 heaped, heap_cap;
	size_t		 bytes;		/* held from the allocator */
	struct keyed_track *track;	/* what is to be put down, see core/keyed_save.h; or NULL */
};

/* An empty one, of values of SIZE bytes, aligned as malloc does; SEED as for a map. */
void keyed_init(struct keyed *, size_t size, const uint64_t seed[2]);
void keyed_free(struct keyed *);

/* The same for one that may hold millions: entries lie in pages as large as the system has. */
void keyed_init_large(struct keyed *, size_t size, const uint64_t seed[2]);

/*
 * The value of KEY, which is copied; one that is added is zeros, and then *FRESH is set.  Valid
 * until an entry is dropped.  NULL: no memory.
 */
static inline void *keyed_put(struct keyed *, struct map_key key, bool *fresh);

/* The same for a hash that is known; the value of such a key, or NULL; and what the hash is. */
void *keyed_put_hash(struct keyed *, struct map_key key, uint64_t hash, bool *fresh);
void *keyed_find_hash(const struct keyed *, struct map_key key, uint64_t hash);

static inline uint64_t
keyed_hash(const struct keyed *k, struct map_key key)
{
	return map_key_hash(key, k->seed);
}

static inline void *
keyed_put(struct keyed *k, struct map_key key, bool *fresh)
{
	return keyed_put_hash(k, key, keyed_hash(k, key), fresh);
}

/* The value of KEY, or NULL if there is none. */
void *keyed_find(const struct keyed *, struct map_key key);

/*
 * Asks for the memory of the entries of N keys, which will be wanted soon, in a few rounds: so
 * their cache misses happen together.  Changes nothing.
 */
void keyed_ahead(const struct keyed *, const struct map_key *key, size_t n);

/* Says when a value is due, for the first time or anew; 0, or -1 when memory is short. */
int keyed_due(struct keyed *, void *value, int64_t due);

/* A value that is due at NOW, which will not be given again before it has a new due; or NULL. */
void *keyed_next_due(struct keyed *, int64_t now);

/* Takes away a value that has no due, or has been given by keyed_next_due. */
void keyed_drop(struct keyed *, void *value);

/* The same of any value. */
void keyed_remove(struct keyed *, void *value);

/* Orders entries by the bytes of their keys, a prefix first: for sort_pointers. */
int keyed_compare(const void *x, const void *y, const void *unused);

/* The value of entry ID, 1 to count; dropping one moves the last into its place. */
static inline struct keyed_entry *
keyed_at(const struct keyed *k, uint32_t id)
{
	char *chunk = k->chunks[(id - 1) >> k->chunk_bits];

	return (struct keyed_entry *)(void *)
	    (chunk + (size_t)((id - 1) & ((1U << k->chunk_bits) - 1)) * k->stride);
}

static inline struct keyed_entry *
keyed_entry(void *value)
{
	return (struct keyed_entry *)value - 1;
}

#endif
