/*
 * SQLite inside of this program: set up once, with its memory from base/mem, so that what SQLite
 * cannot get is an ordinary error here too and a test can make each of its allocations fail.
 */
#ifndef CORE_LITE_H
#define CORE_LITE_H

#include "base/err.h"

/*
 * To be called before any other use of SQLite, while no other thread does the same; may be called
 * again.  0, or -1 with the error.
 */
int lite_setup(struct err *);

#endif
