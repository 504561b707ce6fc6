/*
 * grep: passes the records that match a regular expression.  Lines that follow each other and pass
 * go on as one block, in place: nothing is copied.
 */
#include "base/mem.h"
#include "core/stage.h"
#include "core/tsv.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { INVERT, IGNORE_CASE };

struct config {
	const char		*pattern;
	int			 word;
	bool			 invert, ignore_case;
	pcre2_general_context	*memory;
	pcre2_code		*code;
};

struct lane {
	pcre2_match_data	*match;
	struct buf		 text;		/* a row as text */
};

static const struct opt options[] = {
	{ "invert-match", 'v', INVERT, NULL, "pass the records that do not match" },
	{ "ignore-case", 'i', IGNORE_CASE, NULL, "match without regard to case (Unicode)" },
	{ 0 },
};

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
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct config *c = s->config;

	(void)value;
	(void)word;
	(void)err;
	if (id == INVERT)
		c->invert = true;
	else
		c->ignore_case = true;
	return 0;
}

static int
argument(struct stage *s, const char *text, int word, struct err *err)
{
	struct config *c = s->config;

	(void)err;
	c->pattern = text;
	c->word = word;
	return 0;
}

static int
bad_pattern(const struct config *c, int number, size_t offset, struct err *err)
{
	PCRE2_UCHAR reason[128];

	if (number == PCRE2_ERROR_HEAP_FAILED || number == PCRE2_ERROR_NOMEMORY)
		return err_memory(err, "compiling a pattern");
	(void)pcre2_get_error_message(number, reason, sizeof(reason));
	err_word(err, c->word, "bad pattern '%s': %s", c->pattern, (const char *)reason);
	err->column = offset;
	err->length = 1;
	return -1;
}

static int
open_stage(struct stage *s, const struct schema *in, struct schema *out, struct err *err)
{
	struct config *c = s->config;
	uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	pcre2_compile_context *context;
	size_t offset = 0;
	int number = 0;

	(void)in;
	(void)out;
	if (c->ignore_case)
		flags |= PCRE2_CASELESS;
	c->memory = pcre2_general_context_create(allocate, release, NULL);
	context = c->memory == NULL ? NULL : pcre2_compile_context_create(c->memory);
	if (context == NULL)
		return err_memory(err, "compiling a pattern");
	c->code = pcre2_compile((PCRE2_SPTR)c->pattern, PCRE2_ZERO_TERMINATED, flags, &number,
	    &offset, context);
	pcre2_compile_context_free(context);
	if (c->code == NULL)
		return bad_pattern(c, number, offset, err);
	(void)pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE);	/* only faster */
	return 0;
}

static void
close_stage(struct stage *s)
{
	struct config *c = s->config;

	pcre2_code_free(c->code);
	pcre2_general_context_free(c->memory);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;

	lane->match = pcre2_match_data_create(1, c->memory);
	return lane->match == NULL ? err_memory(err, "starting grep") : 0;
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	pcre2_match_data_free(lane->match);
	buf_free(&lane->text);
}

/* What becomes of a record. */
enum verdict { PASS, DROP, BAD, FAIL };

/*
 * A pattern that backtracks without end on some record must not hold up the stream: PCRE2 gives up
 * at its limits, and the record is bad.
 */
static enum verdict
judge(const struct config *c, struct lane *lane, const char *text, size_t len, struct blocks *out,
    struct err *err)
{
	PCRE2_UCHAR reason[128];
	int got = pcre2_match(c->code, (PCRE2_SPTR)text, len, 0, 0, lane->match, NULL);

	switch (got) {
	case PCRE2_ERROR_NOMATCH:
		return c->invert ? PASS : DROP;
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_JIT_STACKLIMIT:
		out->bad++;
		return BAD;
	case PCRE2_ERROR_NOMEMORY:
		err_memory(err, "matching a pattern");
		return FAIL;
	default:
		if (got >= 0)
			return c->invert ? DROP : PASS;
		(void)pcre2_get_error_message(got, reason, sizeof(reason));
		err_set(err, ERR_RUN, "grep: pattern '%s' on a record of %zu bytes: %s",
		    c->pattern, len, (const char *)reason);
		return FAIL;
	}
}

/* Appends the run of lines FROM .. TO if it has any. */
static int
add_lines(struct blocks *out, const char *from, const char *to, uint64_t records)
{
	struct block run = { .text = from, .len = (size_t)(to - from), .records = records };

	return records == 0 ? 0 : blocks_add(out, run);
}

static int
feed_lines(const struct config *c, struct lane *lane, const struct block *in, struct blocks *out,
    struct err *err)
{
	const char *end = in->text + in->len, *run = in->text, *text = in->text;
	uint64_t records = 0;

	while (text < end) {
		const char *line = text;
		enum verdict verdict;
		size_t len;

		text = line_next(text, end, &len);
		verdict = judge(c, lane, line, len, out, err);
		if (verdict == FAIL)
			return -1;
		if (verdict == PASS) {
			records++;
			continue;
		}
		if (add_lines(out, run, line, records) == -1)
			return err_memory(err, "passing lines");
		run = text;
		records = 0;
	}
	return add_lines(out, run, end, records) == -1 ? err_memory(err, "passing lines") : 0;
}

static int
feed_rows(const struct config *c, struct lane *lane, const struct block *in, struct blocks *out,
    struct err *err)
{
	for (uint64_t row = 0; row < in->records; row++) {
		struct block one = *in;
		enum verdict verdict;

		one.cells = in->cells + row * in->columns;
		one.records = 1;
		lane->text.len = 0;
		if (tsv_row(&lane->text, one.cells, one.columns) == -1)
			return err_memory(err, "matching rows");
		verdict = judge(c, lane, lane->text.data, lane->text.len, out, err);
		if (verdict == FAIL)
			return -1;
		if (verdict == PASS && blocks_add(out, one) == -1)
			return err_memory(err, "passing rows");
	}
	return 0;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct map *state,
    struct blocks *out, struct err *err)
{
	(void)state;
	if (in->text != NULL)
		return feed_lines(s->config, private, in, out, err);
	return feed_rows(s->config, private, in, out, err);
}

const struct stage_class stage_grep = {
	.name = "grep",
	.usage = "[OPTION]... PATTERN",
	.help = "pass the records that match a regular expression",
	.detail =
	    "PATTERN is a Perl-compatible regular expression (PCRE2) over UTF-8; invalid\n"
	    "bytes match nothing.  A record is a line without its end, or a row's fields\n"
	    "joined by tabs as they would be printed, without the time.  A record on which\n"
	    "PCRE2 gives up (a pattern that backtracks too much) is counted as bad.\n"
	    "Rows: as they come in, in the order they come.  State: none.\n",
	.spark = "filter(line => pattern.matcher(line).find())",
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.argument = argument,
	.open = open_stage,
	.close = close_stage,
	.lane_open = lane_open,
	.lane_close = lane_close,
	.feed = feed,
};
