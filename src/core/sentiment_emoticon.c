/*
 * Emoticons: eyes, perhaps a nose, a mouth; and some that are drawn otherwise.  What only looks
 * like one is kept out: times (3:30), addresses (://), lists (see:(a)), code (x=(y)).
 */
#include "core/sentiment_text.h"

#include <string.h>

struct drawn {
	const char	*looks, *name;
};

/* A longer one stands before what it begins with. */
static const struct drawn drawn[] = {
	{ "</3", "</3" }, { "<3", "<3" }, { "^_^", "^^" }, { "^-^", "^^" }, { "^.^", "^^" },
	{ "^^", "^^" }, { "-_-", "-_-" }, { "-__-", "-_-" }, { "-.-", "-_-" }, { ">_<", "-_-" },
	{ ">.<", "-_-" }, { "\\o/", "\\o/" },
};

static const struct drawn mouths[] = {
	{ ")]}", ":)" }, { "D", ":D" }, { "Ppb", ":P" }, { "([{<cC", ":(" }, { "/\\", ":/" },
	{ "|", ":|" }, { "oO0", ":O" }, { "*", ":*" }, { "sS$@", ":S" }, { "3>", ":)" },
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_fresh(const char *text, size_t at)
{
	return at == 0 || (unsigned char)text[at - 1] <= ' ';
}

/* Behind what is drawn no digit or letter goes on. */
static const char *
find_drawn(const char *text, size_t at, size_t len, size_t *size)
{
	for (size_t i = 0; i < sizeof(drawn) / sizeof(drawn[0]); i++) {
		size_t n = strlen(drawn[i].looks);

		if (len - at < n || memcmp(text + at, drawn[i].looks, n) != 0 ||
		    (len - at > n && is_word(text[at + n])))
			continue;
		*size = n;
		return drawn[i].name;
	}
	return NULL;
}

/* A face seen from the other side: "(:" and "(-:" anywhere, "):" only behind a blank. */
static const char *
find_mirrored(const char *text, size_t at, size_t len, size_t *size)
{
	size_t eyes = at + 1;

	if (eyes < len && text[eyes] == '-')
		eyes++;
	if (eyes >= len || (text[eyes] != ':' && text[eyes] != '=') || !is_fresh(text, at) ||
	    (eyes + 1 < len && (is_word(text[eyes + 1]) || strchr("/()", text[eyes + 1]) != NULL)))
		return NULL;
	*size = eyes + 1 - at;
	return text[at] == '(' ? ":)" : ":(";
}

static const char *
mouth_name(char c)
{
	for (size_t i = 0; c != '\0' && i < sizeof(mouths) / sizeof(mouths[0]); i++)
		if (strchr(mouths[i].looks, c) != NULL)
			return mouths[i].name;
	return NULL;
}

/* What the face says if it winks, or weeps. */
static const char *
with_eyes(const char *name, char eyes, bool tears)
{
	if (tears)
		return name[1] == '(' ? ":'(" : name[1] == ')' ? ":')" : NULL;
	if (eyes == ';')
		return strchr(")DP", name[1]) != NULL ? ";)" : name[1] == '(' ? ":(" : NULL;
	return name;
}

static const char *
find_face(const char *text, size_t at, size_t len, size_t *size)
{
	size_t mouth = at + 1, end;
	bool tears = false, nose = false;
	const char *name;

	if (text[at] == '=' && !is_fresh(text, at))
		return NULL;
	if (mouth < len && strchr("-o^'", text[mouth]) != NULL && text[mouth] != '\0') {
		tears = text[mouth] == '\'';
		nose = true;
		mouth++;
	}
	if (nose && (mouth >= len || mouth_name(text[mouth]) == NULL) && text[at + 1] == 'o') {
		nose = false;			/* it is the mouth */
		mouth = at + 1;
	}
	name = mouth < len ? mouth_name(text[mouth]) : NULL;
	for (end = mouth; name != NULL && end < len && text[end] == text[mouth]; end++)
		;
	if (name == NULL || (end < len && is_word(text[end]) &&
	    (is_word(text[mouth]) || strchr("([{</\\|*$@", text[mouth]) != NULL)))
		return NULL;
	if (!nose && is_word(text[mouth]) && at > 0 && is_word(text[at - 1]) &&
	    text[mouth] != 'D' && text[mouth] != 'P')	/* 10:00, a:b */
		return NULL;
	if ((text[mouth] == '/' && end > mouth + 1) || (is_word(text[mouth]) && end > mouth + 3))
		return NULL;
	*size = end - at;
	return with_eyes(name, text[at], tears);
}

const char *
sentiment_emoticon(const char *text, size_t at, size_t len, size_t *size)
{
	switch (text[at]) {
	case ':':
	case ';':
	case '=':
		return find_face(text, at, len, size);
	case '(':
	case ')':
		return find_mirrored(text, at, len, size);
	case '<':
	case '>':
	case '^':
	case '-':
	case '\\':
		return find_drawn(text, at, len, size);
	default:
		return NULL;
	}
}
