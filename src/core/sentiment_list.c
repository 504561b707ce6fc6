/*
 * See sentiment_list.h.  A word is split as a text is, so that a list may have emoji, emoticons and
 * capitals; what is no single token is no word.
 */
#include "core/sentiment_list.h"

#include "base/decimal.h"
#include "base/mem.h"
#include "core/sentiment_data.h"

#include <string.h>

#define BYTES_A_BUCKET 8		/* of text: two words at most in a bucket of ten */

/* Words that do something to others, each ended by a blank. */
static const struct role {
	int		 role;
	const char	*words;
} roles[] = {
	{ SENTIMENT_BOOSTER,
	    "absolutely amazingly awfully completely considerably decidedly deeply enormously "
	    "entirely especially exceptionally extremely extraordinarily fabulously flippin "
	    "frickin friggin fucking fuckin fully greatly hella highly hugely incredibly "
	    "intensely insanely majorly more most particularly purely quite really remarkably so "
	    "soo such substantially super thoroughly too total totally tremendously truly uber "
	    "unbelievably unusually utterly very " },
	{ SENTIMENT_DAMPENER,
	    "almost fairly kind kinda less little marginally mildly occasionally partly slightly "
	    "somewhat sort sorta " },
	{ SENTIMENT_NEGATOR,
	    "not no never none nobody nothing neither nor nowhere without hardly barely scarcely "
	    "rarely seldom despite lack lacks lacking lacked cannot cant can't dont don't doesnt "
	    "doesn't didnt didn't isnt isn't arent aren't wasnt wasn't werent weren't wont won't "
	    "wouldnt wouldn't couldnt couldn't shouldnt shouldn't havent haven't hasnt hasn't "
	    "hadnt hadn't aint ain't neednt needn't mustnt mustn't mightnt mightn't " },
	{ SENTIMENT_BUT, "but however " },
};

/* Valences of classes of emoticons, in twentieths. */
static const struct face {
	const char	*name;
	int		 valence;
} faces[] = {
	{ ":)", 36 }, { ":D", 44 }, { ":P", 24 }, { ";)", 28 }, { ":(", -40 }, { ":/", -22 },
	{ ":|", -12 }, { ":O", -2 }, { ":*", 38 }, { ":S", -24 }, { "<3", 44 }, { "</3", -40 },
	{ "^^", 32 }, { "-_-", -30 }, { "\\o/", 36 }, { ":'(", -42 }, { ":')", 36 },
};

/* Makes the table N buckets large, and empty. */
static int
make_table(struct sentiment_list *l, size_t n, struct err *err)
{
	l->bucket = mem_zalloc(n * sizeof(*l->bucket));
	if (l->bucket == NULL)
		return err_memory(err, "reading a list of words");
	l->n = (uint32_t)n;
	l->words = 0;
	return 0;
}

/* Sets what a word is; a bucket is all but never full, and then the word is not taken. */
static int
put(struct sentiment_list *l, uint64_t key, int valence)
{
	static const int8_t nothing[SENTIMENT_LABELS];
	struct sentiment_words words = sentiment_list_words(l);
	struct sentiment_place at = sentiment_word_find(&words, key);

	if (!sentiment_place_none(at))
		l->bucket[at.bucket].valence[at.slot] = (int8_t)valence;
	else if (sentiment_word_add(l->bucket, l->n, key, valence, nothing)) {
		l->words++;
		return buf_add(&l->keys, &key, sizeof(key));
	}
	return 0;
}

/* The valence of a line in twentieths. */
static int
read_valence(const char *text, size_t len, int *valence)
{
	int64_t whole;
	double d;

	switch (decimal_parse(text, len, &whole, &d)) {
	case DECIMAL_INT:
		d = whole < -5 || whole > 5 ? 5 : (double)whole;
		break;
	case DECIMAL_DOUBLE:
		break;
	default:
		return -1;
	}
	if (!(d >= -4 && d <= 4))
		return -1;
	*valence = (int)(d * 20 + (d < 0 ? -0.5 : 0.5));
	return 0;
}

static int
read_line(struct sentiment_list *l, struct sentiment_text *split, const char *line, size_t len,
    size_t number, struct err *err)
{
	const char *tab = memchr(line, '\t', len);
	int shown = (int)(len < 60 ? len : 60), valence;

	if (tab == NULL)
		return err_set(err, ERR_RUN, "line %zu: '%.*s' has no tab between word and valence",
		    number, shown, line);
	if (read_valence(tab + 1, (size_t)(line + len - tab - 1), &valence) == -1)
		return err_set(err, ERR_RUN, "line %zu: '%.*s' is no valence from -4 to 4", number,
		    (int)(line + len - tab - 1 < 60 ? line + len - tab - 1 : 60), tab + 1);
	sentiment_text_split(split, scan_best(), line, (size_t)(tab - line));
	if (split->n != 1)
		return err_set(err, ERR_RUN, "line %zu: '%.*s' is not one word", number,
		    (int)(tab - line < 60 ? tab - line : 60), line);
	if (put(l, split->token[0].key, valence) == -1)
		return err_memory(err, "reading a list of words");
	return 0;
}

int
sentiment_list_read(struct sentiment_list *l, struct sentiment_text *split, const char *text,
    size_t len, struct err *err)
{
	size_t number = 1;

	if (make_table(l, len / BYTES_A_BUCKET + 16, err) == -1)
		return -1;
	for (size_t at = 0, size; at < len; at += size + 1, number++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t used = size = end == NULL ? len - at : (size_t)(end - text) - at;

		if (used > 0 && text[at + used - 1] == '\r')
			used--;
		if (used == 0 || text[at] == '#')
			continue;
		if (read_line(l, split, text + at, used, number, err) == -1) {
			sentiment_list_free(l);
			return -1;
		}
	}
	return 0;
}

static int
put_roles(struct sentiment_list *l, const struct role *role)
{
	for (const char *word = role->words, *end; *word != '\0'; word = end + 1) {
		end = strchr(word, ' ');
		if (put(l, sentiment_key(word, (size_t)(end - word)), role->role) == -1)
			return -1;
	}
	return 0;
}

/* What the file of the list cannot say. */
static int
put_rest(struct sentiment_list *l)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (put_roles(l, &roles[i]) == -1)
			return -1;
	for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++)
		if (put(l, sentiment_class_key(faces[i].name), faces[i].valence) == -1)
			return -1;
	return 0;
}

int
sentiment_list_builtin(struct sentiment_list *l, struct sentiment_text *split, struct err *err)
{
	if (sentiment_list_read(l, split, (const char *)sentiment_data_words,
	    sentiment_data_words_size, err) == -1)
		return -1;
	if (put_rest(l) == 0)
		return 0;
	sentiment_list_free(l);
	return err_memory(err, "reading a list of words");
}

void
sentiment_list_free(struct sentiment_list *l)
{
	mem_free(l->bucket);
	buf_free(&l->keys);
	*l = (struct sentiment_list){ .bucket = NULL };
}
