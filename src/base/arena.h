/*
 * A bump allocator: bytes are handed out one behind the other from large pieces and freed all at
 * once.  Pointers stay valid until the reset.  A zeroed struct is an empty arena.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_piece;

struct arena {
	struct arena_piece	*piece;		/* the newest; older ones hang behind it */
	size_t			 used;		/* bytes handed out of the newest */
	size_t			 total;		/* bytes held from the allocator */
};

/* SIZE bytes with no alignment, or NULL when memory is short. */
void *arena_bytes(struct arena *a, size_t size);

/* Drops everything handed out but keeps one piece, so that a steady load allocates nothing. */
void arena_reset(struct arena *a);

/* Gives all memory back; the arena is empty and can be used again. */
void arena_free(struct arena *a);

#endif
