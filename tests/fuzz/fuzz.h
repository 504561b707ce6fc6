/*
 * What the fuzz targets share.  Each target is one file with the function that libFuzzer calls;
 * replay.c calls it, too, for builds without libFuzzer.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Takes one input; always 0.  What is wrong aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts unless WHAT holds, also in builds without assertions. */
#define FUZZ_CHECK(what) \
	((what) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #what))

static inline void
fuzz_failed(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* The input while it is taken apart; behind its end all bytes are zero. */
struct fuzz_input {
	const uint8_t	*data;
	size_t		 size;
};

static inline unsigned
fuzz_byte(struct fuzz_input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

#endif
