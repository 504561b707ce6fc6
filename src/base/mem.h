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

#endif
