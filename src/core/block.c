/* Runs of records, see block.h. */
#include "core/block.h"

#include "base/mem.h"

#include <string.h>

int
blocks_add(struct blocks *list, struct block b)
{
	if (list->n == list->cap) {
		size_t cap = list->cap == 0 ? 16 : list->cap * 2;
		struct block *block = mem_realloc(list->block, cap * sizeof(*block));

		if (block == NULL)
			return -1;
		list->block = block;
		list->cap = cap;
	}
	list->block[list->n++] = b;
	return 0;
}

void
blocks_free(struct blocks *list)
{
	mem_free(list->block);
	*list = (struct blocks){ 0 };
}

const char *
line_next(const char *text, const char *end, size_t *len)
{
	const char *newline = memchr(text, '\n', (size_t)(end - text));

	*len = (size_t)(newline - text);
	if (*len > 0 && newline[-1] == '\r')
		(*len)--;
	return newline + 1;
}
