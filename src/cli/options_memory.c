/* The options that bound memory, see options.h. */
#include "base/num.h"
#include "cli/options.h"
#include "cli/read.h"

#define LEAST ((uint64_t)16 << 20)

int
options_max_memory(struct settings *s, const char *value, int word, struct err *err)
{
	uint64_t size;
	enum num_status status = num_parse_size(value, &size);

	if (status == NUM_OK && size > SIZE_MAX / 4)
		status = NUM_OVERFLOW;
	if (status != NUM_OK)
		return err_word(err, word, "max-memory '%s' %s", value, num_status_text(status));
	if (size < LEAST)
		return err_word(err, word, "max-memory '%s' is too little; it must be 16MiB or "
		    "more", value);
	s->job.max_memory = (size_t)size;
	return 0;
}

int
options_on_full(struct settings *s, const char *value, int word, struct err *err)
{
	static const char *const names[] = {
		[FULL_FAIL] = "fail", [FULL_EVICT] = "evict", [FULL_APPROX] = "approx", NULL,
	};
	int chosen = read_choice("on-full", names, value, word, err);

	if (chosen == -1)
		return -1;
	s->job.on_full = (enum on_full)chosen;
	s->on_full_word = word;
	return 0;
}
