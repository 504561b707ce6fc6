/*
 * A bump allocator, see arena.h.  Pieces double from 4 KiB to 1 MiB; a request that would fill
 * most of a piece gets one of its own size.
 */
#include "base/arena.h"

#include "base/mem.h"

#include <stdint.h>

#define PIECE_MIN ((size_t)4 << 10)
#define PIECE_MAX ((size_t)1 << 20)

struct arena_piece {
	struct arena_piece	*older;
	size_t			 size;
	char			 bytes[];
};

static int
arena_grow(struct arena *a, size_t need)
{
	size_t size = a->piece == NULL ? PIECE_MIN : a->piece->size * 2;
	struct arena_piece *piece;

	if (size > PIECE_MAX)
		size = PIECE_MAX;
	if (size < need)
		size = need;
	if (size > SIZE_MAX / 2)
		return -1;
	piece = mem_alloc(sizeof(*piece) + size);
	if (piece == NULL)
		return -1;
	piece->older = a->piece;
	piece->size = size;
	a->piece = piece;
	a->used = 0;
	a->total += size;
	return 0;
}

void *
arena_bytes(struct arena *a, size_t size)
{
	char *bytes;

	if ((a->piece == NULL || size > a->piece->size - a->used) && arena_grow(a, size) == -1)
		return NULL;
	bytes = a->piece->bytes + a->used;
	a->used += size;
	return bytes;
}

static void
free_from(struct arena *a, struct arena_piece *piece)
{
	while (piece != NULL) {
		struct arena_piece *older = piece->older;

		a->total -= piece->size;
		mem_free(piece);
		piece = older;
	}
}

void
arena_reset(struct arena *a)
{
	if (a->piece == NULL)
		return;
	free_from(a, a->piece->older);
	a->piece->older = NULL;
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	free_from(a, a->piece);
	*a = (struct arena){ 0 };
}
