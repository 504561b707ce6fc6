/* A growing byte buffer, see buf.h.  It doubles, so that appending is O(1) a byte. */
#include "base/buf.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

#define BUF_FIRST 256		/* bytes of the first allocation */

int
buf_reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap > 0 ? b->cap : BUF_FIRST;
	char *data;

	if (more <= b->cap - b->len)
		return 0;
	if (more > SIZE_MAX / 2 - b->len)
		return -1;
	while (cap < b->len + more)
		cap *= 2;
	data = mem_realloc(b->data, cap);
	if (data == NULL)
		return -1;
	b->data = data;
	b->cap = cap;
	return 0;
}

int
buf_add(struct buf *b, const void *bytes, size_t size)
{
	if (buf_reserve(b, size) == -1)
		return -1;
	if (size > 0)
		memcpy(b->data + b->len, bytes, size);
	b->len += size;
	return 0;
}

void
buf_free(struct buf *b)
{
	mem_free(b->data);
	*b = (struct buf){ 0 };
}
