/*
 * Rows that an aggregating stage is given as files, TSV without a header: keys that every answer
 * has, though nothing came for them (--empty --keys), and what a total begins with (--initial).
 * They are read while the plan is bound, so that what is wrong in them is found before any record
 * is read.
 */
#ifndef CORE_GIVEN_H
#define CORE_GIVEN_H

#include "base/err.h"
#include "base/map.h"
#include "core/files.h"
#include "core/value.h"

struct stage;

struct given {
	bool		 empty;		/* keys without records are told */
	const char	*keys, *initial;	/* files, or NULL */
	int		 empty_word, keys_word, initial_word;
	struct map	*always;	/* those keys, without values; NULL: none */
	struct map	*first;		/* values to begin with; NULL: none */
};

/*
 * Reads what an open stage is given; 0, or -1 with a usage error that names file and line, or
 * memory.  given_close is to be called either way, before the stage is closed.
 */
int given_open(struct stage *, const struct files *, struct err *);
void given_close(struct stage *);

/* The seed of a stage that counts: one cell, the count. */
int given_count(const struct stage *, const struct value *cells, uint64_t *value, struct err *);

#endif
