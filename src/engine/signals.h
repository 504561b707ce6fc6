/*
 * Signals: a handler notes in a flag what came and wakes the loop by a byte on a pipe; if it cannot
 * write, by closing the pipe.  Whenever the loop wakes, for whatever reason, it looks at the flags.
 * A SIGINT or SIGTERM that comes again ends the process at once, by its default action: the loop
 * may be stuck on a slow reader.  SIGPIPE is ignored.
 *
 * The first of them starts the time there is to end (--drain-timeout).  When it is over, SIGALRM
 * comes again and again: it sets sys_overdue and interrupts whatever call the loop's thread waits
 * in, so that the run fails with a message.  What does not heed that, such as a look-up inside of a
 * library, ends the process a second later, from the handler.
 */
#ifndef ENGINE_SIGNALS_H
#define ENGINE_SIGNALS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Installs the handlers; an ending signal leaves DRAIN microseconds.  FD becomes readable when a
 * signal came; its end means that it will not any more, and only the flags are left.  0 or -1.
 */
int signals_open(int *fd, int64_t drain, struct err *);

/*
 * From now on SIGHUP does not end the process but asks for files to be read again that may have
 * changed; 0 or -1.  A number that is another one after each of them.
 */
int signals_open_reread(struct err *);
unsigned signals_rereads(void);

/* The first SIGINT or SIGTERM that came, or 0. */
int signals_ending(void);

/* True if SIGUSR1 came since the last call. */
bool signals_status(void);

/* The run is over: ignores all but SIGINT and SIGALRM from now on and closes the pipe. */
void signals_close(void);

/* Ends the process by SIGNAL's default action, as a shell expects of a program that got it. */
void signals_die(int number);

#endif
