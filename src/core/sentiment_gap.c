/*
 * What lies between words: blanks mostly, and the ends of clauses; runs of ! and ?; emoticons; what
 * makes the next word a mention, which is skipped, or a hashtag; the entities of HTML.
 */
#include "core/sentiment_text.h"

#include <string.h>

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* A run of ! and ?: its class is by what is in it and how many. */
static size_t
take_marks(struct sentiment_text *t, size_t at, size_t end)
{
	static const char *const exclaim[] = { "!", "!!", "!!!" };
	static const char *const ask[] = { "?", "??", "???" };
	unsigned exclaims = 0, questions = 0;
	const char *name = "?!";
	size_t p;

	for (p = at; p < end && (t->lower[p] == '!' || t->lower[p] == '?'); p++)
		*(t->lower[p] == '!' ? &exclaims : &questions) += 1;
	if (questions == 0)
		name = exclaim[p - at > 2 ? 2 : p - at == 2];
	else if (exclaims == 0)
		name = ask[p - at > 2 ? 2 : p - at == 2];
	(void)sentiment_token_add(t, sentiment_class_key(name), at, p, SENTIMENT_MARK, 0);
	t->exclaims += exclaims;
	t->questions += questions;
	t->pause = true;
	return p;
}

/* Dots and asterisks: two of them or more say something. */
static size_t
take_run(struct sentiment_text *t, size_t at, size_t end)
{
	char c = t->lower[at];
	size_t p = at;

	while (p < end && t->lower[p] == c)
		p++;
	if (c == '.')
		t->pause = true;
	if (p - at >= 2) {
		(void)sentiment_token_add(t, sentiment_class_key(c == '.' ? ".." : "**"), at, p,
		    SENTIMENT_MARK, 0);
		t->pause = c == '.';
	}
	return p;
}

/* Skips an @mention, @ and name; a lone @ is nothing. */
static size_t
skip_mention(struct sentiment_text *t, size_t at)
{
	size_t p = at + 1;

	while (p < t->len && is_name(t->lower[p]))
		p++;
	if (p > at + 1)
		t->seen |= SENTIMENT_SEEN_MENTION;
	return p;
}

/* Skips an entity such as &amp;, of which &lt;3 is a heart. */
static size_t
skip_entity(struct sentiment_text *t, size_t at)
{
	static const char *const names[] = { "amp;", "lt;", "gt;", "quot;", "apos;", "nbsp;" };
	const char *p = t->lower + at + 1;

	if (strncmp(p, "lt;3", 4) == 0 && at + 5 <= t->len) {
		(void)sentiment_token_add(t, sentiment_class_key("<3"), at, at + 5,
		    SENTIMENT_SIGN, 0);
		return at + 5;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(p, names[i], strlen(names[i])) == 0)
			return at + 1 + strlen(names[i]);
	return at + 1;
}

/* Anything else: an emoticon, or the end of a clause, or nothing. */
static size_t
take_other(struct sentiment_text *t, size_t at)
{
	size_t size;
	const char *name = sentiment_emoticon(t->text, at, t->len, &size);

	if (name != NULL) {
		(void)sentiment_token_add(t, sentiment_class_key(name), at, at + size,
		    SENTIMENT_SIGN, 0);
		return at + size;
	}
	if (strchr(",;:()[]{}\"", t->lower[at]) != NULL && t->lower[at] != '\0')
		t->pause = true;
	return at + 1;
}

size_t
sentiment_gap(struct sentiment_text *t, size_t at, size_t end)
{
	while (at < end) {
		switch (t->lower[at]) {
		case ' ':
			at++;
			break;
		case '!':
		case '?':
			at = take_marks(t, at, end);
			break;
		case '.':
		case '*':
			at = take_run(t, at, end);
			break;
		case '@':
			at = skip_mention(t, at);
			break;
		case '#':
			t->seen |= SENTIMENT_SEEN_HASHTAG;
			at++;
			break;
		case '&':
			at = skip_entity(t, at);
			break;
		default:
			at = take_other(t, at);
		}
	}
	return at;
}
