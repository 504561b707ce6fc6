/* One run of the program after the other, each in a process that is forked: see serve.c. */
#ifndef TORTURE_SERVE_H
#define TORTURE_SERVE_H

/*
 * Reads requests from standard input until its end.  Each is run by calling RUN with the fault in
 * a process of its own; what that returns is its exit status.  0, or 1 when it cannot go on.
 */
int serve(int (*run)(const char *fault));

#endif
