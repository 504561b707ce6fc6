/*
 * grep: passes the records that match a regular expression.  Lines that follow each other and pass
 * go on as one block, in place: nothing is copied.
 */
#include "core/regex.h"
#include "core/stage.h"
#include "core/tsv.h"

enum { INVERT, IGNORE_CASE };

struct config {
	const char	*pattern;
	int		 word;
	bool		 invert, ignore_case;
	struct regex	 regex;
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
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;

	return regex_open(&c->regex, c->pattern, c->word, c->ignore_case, err);
}

static void
close_stage(struct stage *s)
{
	regex_close(&((struct config *)s->config)->regex);
}

static int
lane_open(const struct stage *s, void *private, struct err *err)
{
	const struct config *c = s->config;
	struct lane *lane = private;

	lane->match = regex_match_data(&c->regex, false);
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
judge(const struct config *c, struct lane *lane, const char *text, size_t len, struct bad *bad,
    struct err *err)
{
	switch (regex_match(&c->regex, lane->match, text, len, err)) {
	case REGEX_NO:
		return c->invert ? PASS : DROP;
	case REGEX_YES:
		return c->invert ? DROP : PASS;
	case REGEX_HARD:
		bad_record(bad, text, len, "grep: pattern '%s' backtracks too much",
		    c->pattern);
		return BAD;
	case REGEX_FAIL:
		break;
	}
	err_prefix(err, "grep");
	return FAIL;
}

/* Appends the run of lines FROM .. TO if it has any. */
static int
add_lines(struct blocks *out, const char *from, const char *to, uint64_t records)
{
	struct block run = { .text = from, .len = (size_t)(to - from), .records = records };

	return records == 0 ? 0 : blocks_add(out, run);
}

static int
feed_lines(const struct config *c, struct lane *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	const char *end = in->text + in->len, *run = in->text, *text = in->text;
	uint64_t records = 0;

	while (text < end) {
		const char *line = text;
		enum verdict verdict;
		size_t len;

		text = line_next(text, end, &len);
		verdict = judge(c, lane, line, len, to->bad, err);
		if (verdict == FAIL)
			return -1;
		if (verdict == PASS) {
			records++;
			continue;
		}
		if (add_lines(to->out, run, line, records) == -1)
			return err_memory(err, "passing lines");
		run = text;
		records = 0;
	}
	return add_lines(to->out, run, end, records) == -1 ? err_memory(err, "passing lines") : 0;
}

/* What is matched of a row: a record as it was read, or the fields joined by tabs. */
static int
row_text(const struct stage *s, struct lane *lane, const struct value *row, unsigned width,
    struct value *text)
{
	if (s->in->input) {
		*text = row[SCHEMA_RECORD];
		return 0;
	}
	lane->text.len = 0;
	if (tsv_row(&lane->text, row, width) == -1)
		return -1;
	*text = value_text(lane->text.data, lane->text.len);
	return 0;
}

/* Appends rows FROM .. TO - 1 of a block if there are any. */
static int
add_rows(struct blocks *out, const struct block *in, uint64_t from, uint64_t to)
{
	struct block run = *in;

	run.cells += from * in->width;
	run.records = to - from;
	return run.records == 0 ? 0 : blocks_add(out, run);
}

static int
feed_rows(const struct stage *s, struct lane *lane, const struct block *in, struct feed *to,
    struct err *err)
{
	uint64_t from = 0;

	for (uint64_t row = 0; row < in->records; row++) {
		struct value text;
		enum verdict verdict;

		if (row_text(s, lane, in->cells + row * in->width, in->width, &text) == -1)
			return err_memory(err, "matching rows");
		verdict = judge(s->config, lane, text.text, text.len, to->bad, err);
		if (verdict == FAIL)
			return -1;
		if (verdict == PASS)
			continue;
		if (add_rows(to->out, in, from, row) == -1)
			return err_memory(err, "passing rows");
		from = row + 1;
	}
	return add_rows(to->out, in, from, in->records) == -1 ?
	    err_memory(err, "passing rows") : 0;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	if (in->text != NULL)
		return feed_lines(s->config, private, in, to, err);
	return feed_rows(s, private, in, to, err);
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
	.flags = STAGE_LINES | STAGE_ROWS,
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
