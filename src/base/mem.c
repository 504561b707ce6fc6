/*
 * Allocation, see mem.h.  Large tables come straight from mmap: huge pages make random access
 * several times cheaper (fewer TLB misses), and unused address space costs nothing.
 */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

bool (*mem_fault)(size_t size);

static bool
refused(size_t size)
{
	return mem_fault != NULL && mem_fault(size);
}

void *
mem_alloc(size_t size)
{
	return refused(size) ? NULL : malloc(size > 0 ? size : 1);
}

void *
mem_zalloc(size_t size)
{
	return refused(size) ? NULL : calloc(1, size > 0 ? size : 1);
}

void *
mem_realloc(void *p, size_t size)
{
	return refused(size) ? NULL : realloc(p, size > 0 ? size : 1);
}

void
mem_free(void *p)
{
	free(p);
}

char *
mem_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = mem_alloc(size);

	return copy == NULL ? NULL : memcpy(copy, text, size);
}

/* Gives back what lies before and behind the aligned part of a mapping. */
static void
trim(char *map, size_t mapped, char *start, size_t size)
{
	if (start > map)
		munmap(map, (size_t)(start - map));
	if (start + size < map + mapped)
		munmap(start + size, (size_t)(map + mapped - (start + size)));
}

void *
mem_pages(size_t size)
{
	size_t whole = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	size_t mapped = whole + HUGE_PAGE;
	char *map, *start;

	if (size < HUGE_PAGE)
		return mem_zalloc(size);
	if (refused(size) || size > SIZE_MAX - 2 * HUGE_PAGE)
		return NULL;
	map = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	start = map + (-(uintptr_t)map & (HUGE_PAGE - 1));
	trim(map, mapped, start, whole);
#ifdef MADV_HUGEPAGE
	(void)madvise(start, whole, MADV_HUGEPAGE);	/* a wish, not a need */
#endif
	return start;
}

void
mem_pages_free(void *p, size_t size)
{
	if (size < HUGE_PAGE)
		mem_free(p);
	else if (p != NULL)
		munmap(p, (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
}
