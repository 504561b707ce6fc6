/* What the files of core/window share: window.c has panes and answers, window_save.c saves them. */
#ifndef CORE_WINDOW_INNER_H
#define CORE_WINDOW_INNER_H

#include "core/window.h"

/* True if its windows follow each other: there is one pane, the open one. */
static inline bool
window_tumbles(const struct window *w)
{
	return w->npanes == 1;
}

/* A closed pane, from 0, the oldest. */
static inline struct pane *
window_pane_at(const struct window *w, size_t i)
{
	return &w->panes[(w->first + i) % w->npanes];
}

/* Makes the open map a closed pane, of which something is STORED or not; 0 or -1 (memory). */
int window_close_pane(struct window *, bool stored);

/* With a checkpoint: the part of the pane of this number. */
struct saving *window_part(const struct window *, int64_t number);

/* With a checkpoint: a batch has ended, and ENDS: with it the pane.  0, or -1 and the error. */
int window_hold(struct window *, bool ends, struct err *);

#endif
