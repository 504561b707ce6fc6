/* Putting pointers in order: a merge sort, so that equal ones stay as they came. */
#ifndef CORE_SORT_H
#define CORE_SORT_H

#include <stddef.h>

/* Below, at or above zero. */
typedef int (*sort_fn)(const void *x, const void *y, const void *arg);

/* Sorts AT[0 .. n); 0, or -1 when memory is short. */
int sort_pointers(const void **at, size_t n, sort_fn, const void *arg);

#endif
