/*
 * Putting the rows of a sliding window down (see core/save.h): those that came, to which tick they
 * belong, and how many are gone.
 *
 * Rows go in the order in which they came, so that nothing is ever put twice: a generation is
 * cleared when its last row is gone, and the next one begins when there is only one.  So the log
 * holds about twice the rows of the window.
 */
#ifndef CORE_HISTORY_SAVE_H
#define CORE_HISTORY_SAVE_H

#include "core/history.h"
#include "core/save.h"

/* Numbers of rows about which the owner has something to say, once each while they are held. */
struct history_marks {
	uint64_t	*row;
	size_t		 n, cap;
};

/* What the owner does as rows are read; any may be NULL. */
struct history_reader {
	void		*arg;
	const unsigned	*width;		/* cells of the rows of each port, as in core/rowlog */
	unsigned	 ports;

	/* The last N rows are new: 0 or -1 (memory). */
	int		(*added)(void *arg, uint64_t n);

	/* The last pane ends at TICK. */
	void		(*ticked)(void *arg, int64_t tick);

	/* That row was marked; it may be gone. */
	void		(*marked)(void *arg, uint64_t row);
};

/*
 * Puts down what has changed; MARKS, which may be NULL, are none then.  What is in S->out is put.
 * 0 or -1.
 */
int history_save(struct history *, struct history_marks *marks, struct saving *s, struct err *);

/* Takes a chunk; 0 or -1 (memory).  Damage is in the wire. */
int history_load(struct history *, const struct history_reader *, const struct store_part *,
    struct wire *);

/* 0 or -1 (memory). */
int history_mark(struct history_marks *, uint64_t row);

#endif
