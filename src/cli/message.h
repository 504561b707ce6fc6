/* Errors for people: the message, and under it the words with a caret where it points. */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include "base/err.h"

/* Prints an error about the words of ARGV to standard error. */
void message_error(const struct err *, int argc, char *const *argv);

/* Prints "streamctl: LINE" to standard error. */
void message_line(const char *line);

#endif
