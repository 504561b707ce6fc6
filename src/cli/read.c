/* Values of options, see read.h. */
#include "cli/read.h"

#include "base/near.h"
#include "base/num.h"
#include "core/span.h"

#include <string.h>

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
