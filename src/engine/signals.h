/*
 * Signals: a handler notes in a flag what came and wakes the loop by a byte on a pipe; if it cannot
 * write, by closing the pipe.  Whenever the loop wakes, for whatever reason, it looks at the flags.
 * A SIGINT or SIGTERM that comes again ends the process at once, by its default action: the loop
 * may be stuck on a slow reader.  SIGPIPE is ignored.
 */
#ifndef ENGINE_SIGNALS_H
#define ENGINE_SIGNALS_H

#include "base/err.h"

#include <stdbool.h>

/*
 * Installs the handlers.  FD becomes readable when a signal came; its end means that it will not
 * any more, and only the flags are left.  0 or -1.
 */
int signals_open(int *fd, struct err *);

/* The first SIGINT or SIGTERM that came, or 0. */
int signals_ending(void);

/* True if SIGUSR1 came since the last call. */
bool signals_status(void);

/* The run is over: ignores all but SIGINT from now on and closes the pipe. */
void signals_close(void);

/* Ends the process by SIGNAL's default action, as a shell expects of a program that got it. */
void signals_die(int number);

#endif
