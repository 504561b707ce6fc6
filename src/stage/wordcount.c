/*
 * wordcount: how often each word occurs.  Words are split at ASCII white space by base/scan, a
 * piece of text at a time, and counted where they lie; only --fold copies a word.
 */
#include "base/scan.h"
#include "base/num.h"
#include "base/utf8.h"
#include "core/stage.h"
#include "core/tally.h"

#include <string.h>

#define MASKS 128			/* a piece: 8 KiB of text, in the first cache */

enum { FOLD, STRIP, MIN_LENGTH };

struct config {
	const struct scan	*scan;
	uint64_t		 min_length;	/* characters */
	bool			 fold, strip;
	bool			 plain;		/* words are counted as they are */
};

struct lane {
	struct tally	 tally;
	struct arena	 folded;		/* lower-cased words of a block */
	uint64_t	 masks[MASKS];
	uint16_t	 edge[64 * MASKS + SCAN_SLACK];
};

static const struct opt options[] = {
	{ "fold", 'f', FOLD, NULL, "lower-case (Unicode simple case mapping)" },
	{ "strip", 'p', STRIP, NULL, "drop punctuation before and behind a word" },
	{ "min-length", 'm', MIN_LENGTH, "N", "only words of at least N characters" },
	{ 0 },
};

static int
option(struct stage *s, int id, const char *value, int word, struct err *err)
{
	struct config *c = s->config;
	enum num_status status;

	if (id == FOLD)
		c->fold = true;
	else if (id == STRIP)
		c->strip = true;
	else if ((status = num_parse_u64(value, &c->min_length)) != NUM_OK)
		return err_word(err, word, "min-length '%s' %s", value, num_status_text(status));
	else if (c->min_length == 0)
		return err_word(err, word, "min-length '%s' is zero; it must be 1 or more", value);
	return 0;
}

static const struct group words = { .columns = 1, .plain = true, .never_null = true };

static int
open_stage(struct stage *s, struct err *err)
{
	struct config *c = s->config;

	c->scan = scan_best();
	c->plain = !c->fold && !c->strip && c->min_length <= 1;
	s->out = &s->made;
	s->aggregate = &aggregate_count;
	s->group = &words;
	if (schema_add(s->out, "word", true, err) == -1)
		return -1;
	return schema_add(s->out, "count", false, err);
}

/* Strips, folds and measures a word, then counts what is left; 0, or -1 (memory). */
static int
count_changed(const struct config *c, struct lane *lane, const char *word, size_t len)
{
	if (c->strip)
		utf8_strip(&word, &len);
	if (len == 0 || utf8_count(word, len) < c->min_length)
		return 0;
	if (c->fold) {
		char *folded = arena_bytes(&lane->folded, UTF8_FOLD_MAX(len) + SCAN_PAD);

		if (folded == NULL)
			return -1;
		len = utf8_fold(folded, word, len);
		word = folded;
	}
	return tally_text(&lane->tally, word, len);
}

/* Counts the N words of TEXT that lie between pairs of edges. */
static int
count_words(const struct config *c, struct lane *lane, const char *text, const uint16_t *edge,
    size_t n, bool nul)
{
	if (c->plain && !nul)
		return tally_words(&lane->tally, text, edge, n);
	for (size_t i = 0; i < 2 * n; i += 2)
		if (count_changed(c, lane, text + edge[i], (size_t)edge[i + 1] - edge[i]) == -1)
			return -1;
	return 0;
}

/* Marks the white space in LEN bytes, and all that is behind them; true if one of them is NUL. */
static bool
mark_spaces(const struct scan *scan, uint64_t *masks, const char *text, size_t len)
{
	size_t whole = len / 64;
	bool nul = scan->spaces(masks, text, whole);
	char rest[64];

	if (len % 64 == 0)
		return nul;
	memset(rest, ' ', sizeof(rest));
	memcpy(rest, text + 64 * whole, len % 64);
	return scan->spaces(masks + whole, rest, 1) || nul;
}

/*
 * Counts the words that end in a piece of text.  *OPEN is where the word began that was open before
 * it, NULL if there was none, and becomes that of the one open behind it.
 */
static int
count_piece(const struct config *c, struct lane *lane, const char *text, size_t len,
    const char **open)
{
	bool nul = mark_spaces(c->scan, lane->masks, text, len);
	const uint16_t *edge = lane->edge;
	size_t n = c->scan->edges(lane->edge, lane->masks, (len + 63) / 64, *open != NULL);

	if (*open != NULL) {
		if (n == 0)
			return 0;
		if (count_changed(c, lane, *open, (size_t)(text + *edge - *open)) == -1)
			return -1;
		edge++;
		n--;
	}
	*open = n % 2 != 0 ? text + edge[n - 1] : NULL;
	return count_words(c, lane, text, edge, n / 2, nul);
}

/* Counts the words of whole lines, a piece at a time. */
static int
count_text(const struct config *c, struct lane *lane, const char *text, size_t len)
{
	const char *open = NULL;

	while (len > 0) {
		size_t size = len < 64 * MASKS ? len : 64 * MASKS;

		if (count_piece(c, lane, text, size, &open) == -1)
			return -1;
		text += size;
		len -= size;
	}
	return 0;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct feed *to,
    struct err *err)
{
	struct lane *lane = private;

	if (tally_start(&lane->tally, to->state) == -1 ||
	    count_text(s->config, lane, in->text, in->len) == -1 ||
	    tally_end(&lane->tally) == -1)
		return err_memory(err, "counting words");
	arena_reset(&lane->folded);
	return 0;
}

static int
fire(const struct stage *s, void *private, const struct map *answer, struct err *err)
{
	struct lane *lane = private;

	return tally_fire(&lane->tally, s, answer, s->limit, err);
}

static int
rows(const struct stage *s, void *private, const struct rows *out, struct err *err)
{
	struct lane *lane = private;

	(void)s;
	(void)err;
	return (int)tally_rows(&lane->tally, out);
}

static void
lane_close(void *private)
{
	struct lane *lane = private;

	tally_close(&lane->tally);
	arena_free(&lane->folded);
}

const struct stage_class stage_wordcount = {
	.name = "wordcount",
	.usage = "[OPTION]...",
	.help = "how often each word occurs",
	.detail =
	    "Splits at ASCII white space (tab, newline, vertical tab, form feed, carriage\n"
	    "return, blank); bytes that are not valid UTF-8 are counted as they are.\n"
	    "Punctuation is what ispunct() says of ASCII and category P of Unicode.\n"
	    "Rows: word, count; by count down, then by the bytes of the word.\n"
	    "State: one entry for each distinct word of the window.\n",
	.spark = "flatMap(_.split(\"\\\\s+\")).countByValueAndWindow(window, slide)",
	.options = options,
	.flags = STAGE_AGGREGATES | STAGE_RANKS | STAGE_LINES,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
	.seed = given_count,
	.fire = fire,
	.rows = rows,
};
