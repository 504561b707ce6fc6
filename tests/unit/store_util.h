/*
 * A store of state in memory, for the tests of what is put down: chunks in the order in which they
 * came, which can be copied, counted, damaged, and read one by one.
 */
#ifndef UNIT_STORE_UTIL_H
#define UNIT_STORE_UTIL_H

#include "base/wire.h"
#include "core/save.h"
#include "util.h"

struct stored {
	struct store_part	 part;
	char			*bytes;		/* of their length: a sanitizer sees the end */
	size_t			 len;
};

struct memory_store {
	struct store	 store;
	struct stored	*chunk;
	size_t		 n, cap;
	size_t		 put;		/* bytes since the caller last set it to 0 ... */
	size_t		 fresh;		/* ... and since something was trimmed */
	bool		 fails;		/* what is asked of it is an error */
};

void store_start(struct memory_store *);
void store_copy(struct memory_store *, const struct memory_store *from);
void store_free(struct memory_store *);

/* Bytes of all chunks. */
size_t store_bytes(const struct memory_store *);

/* One to put a part with: OUT is to be empty. */
struct saving store_saving(const struct memory_store *, enum store_role, struct buf *out);

struct wire store_wire(const struct stored *);

/* All chunks in the order in which they are loaded: by their parts.  Malloced. */
const struct stored **store_sorted(const struct memory_store *);

/* Cuts a chunk short, changes bytes of it or makes them all random. */
void store_damage(struct stored *);

#endif
