/*
 * Words that are not plain: with bytes beyond ASCII, among which are curly apostrophes, letters of
 * other alphabets, emoji and punctuation; and elongated ones.
 */
#include "core/sentiment_text.h"

#include "base/utf8.h"

#include <string.h>

enum sort { LETTER, APOSTROPHE, EMOJI, JOINER, PAUSE, NOTHING };

/* A word that is being put together. */
struct open_word {
	char	 bytes[SENTIMENT_WORD_MAX];
	size_t	 len;
	size_t	 at, end;		/* where in the text */
	bool	 small;			/* has a letter that is not a capital */
	unsigned letters;
};

static enum sort
sort_of(uint32_t cp)
{
	if (cp < 0x80)
		return cp == '\'' ? APOSTROPHE : LETTER;
	if (cp == 0x2019 || cp == 0x2018 || cp == 0x2bc || cp == 0xb4)
		return APOSTROPHE;
	if ((cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0x200d || (cp >= 0x1f3fb && cp <= 0x1f3ff))
		return JOINER;
	if ((cp >= 0x1f000 && cp <= 0x1faff) || (cp >= 0x2600 && cp <= 0x27bf) ||
	    (cp >= 0x2b00 && cp <= 0x2bff) || cp == 0x203c || cp == 0x2049)
		return EMOJI;
	if (cp == 0x2026 || cp == 0x2013 || cp == 0x2014 || cp == 0x201c || cp == 0x201d)
		return PAUSE;
	if (cp == UTF8_INVALID || cp < 0xc0 || cp == 0xd7 || cp == 0xf7 ||
	    (cp >= 0x2000 && cp < 0x2c00) || (cp >= 0x3000 && cp < 0x3040) || utf8_is_punct(cp))
		return NOTHING;
	return LETTER;
}

/* Brings runs of three and more of a letter to KEPT of it, 1 or 2. */
static size_t
squeeze(char *out, const char *word, size_t len, size_t kept)
{
	size_t n = 0;

	for (size_t i = 0, end; i < len; i = end) {
		bool letter = (unsigned char)word[i] < 128 && (word[i] < '0' || word[i] > '9');

		for (end = i + 1; end < len && word[end] == word[i]; end++)
			;
		for (size_t k = i; k < end && !(letter && end - i >= 3 && k >= i + kept); k++)
			out[n++] = word[k];
	}
	return n;
}

/* The token of an elongated word. */
static void
add_elongated(struct sentiment_text *t, struct open_word *w, unsigned flags)
{
	char shorter[SENTIMENT_WORD_MAX], bare[SENTIMENT_WORD_MAX];
	size_t len = squeeze(shorter, w->bytes, w->len, 2);
	size_t bare_len = squeeze(bare, w->bytes, w->len, 1);
	struct sentiment_token *token = sentiment_token_add(t, sentiment_key(shorter, len), w->at,
	    w->end, SENTIMENT_WORD, flags | (len < w->len ? SENTIMENT_LONG : 0));

	if (len < w->len)
		token->bare = sentiment_key(bare, bare_len);
}

/* Makes a token of the word that is open, if there is one. */
static void
close_word(struct sentiment_text *t, struct open_word *w)
{
	unsigned flags = !w->small && w->letters >= 2 ? SENTIMENT_CAPS : 0;

	while (w->len > 0 && w->bytes[w->len - 1] == '\'')
		w->len--;
	if (w->len > 0) {
		if (w->small)
			t->seen |= SENTIMENT_SEEN_LOWER;
		add_elongated(t, w, flags);
	}
	*w = (struct open_word){ .len = 0 };
}

/* A character of a word: in lower case, as far as the word may grow. */
static void
add_letter(const struct sentiment_text *t, struct open_word *w, uint32_t cp, size_t at, size_t end)
{
	char bytes[UTF8_BYTES];
	uint32_t lower = utf8_lower(cp);
	size_t size = utf8_encode(bytes, lower);

	if (w->len == 0)
		w->at = at;
	w->end = end;
	w->letters++;
	if (cp < 0x80 ? t->text[at] == t->lower[at] : cp == lower)
		w->small = true;
	if (w->len + size > sizeof(w->bytes))
		return;
	memcpy(w->bytes + w->len, bytes, size);
	w->len += size;
}

static void
add_character(struct sentiment_text *t, struct open_word *w, uint32_t cp, size_t at, size_t end)
{
	switch (sort_of(cp)) {
	case LETTER:
		add_letter(t, w, cp, at, end);
		break;
	case APOSTROPHE:
		if (w->len > 0 && w->len < sizeof(w->bytes))
			w->bytes[w->len++] = '\'';
		break;
	case EMOJI:
		close_word(t, w);
		(void)sentiment_token_add(t, sentiment_key(t->text + at, end - at), at, end,
		    SENTIMENT_SIGN, 0);
		break;
	case JOINER:
		break;
	case PAUSE:
		close_word(t, w);
		t->pause = true;
		break;
	case NOTHING:
		close_word(t, w);
	}
}

void
sentiment_odd_word(struct sentiment_text *t, size_t at, size_t end)
{
	struct open_word word = { .len = 0 };

	while (at < end) {
		uint32_t cp;
		size_t size = utf8_decode((const unsigned char *)t->lower + at, end - at, &cp);

		add_character(t, &word, cp, at, at + size);
		at += size;
	}
	close_word(t, &word);
}
