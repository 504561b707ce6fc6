/*
 * Allocation, see mem.h.  Large tables come straight from mmap: huge pages make random access
 * several times cheaper (fewer TLB misses), and unused address space costs nothing.
 */
#include "base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define PAGE ((size_t)4 << 10)		/* or a multiple of the system's: then less is cut */
#define STEP_MIN ((size_t)64 << 10)	/* bytes allocated between two looks at a bound */
#define STEP_MAX ((size_t)4 << 20)
#define MAPPED_MIN (512 << 10)		/* pieces that are given back as soon as they are freed */

bool (*mem_fault)(size_t size);

/* ---- the bound ---- */

static struct {
	size_t		 most;			/* 0: none */
	size_t		 (*resident)(void);
	atomic_size_t	 grown, step;		/* allocated since the last look; until the next */
	atomic_bool	 met;
} bound;

void
mem_bound(size_t most, size_t (*resident)(void))
{
	bound.most = most;
	bound.resident = resident;
	atomic_store(&bound.grown, 0);
	atomic_store(&bound.step, 0);
	atomic_store(&bound.met, false);
	if (most > 0)
		(void)mallopt(M_MMAP_THRESHOLD, MAPPED_MIN);
}

bool
mem_bounded(void)
{
	return bound.most > 0;
}

bool
mem_bound_met(void)
{
	return atomic_load(&bound.met);
}

void
mem_trim(void)
{
	(void)malloc_trim(0);
}

/* Looks at what is held; true if SIZE bytes more are too many. */
static bool
look(size_t size)
{
	size_t held = bound.resident(), step;

	atomic_store(&bound.grown, 0);
	if (held > bound.most || size > bound.most - held) {
		atomic_store(&bound.step, 0);
		atomic_store(&bound.met, true);
		return true;
	}
	step = (bound.most - held - size) / 8;
	step = step < STEP_MIN ? STEP_MIN : step > STEP_MAX ? STEP_MAX : step;
	atomic_store(&bound.step, step);
	return false;
}

static bool
over(size_t size)
{
	size_t grown = atomic_fetch_add_explicit(&bound.grown, size, memory_order_relaxed);

	return (size > STEP_MAX || grown + size >= atomic_load_explicit(&bound.step,
	    memory_order_relaxed)) && look(size);
}

static bool
refused(size_t size)
{
	if (mem_fault != NULL && mem_fault(size))
		return true;
	return bound.most > 0 && over(size);
}

/* ---- allocation ---- */

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

/* Without a question to the bound. */
static void *
map_pages(size_t size)
{
	size_t whole = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	size_t mapped = whole + HUGE_PAGE;
	char *map, *start;

	if (size > SIZE_MAX - 2 * HUGE_PAGE)
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

/* What is mapped here is touched bit by bit: it counts when it is. */
void *
mem_pages(size_t size)
{
	if (size < HUGE_PAGE)
		return mem_zalloc(size);
	if (mem_fault != NULL && mem_fault(size))
		return NULL;
	return bound.most > 0 && over(0) ? NULL : map_pages(size);
}

void *
mem_pages_whole(size_t size)
{
	if (size < HUGE_PAGE)
		return mem_zalloc(size);
	return refused(size) ? NULL : map_pages(size);
}

void *
mem_pages_grow(void *p, size_t size, size_t more)
{
	size_t whole = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	char *grown = mem_pages(more);

	if (grown == NULL)
		return NULL;
	if (size < HUGE_PAGE) {
		memcpy(grown, p, size);
		mem_free(p);
	} else if (mremap(p, whole, whole, MREMAP_MAYMOVE | MREMAP_FIXED, grown) == MAP_FAILED) {
		mem_pages_free(grown, more);
		return NULL;
	}
	return grown;
}

void
mem_pages_cut(void *p, size_t size, size_t kept)
{
	size_t whole = (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);

	kept = (kept + PAGE - 1) & ~(PAGE - 1);
	if (p != NULL && size >= HUGE_PAGE && kept < whole)
		(void)madvise((char *)p + kept, whole - kept, MADV_DONTNEED);
}

void
mem_pages_free(void *p, size_t size)
{
	if (size < HUGE_PAGE)
		mem_free(p);
	else if (p != NULL)
		munmap(p, (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
}
