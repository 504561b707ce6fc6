/*
 * A bump allocator, see arena.h.  Pieces double from 4 KiB to 1 MiB; a request that would fill
 * most of a piece gets one of its own size.
 */
#include "base/arena.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

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

/* ---- squeezing ---- */

static struct arena_piece *
reverse(struct arena_piece *piece)
{
	struct arena_piece *reversed = NULL;

	while (piece != NULL) {
		struct arena_piece *next = piece->older;

		piece->older = reversed;
		reversed = piece;
		piece = next;
	}
	return reversed;
}

void
arena_squeeze_begin(struct arena_squeeze *s, struct arena *a)
{
	a->piece = reverse(a->piece);
	*s = (struct arena_squeeze){ .arena = a, .at = a->piece };
}

/*
 * Bytes never move towards the back: at the latest they fit where they are, for all that came
 * before them lies before them.
 */
char *
arena_squeeze_keep(struct arena_squeeze *s, const char *bytes, size_t len)
{
	char *to;

	while (len > s->at->size - s->used) {
		s->at = s->at->older;		/* the next newer one, now */
		s->used = 0;
	}
	to = s->at->bytes + s->used;
	s->used += len;
	return memmove(to, bytes, len);
}

void
arena_squeeze_end(struct arena_squeeze *s)
{
	if (s->at == NULL)
		return;
	free_from(s->arena, s->at->older);
	s->at->older = NULL;
	s->arena->piece = reverse(s->arena->piece);
	s->arena->used = s->used;
}
