/*
 * jansson, tamed: values parsed into memory that is given back all at once, members found by path,
 * and nested values as text.  This is the only user of jansson.
 */
#ifndef FORMAT_JSON_DOM_H
#define FORMAT_JSON_DOM_H

#include "base/arena.h"
#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>

struct json_space {
	struct arena	 arena;
	bool		 no_memory;	/* an allocation failed since json_space_clear */
};

/* To be called before any other; not by two threads at a time. */
void json_dom_setup(void);

/* Forgets all values that lie in SPACE, and makes it the one in which this thread parses. */
void json_space_clear(struct json_space *);

/*
 * The value of TEXT, or NULL; then *WHY tells what is wrong unless space->no_memory is set.
 * Integers beyond 64 bits are reals.
 */
json_t *json_dom_parse(struct json_space *, const char *text, size_t len, json_error_t *why);

/*
 * The member NAME[0 .. len) of an object: one that is called so, else a path of members and array
 * indexes joined by dots.  NULL if there is none.
 */
json_t *json_dom_find(const json_t *object, const char *name, size_t len);

/* Appends the value as compact JSON; 0, or -1 when memory is short. */
int json_dom_text(struct buf *out, const json_t *value);

#endif
