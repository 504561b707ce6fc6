/* Regular expressions, see regex.h. */
#include "core/regex.h"

#include "base/mem.h"

#include <string.h>

static void *
allocate(size_t size, void *data)
{
	(void)data;
	return mem_alloc(size);
}

static void
release(void *p, void *data)
{
	(void)data;
	mem_free(p);
}

static int
bad_pattern(const struct regex *r, int number, size_t offset, struct err *err)
{
	PCRE2_UCHAR reason[128];

	if (number == PCRE2_ERROR_HEAP_FAILED || number == PCRE2_ERROR_NOMEMORY)
		return err_memory(err, "compiling a pattern");
	(void)pcre2_get_error_message(number, reason, sizeof(reason));
	err_word(err, r->word, "bad pattern '%s': %s", r->pattern, (const char *)reason);
	err->column = offset;
	err->length = 1;
	return -1;
}

int
regex_compile(struct regex *r, const char *pattern, size_t len, bool ignore_case, size_t *offset)
{
	uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	pcre2_compile_context *context;
	int number = 0;

	if (ignore_case)
		flags |= PCRE2_CASELESS;
	*offset = 0;
	*r = (struct regex){ .memory = pcre2_general_context_create(allocate, release, NULL) };
	context = r->memory == NULL ? NULL : pcre2_compile_context_create(r->memory);
	if (context == NULL)
		return PCRE2_ERROR_NOMEMORY;
	r->code = pcre2_compile((PCRE2_SPTR)pattern, len, flags, &number, offset, context);
	pcre2_compile_context_free(context);
	if (r->code == NULL)
		return number;
	(void)pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);	/* only faster */
	return 0;
}

int
regex_open(struct regex *r, const char *pattern, int word, bool ignore_case, struct err *err)
{
	size_t offset;
	int number = regex_compile(r, pattern, strlen(pattern), ignore_case, &offset);

	r->pattern = pattern;
	r->word = word;
	return number == 0 ? 0 : bad_pattern(r, number, offset, err);
}

void
regex_close(struct regex *r)
{
	pcre2_code_free(r->code);
	pcre2_general_context_free(r->memory);
	*r = (struct regex){ 0 };
}

pcre2_match_data *
regex_match_data(const struct regex *r, bool groups)
{
	return groups ? pcre2_match_data_create_from_pattern(r->code, r->memory) :
	    pcre2_match_data_create(1, r->memory);
}

enum regex_got
regex_match(const struct regex *r, pcre2_match_data *match, const char *text, size_t len,
    struct err *err)
{
	PCRE2_UCHAR reason[128];
	int got = pcre2_match(r->code, (PCRE2_SPTR)(len == 0 ? "" : text), len, 0, 0, match, NULL);

	switch (got) {
	case PCRE2_ERROR_NOMATCH:
		return REGEX_NO;
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_JIT_STACKLIMIT:
		return REGEX_HARD;
	case PCRE2_ERROR_NOMEMORY:
		err_memory(err, "matching a pattern");
		return REGEX_FAIL;
	default:
		if (got >= 0)
			return REGEX_YES;
		(void)pcre2_get_error_message(got, reason, sizeof(reason));
		err_set(err, ERR_RUN, "pattern '%s' on a record of %zu bytes: %s", r->pattern, len,
		    (const char *)reason);
		return REGEX_FAIL;
	}
}
