/*
 * A growing byte buffer.  The bytes are data[0 .. len); data may move whenever the buffer grows.
 * A zeroed struct is an empty buffer.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char	*data;
	size_t	 len;
	size_t	 cap;
};

/* Makes room for MORE bytes behind len; 0, or -1 when memory is short (nothing changed). */
int buf_reserve(struct buf *b, size_t more);

/* Appends SIZE bytes; 0, or -1 when memory is short (nothing changed). */
int buf_add(struct buf *b, const void *bytes, size_t size);

/* Frees the memory; the buffer is empty and can be used again. */
void buf_free(struct buf *b);

#endif
