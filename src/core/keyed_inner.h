/* What the files of core/keyed share: keyed.c the entries and their index, keyed_due.c the dues. */
#ifndef CORE_KEYED_INNER_H
#define CORE_KEYED_INNER_H

#include "core/keyed.h"

/*
 * Sees to it that an array of *CAP 4-byte numbers holds N: doubled, or halved when a quarter would
 * do.  0, or -1 when memory is short.
 */
int keyed_resize(struct keyed *, uint32_t **array, uint32_t *cap, uint32_t n);

#endif
