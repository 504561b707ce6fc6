/*
 * Signals as bytes on a pipe: the handler writes one byte, the loop reads it when it gets there, so
 * nothing but a write(2) happens in a handler.  SIGINT is handled once: a second one finds the
 * default action and ends the process at once.  SIGPIPE is ignored.
 */
#ifndef ENGINE_SIGNALS_H
#define ENGINE_SIGNALS_H

#include "base/err.h"

/* Installs the handlers; FD is where the bytes (signal numbers) are to be read.  0 or -1. */
int signals_open(int *fd, struct err *);

/* The run is over: ignores all but SIGINT from now on and closes the pipe. */
void signals_close(void);

/* Ends the process by SIGNAL's default action, as a shell expects of a program that got it. */
void signals_die(int number);

#endif
