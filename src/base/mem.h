/*
 * The one seam for memory: every allocation of the program, libevent's and
 * PCRE2's included, passes through here, so that a test can make the Nth fail.
 * A failed allocation is an ordinary error: NULL comes back and nothing else
 * has changed.  All functions may be called from any thread.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Asked before each allocation when it is set; true makes that one fail.  Set
 * only by tests, before the first allocation.
 */
extern bool (*mem_fault)(size_t size);

/* SIZE bytes, not cleared; NULL when there are none.  SIZE 0 gives a unique pointer. */
void *mem_alloc(size_t size);

/* SIZE bytes of zeros, or NULL. */
void *mem_zalloc(size_t size);

/* Resizes P (or allocates when it is NULL); on failure NULL, and P stays as it was. */
void *mem_realloc(void *p, size_t size);

void mem_free(void *p);

/* A copy of TEXT to be freed by the caller, or NULL. */
char *mem_strdup(const char *text);

/*
 * SIZE bytes of zeros for a large table: from 2 MiB on, whole pages aligned to 2 MiB that the
 * kernel is asked to back with huge pages and that cost nothing until they are touched.
 * Freed with mem_pages_free and the same SIZE.
 */
void *mem_pages(size_t size);
void mem_pages_free(void *p, size_t size);

/* The same for what is written from end to end at once: a bound counts it in advance. */
void *mem_pages_whole(size_t size);

/*
 * A table of SIZE bytes that becomes one of MORE: what was in it stays, the rest is zeros.  Pages
 * move as they are and are never there twice.  On failure NULL, and P stays as it was.
 */
void *mem_pages_grow(void *p, size_t size, size_t more);

/* Gives back the pages of a table of SIZE bytes behind its first KEPT; its size stays the same. */
void mem_pages_cut(void *p, size_t size, size_t kept);

/*
 * From now on an allocation fails that would take what the process holds past MOST bytes.
 * RESIDENT tells how much that is, the memory of libraries and what the allocator keeps included;
 * it is asked once for many allocations, the more often the nearer the bound, and from any thread.
 * What is free goes back to the system at once from now on.  MOST 0: no bound.  To be called while
 * no other thread allocates.
 */
void mem_bound(size_t most, size_t (*resident)(void));

/* True if there is a bound; if an allocation has failed because of it. */
bool mem_bounded(void);
bool mem_bound_met(void);

/* Gives what is free back to the system. */
void mem_trim(void);

#endif
