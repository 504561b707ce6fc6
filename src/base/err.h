/*
 * An error as a value: made once where the fact is known, given context on the way up, printed
 * only by cli.  Functions that can fail return 0 or -1 and take a struct err * last.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

enum err_code {			/* the exit statuses of the man page */
	ERR_RUN = 1,		/* failed while running */
	ERR_USAGE = 2,		/* the command line or pipeline is wrong */
	ERR_DONE = 0,		/* no error: --until was met */
	ERR_BAD = 3,		/* a bad record came, with --bad fail */
	ERR_CHECKPOINT = 4,	/* a checkpoint of another pipeline, or of a newer version */
	ERR_FAIL_IF = 5,	/* --fail-if was met */
	ERR_SILENT = 6,		/* --fail-if-silent: nothing came for so long */
	ERR_PIPE = 141,		/* the reader of the output went away */
};

#define ERR_NO_WORD (-1)

struct err {
	enum err_code	 code;
	int		 word;		/* index of the word it is about, or ERR_NO_WORD */
	size_t		 column;	/* first byte of that word under the caret */
	size_t		 length;	/* bytes under the caret; 0: to the word's end */
	char		 message[480];	/* one line, without a newline; cut if longer */
};

/* Fills E with CODE and the formatted message; always returns -1, so that callers can return it. */
int err_set(struct err *e, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A usage error about word WORD of the command line; returns -1. */
int err_word(struct err *e, int word, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Memory ran out while doing WHAT ("reading input"); returns -1. */
int err_memory(struct err *e, const char *what);

/* A system call failed: "SUBJECT: ACTION: strerror(number)"; returns -1. */
int err_system(struct err *e, const char *subject, const char *action, int number);

/* Puts "SUBJECT: " before the message. */
void err_prefix(struct err *e, const char *subject);

/* Appends more to the message. */
void err_add(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
