/*
 * wordcount: how often each word occurs.  Words are split at ASCII white space, 64 bytes at a time
 * by the masks of base/scan, and counted where they lie; only --fold copies a word.
 */
#include "base/scan.h"
#include "base/num.h"
#include "base/utf8.h"
#include "core/stage.h"
#include "core/tally.h"

#include <string.h>

#define MASKS 256			/* masks made at a time: 16 KiB of text */

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

static int
open_stage(struct stage *s, const struct schema *in, struct schema *out, struct err *err)
{
	struct config *c = s->config;

	(void)in;
	(void)err;
	c->scan = scan_best();
	c->plain = !c->fold && !c->strip && c->min_length <= 1;
	*out = (struct schema){ .columns = 2, .name = { "word", "count" } };
	return 0;
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
	return tally_text(&lane->tally, word, len, true);
}

/*
 * Counts the words that end in the 64 bytes at TEXT, of which a mask marks the separators.  *WORD
 * is where the open word began and is moved on.
 */
static int
count_changed_words(const struct config *c, struct lane *lane, const char *text,
    uint64_t separators, const char **word)
{
	for (; separators != 0; separators &= separators - 1) {
		const char *end = text + __builtin_ctzll(separators);

		if (end > *word && count_changed(c, lane, *word, (size_t)(end - *word)) == -1)
			return -1;
		*word = end + 1;
	}
	return 0;
}

/* The same for words that are counted as they are, of which none of 16 bytes or less has a NUL. */
static inline int
count_plain_words(struct tally *t, const char *text, uint64_t separators, const char **word)
{
	const char *start = *word;

	for (; separators != 0; separators &= separators - 1) {
		const char *end = text + __builtin_ctzll(separators);
		size_t len = (size_t)(end - start);

		if (len - 1 < MAP_INLINE) {
			if (tally_short(t, start, len) == -1)
				return -1;
		} else if (len > 0 && tally_text(t, start, len, true) == -1) {
			return -1;
		}
		start = end + 1;
	}
	*word = start;
	return 0;
}

/* The words that end in the bytes of N masks. */
static int
count_masks(const struct config *c, struct lane *lane, const char *text, size_t n, bool nul,
    const char **word)
{
	if (c->plain && !nul) {
		for (size_t k = 0; k < n; k++)
			if (count_plain_words(&lane->tally, text + 64 * k, lane->masks[k],
			    word) == -1)
				return -1;
		return 0;
	}
	for (size_t k = 0; k < n; k++)
		if (count_changed_words(c, lane, text + 64 * k, lane->masks[k], word) == -1)
			return -1;
	return 0;
}

/* Counts the words of whole lines; a word may reach over the masks made at a time. */
static int
count_text(const struct config *c, struct lane *lane, const char *text, size_t len)
{
	const char *word = text;
	bool nul_before = false;

	while (len > 0) {
		size_t size = len < 64 * MASKS ? len : 64 * MASKS;
		size_t n = (size + 63) / 64;
		bool nul = c->scan->spaces(lane->masks, text, n);

		if (size % 64 != 0)
			lane->masks[n - 1] &= ((uint64_t)1 << size % 64) - 1;
		if (count_masks(c, lane, text, n, nul || nul_before, &word) == -1)
			return -1;
		nul_before = nul;
		text += size;
		len -= size;
	}
	return 0;
}

static int
feed(const struct stage *s, void *private, const struct block *in, struct map *state,
    struct blocks *out, struct err *err)
{
	struct lane *lane = private;

	(void)out;
	if (tally_start(&lane->tally, state) == -1 ||
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

	return tally_fire(&lane->tally, answer, s->limit, err);
}

static size_t
rows(const struct stage *s, void *private, const struct rows *out)
{
	struct lane *lane = private;

	(void)s;
	return tally_rows(&lane->tally, out);
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
	.flags = STAGE_RANKS,
	.aggregate = &aggregate_count,
	.config_size = sizeof(struct config),
	.lane_size = sizeof(struct lane),
	.option = option,
	.open = open_stage,
	.lane_close = lane_close,
	.feed = feed,
	.fire = fire,
	.rows = rows,
};
