/* Values of options: each reader names the option and the word in its error and returns -1. */
#ifndef CLI_READ_H
#define CLI_READ_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* One of a set of words, ended by NULL: its index. */
int read_choice(const char *option, const char *const *words, const char *value, int word,
    struct err *);

/* A number from LEAST to MOST. */
int read_number(const char *option, const char *value, uint64_t least, uint64_t most,
    uint64_t *out, int word, struct err *);

/* A length of time, in microseconds. */
int read_duration(const char *option, int64_t *us, const char *value, int word, struct err *);

/* Of single options: --jobs, --journal in bytes (0: off), --max-line in bytes. */
int read_jobs(unsigned *jobs, const char *value, int word, struct err *);
int read_journal(uint64_t *bytes, const char *value, int word, struct err *);
int read_max_line(size_t *bytes, const char *value, int word, struct err *);

#endif
