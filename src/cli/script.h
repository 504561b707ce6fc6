/* Pipelines in files: the same words as on the command line, over several lines, with comments. */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H

#include "base/arena.h"
#include "base/err.h"

/*
 * Reads the file at PATH as words, divided by blanks and newlines; quotes ('...' as it is, "..."
 * with \" and \\ inside) and a backslash keep what they hold together, # begins a comment that
 * reaches to the end of the line.  WORDS[0 .. N), to be freed by mem_free, lie in ARENA.  0 or -1.
 */
int script_read(const char *path, struct arena *, char ***words, int *n, struct err *);

#endif
