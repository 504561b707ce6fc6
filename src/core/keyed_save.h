/*
 * Putting state by key down (see core/save.h), and what is known of it in between: the entries that
 * changed, and the keys that are gone, since the last time.  Nothing is tracked before the first,
 * so that it costs nothing where no state is put down.
 *
 * A value that is put, given another due or dropped is seen here; whoever changes one otherwise
 * says so with keyed_touch.
 */
#ifndef CORE_KEYED_SAVE_H
#define CORE_KEYED_SAVE_H

#include "core/group.h"
#include "core/keyed.h"
#include "core/save.h"
#include "core/tick.h"

struct keyed_kind {			/* what the values are */
	/* Appends one as bytes; 0 or -1 (memory). */
	int	(*put)(struct buf *, const void *value);

	/* Reads it into one that is zeros, or that is there already; 0 or -1 (memory). */
	int	(*get)(struct wire *, void *value);

	/* Frees what it owns, before it goes; or NULL. */
	void	(*drop)(void *value);

	/* What the keys are, where they are read again as columns; or NULL. */
	const struct group *group;

	/* The same with ARG, for values that do not know what they are; where PUT is NULL. */
	const void *arg;
	int (*put_by)(const void *arg, struct buf *, const void *value);
	int (*get_by)(const void *arg, struct wire *, void *value);
	void (*drop_by)(const void *arg, void *value);
};

/* This value is about to change, or has. */
void keyed_touch(struct keyed *, void *value);

/*
 * Puts down what has changed, and NUMBER, which goes with it; 0 or -1.  A sweep comes along, so
 * that the log stays in bounds.
 */
int keyed_save(struct keyed *, const struct keyed_kind *, uint64_t number, struct saving *,
    struct err *);

/* Takes a chunk; 0, or -1 when memory is short (damage is in the wire). */
int keyed_load(struct keyed *, const struct keyed_kind *, uint64_t *number,
    const struct store_part *, struct wire *, struct err *);

/* Of core/keyed: entry ID is new; it is about to be dropped, the last one to move there. */
void keyed_mark(struct keyed *, uint32_t id);
void keyed_gone(struct keyed *, uint32_t id);
void keyed_track_free(struct keyed *);
uint32_t keyed_number(const struct keyed *, const void *value);

#endif
