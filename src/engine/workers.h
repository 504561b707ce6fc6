/*
 * Worker threads: each takes whole blocks from one queue and feeds them into its own lane of the
 * pipeline.  Blocks are owned by whoever holds them: the loop, the queue or a worker.  An error in
 * a worker is kept and told at the next offer or wait.
 */
#ifndef ENGINE_WORKERS_H
#define ENGINE_WORKERS_H

#include "core/frame.h"
#include "core/pipeline.h"

struct workers;

/* Starts N threads that feed lanes 1 .. N of P blocks of the same kind as LIKE; NULL: the error. */
struct workers *workers_open(struct pipeline *p, unsigned n, const struct lines *like,
    struct err *);

/*
 * Hands LINES over to be fed and puts an empty block in its place.  1; 0 if all blocks are under
 * way, so that the caller had better feed this one itself; -1 if a worker failed.
 */
int workers_offer(struct workers *, struct lines *, struct err *);

/* Waits until all blocks are fed, then merges the lanes into lane 0; 0 or -1. */
int workers_wait(struct workers *, struct err *);

/* Ends the threads (after what is queued) and frees all; NULL is allowed. */
void workers_close(struct workers *);

#endif
