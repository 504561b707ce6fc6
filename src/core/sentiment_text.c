/*
 * The way through a text, see sentiment_text.h: masks tell where words begin and end, most of which
 * lie one blank apart and are plain ASCII; what is between them otherwise, and what words are not
 * plain, is read by sentiment_gap.c and sentiment_word.c.
 */
#include "core/sentiment_text.h"

#include "base/load.h"

#include <string.h>

#define ODD_1 UINT64_C(0x9e3779b97f4a7c15)	/* odd numbers with irregular bits */
#define ODD_2 UINT64_C(0xd6e8feb86659fd93)
#define CLASS UINT64_C(0xa0761d6478bd642f)

static inline uint64_t
mix(uint64_t key, uint64_t word)
{
	key = (key ^ word) * ODD_1;
	return key ^ key >> 32;
}

/* Of bytes that have eight more behind them. */
static inline uint64_t
padded_key(const char *bytes, size_t len)
{
	uint64_t key = ODD_2;

	for (; len > 8; len -= 8, bytes += 8)
		key = mix(key, load_word(bytes));
	return mix(key, len == 0 ? 0 : load_word(bytes) & (UINT64_MAX >> (64 - 8 * len))) * ODD_2;
}

uint64_t
sentiment_key(const char *bytes, size_t len)
{
	char padded[SENTIMENT_WORD_MAX + 8] = { 0 };

	len = len < SENTIMENT_WORD_MAX ? len : SENTIMENT_WORD_MAX;
	if (len > 0)
		memcpy(padded, bytes, len);
	return padded_key(padded, len);
}

uint64_t
sentiment_class_key(const char *name)
{
	return sentiment_key(name, strlen(name)) ^ CLASS;
}

/* True if text[at .. end) has no small letter and no digit. */
static bool
all_capitals(const char *text, size_t at, size_t end)
{
	for (size_t i = at; i < end; i++)
		if ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9'))
			return false;
	return true;
}

static inline bool
is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* True if a bit of ODD is set in [at, end). */
static bool
any_odd(const uint64_t *odd, size_t at, size_t end)
{
	uint64_t bits = odd[at / 64] >> at % 64;

	if (at % 64 != 0)
		bits |= odd[at / 64 + 1] << (64 - at % 64);
	return end - at >= 64 || (bits & ((UINT64_C(1) << (end - at)) - 1)) != 0;
}

/* What begins like a web address, text[at .. end) its first word; where it ends, or END. */
static size_t
skip_url(struct sentiment_text *t, size_t at, size_t end)
{
	const char *p = t->lower;
	bool scheme = memcmp(p + at, "http", 4) == 0 && end - at <= 5 &&
	    memcmp(p + end, "://", 3) == 0;

	if (!scheme && !(memcmp(p + at, "www", 3) == 0 && end - at == 3 && p[end] == '.'))
		return end;
	while (end < t->len && (unsigned char)p[end] > ' ')
		end++;
	t->seen |= SENTIMENT_SEEN_URL;
	return end;
}

/* Takes a word of ASCII, all of it. */
static inline void
plain_word(struct sentiment_text *t, size_t at, size_t end)
{
	size_t len = end - at < SENTIMENT_WORD_MAX ? end - at : SENTIMENT_WORD_MAX;
	const char *text = t->text;
	unsigned flags = 0;

	if (is_capital(text[at]) && all_capitals(text, at, end))
		flags = end - at >= 2 ? SENTIMENT_CAPS : 0;
	else
		t->seen |= SENTIMENT_SEEN_LOWER;
	(void)sentiment_token_add(t, padded_key(t->lower + at, len), at, end, SENTIMENT_WORD,
	    flags);
}

/* Takes what lies between two edges; returns where to go on. */
static inline size_t
take_word(struct sentiment_text *t, bool odd, size_t at, size_t end)
{
	size_t behind = end;
	const char *p = t->lower;

	while (at < end && p[at] == '\'')
		at++;
	while (at < end && p[end - 1] == '\'')
		end--;
	if (at == end)
		return behind;
	if ((p[at] == 'h' || p[at] == 'w') && (p[end] == ':' || p[end] == '.')) {
		size_t next = skip_url(t, at, end);

		if (next > end)
			return next;
	}
	if (odd && any_odd(t->odd, at, end))
		sentiment_odd_word(t, at, end);
	else
		plain_word(t, at, end);
	return behind;
}

/* The bytes of a text that are looked at: not half a word, if there is a blank in the last part. */
static size_t
cut(const char *text, size_t len)
{
	size_t most = SENTIMENT_TEXT_MAX;

	if (len <= most)
		return len;
	while (most > SENTIMENT_TEXT_MAX - 256 && (unsigned char)text[most] > ' ')
		most--;
	return (unsigned char)text[most] > ' ' ? SENTIMENT_TEXT_MAX : most;
}

void
sentiment_text_split(struct sentiment_text *t, const struct scan *scan, const char *text,
    size_t len)
{
	struct letters letters = { t->lower, t->masks, t->odd };
	size_t n, at = 0;
	bool odd;

	t->text = text;
	t->len = len = cut(text, len);
	t->n = 0;
	t->seen = t->exclaims = t->questions = 0;
	t->pause = false;
	odd = letters_split(&letters, text, len);
	n = scan->edges(t->edge, t->masks, (len + 63) / 64 + 1, false);
	for (size_t i = 0; i + 1 < n; i += 2) {
		size_t start = t->edge[i], end = t->edge[i + 1];

		if (start < at)			/* what is skipped reaches into the word */
			start = at;
		if (start >= end)
			continue;
		if (start > at && !(start == at + 1 && t->lower[at] == ' '))
			start = sentiment_gap(t, at, start);
		at = start >= end ? start : take_word(t, odd, start, end);
	}
	if (at < len)
		(void)sentiment_gap(t, at, len);
}
