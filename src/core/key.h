/*
 * Columns of keys as bytes: one behind the other they make a key that is equal to another only if
 * all columns are, and that orders byte by byte as they do: null, numbers by value, false, true,
 * text by bytes.  No byte is NUL, so that short keys lie in the map's entries (base/map_key.h).
 */
#ifndef CORE_KEY_H
#define CORE_KEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/value.h"

/* Appends a column; LAST: no further one follows.  0, or -1 when memory is short. */
int key_put(struct buf *, const struct value *, bool last);

/*
 * Takes a column off *AT, before END; text borrows from the key, or from ARENA.  0, or -1 when
 * memory is short.
 */
int key_get(const char **at, const char *end, struct value *, struct arena *);

/* True if the bytes are COLUMNS columns and no more, as key_get takes for granted. */
bool key_is_whole(const char *bytes, size_t len, unsigned columns);

#endif
