/* Values of options, see read.h. */
#include "cli/read.h"

#include "base/near.h"
#include "base/num.h"
#include "core/span.h"
#include "engine/sys.h"

#include <string.h>

#define MAX_JOBS 256
#define LEAST_JOURNAL ((uint64_t)1 << 20)	/* bytes: a few blocks */
#define MAX_LINE_LIMIT ((uint64_t)1 << 40)

int
read_choice(const char *option, const char *const *words, const char *value, int word,
    struct err *err)
{
	struct near near;

	near_start(&near, value, strlen(value));
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0)
			return i;
		near_try(&near, words[i]);
	}
	err_word(err, word, "%s '%s' is not one of", option, value);
	for (int i = 0; words[i] != NULL; i++)
		err_add(err, "%s %s", i > 0 ? "," : "", words[i]);
	if (near.best != NULL)
		err_add(err, "; did you mean '%s'?", near.best);
	return -1;
}

int
read_number(const char *option, const char *value, uint64_t least, uint64_t most, uint64_t *out,
    int word, struct err *err)
{
	enum num_status status = num_parse_u64(value, out);

	if (status != NUM_OK)
		return err_word(err, word, "%s '%s' %s", option, value, num_status_text(status));
	if (*out < least || *out > most)
		return err_word(err, word, "%s %s is out of range, %llu to %llu", option, value,
		    (unsigned long long)least, (unsigned long long)most);
	return 0;
}

int
read_duration(const char *option, int64_t *us, const char *value, int word, struct err *err)
{
	struct span span;

	if (span_parse(&span, option, value, word, err) == -1)
		return -1;
	if (span.rows)
		return err_word(err, word, "%s '%s' must be a time", option, value);
	*us = span.ticks;
	return 0;
}

int
read_jobs(unsigned *jobs, const char *value, int word, struct err *err)
{
	uint64_t n;

	if (strcmp(value, "auto") == 0) {
		long processors = sys.processors();

		*jobs = processors < 1 ? 1 : processors > MAX_JOBS ? MAX_JOBS :
		    (unsigned)processors;
		return 0;
	}
	if (read_number("jobs", value, 1, MAX_JOBS, &n, word, err) == -1)
		return -1;
	*jobs = (unsigned)n;
	return 0;
}

int
read_journal(uint64_t *bytes, const char *value, int word, struct err *err)
{
	enum num_status status = NUM_OK;

	*bytes = 0;
	if (strcmp(value, "off") == 0)
		return 0;
	status = num_parse_size(value, bytes);
	if (status != NUM_OK)
		return err_word(err, word, "journal '%s' %s; write a size or 'off'", value,
		    num_status_text(status));
	if (*bytes < LEAST_JOURNAL)
		return err_word(err, word, "journal '%s' is less than 1MiB; write more, or 'off'",
		    value);
	return 0;
}

int
read_max_line(size_t *bytes, const char *value, int word, struct err *err)
{
	uint64_t size;
	enum num_status status = num_parse_size(value, &size);

	if (status == NUM_OK && size > MAX_LINE_LIMIT)
		status = NUM_OVERFLOW;
	if (status != NUM_OK)
		return err_word(err, word, "max-line '%s' %s", value, num_status_text(status));
	if (size == 0)
		return err_word(err, word, "max-line '%s' is zero; it must be 1B or more", value);
	*bytes = (size_t)size;
	return 0;
}
