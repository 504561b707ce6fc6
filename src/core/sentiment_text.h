/*
 * A text as tokens that can say something: words, emoji and emoticons, runs of ! and ?.  URLs and
 * @mentions are left out, of a hashtag the word counts; words are lower-cased, an elongated one
 * ("soooo") is brought to two of the letter.  A token is known by its key, a hash of what it is.
 */
#ifndef CORE_SENTIMENT_TEXT_H
#define CORE_SENTIMENT_TEXT_H

#include "base/letters.h"

#include <stddef.h>
#include <stdint.h>

#define SENTIMENT_TEXT_MAX (16 << 10)	/* bytes that are looked at; what is behind them is not */
#define SENTIMENT_TOKENS_MAX (SENTIMENT_TEXT_MAX + 1)
#define SENTIMENT_WORD_MAX 64		/* bytes of a word that count */

enum sentiment_kind {
	SENTIMENT_WORD,
	SENTIMENT_SIGN,			/* an emoji or emoticon */
	SENTIMENT_MARK,			/* a run of ! and ?, dots, or asterisks */
};

enum {					/* flags of a token */
	SENTIMENT_CAPS = 1,		/* capitals only, two at least */
	SENTIMENT_LONG = 2,		/* elongated */
	SENTIMENT_HASHTAG = 4,
	SENTIMENT_BREAK = 8,		/* punctuation that ends a clause lies before it */
};

struct sentiment_token {
	uint64_t	 key;
	uint64_t	 bare;		/* of an elongated word: its key without that */
	uint32_t	 at, len;	/* where in the text */
	const int8_t	*weight;	/* what was learnt; by sentiment_rules, as what follows */
	int16_t		 valence;	/* in twentieths */
	uint8_t		 kind, flags;
	bool		 negated;
	bool		 known;		/* something was learnt of it, or the list has it */
	bool		 own;		/* a user's own word, of which nothing was learnt */
};

enum sentiment_seen {			/* what of a text is no token */
	SENTIMENT_SEEN_URL = 1, SENTIMENT_SEEN_MENTION = 2, SENTIMENT_SEEN_HASHTAG = 4,
	SENTIMENT_SEEN_LOWER = 8,	/* a word that is not in capitals */
};

struct sentiment_text {
	const char		*text;
	size_t			 len;
	size_t			 n;			/* tokens */
	unsigned		 seen;
	unsigned		 exclaims, questions;	/* characters */
	bool			 pause;			/* a clause has ended */
	char			 lower[SENTIMENT_TEXT_MAX + 2 * LETTERS_PAD];
	uint64_t		 masks[SENTIMENT_TEXT_MAX / 64 + 2];
	uint64_t		 odd[SENTIMENT_TEXT_MAX / 64 + 2];
	uint16_t		 edge[SENTIMENT_TEXT_MAX + 64 + SCAN_SLACK];
	struct sentiment_token	 token[SENTIMENT_TOKENS_MAX];
};

/* Splits TEXT, which must stay while the tokens are used. */
void sentiment_text_split(struct sentiment_text *, const struct scan *, const char *text,
    size_t len);

/* The key of a word or an emoji as a token of it would have, of lower-case bytes. */
uint64_t sentiment_key(const char *bytes, size_t len);

/* The key of a class of signs or marks, such as ":)" or "!!": never that of a word. */
uint64_t sentiment_class_key(const char *name);

/*
 * Reads what lies between two words, text[at .. end), and the emoticons that begin there; returns
 * where the next word may begin, END or behind it.
 */
size_t sentiment_gap(struct sentiment_text *, size_t at, size_t end);

/* Takes a word that has bytes beyond ASCII or letters three times in a row. */
void sentiment_odd_word(struct sentiment_text *, size_t at, size_t end);

/*
 * The class of the emoticon at text[at], and its length; NULL if there is none.  Of each class one
 * is the name, such as ":)".
 */
const char *sentiment_emoticon(const char *text, size_t at, size_t len, size_t *size);

/* Appends a token; the end of a clause and a hashtag are told to it. */
static inline struct sentiment_token *
sentiment_token_add(struct sentiment_text *t, uint64_t key, size_t at, size_t end,
    enum sentiment_kind kind, unsigned flags)
{
	struct sentiment_token *token = &t->token[t->n++];

	token->key = token->bare = key;
	token->at = (uint32_t)at;
	token->len = (uint32_t)(end - at);
	token->kind = (uint8_t)kind;
	token->flags = (uint8_t)(flags | (t->pause ? SENTIMENT_BREAK : 0));
	t->pause = false;
	return token;
}

#endif
