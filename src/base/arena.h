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

/*
 * Squeezes an arena in which only some of what was handed out is still wanted: each such piece of
 * bytes in turn, in the order in which they were handed out, moves towards the front; it returns
 * where it is from now on.  At the end what is free is given back.  Nothing else is done with the
 * arena meanwhile.  Cannot fail.
 */
struct arena_squeeze {
	struct arena		*arena;
	struct arena_piece	*at;		/* bytes move here; the oldest piece is first */
	size_t			 used;
};

void arena_squeeze_begin(struct arena_squeeze *, struct arena *);
char *arena_squeeze_keep(struct arena_squeeze *, const char *bytes, size_t len);
void arena_squeeze_end(struct arena_squeeze *);

/* Gives all memory back; the arena is empty and can be used again. */
void arena_free(struct arena *a);

#endif
