/*
 * The words of a line of rules, see rule_book.h.  Words are apart by blanks; a sign of a comparison
 * or a comma is a word of its own; what stands in quotes is one word; # begins a comment.
 */
#include "base/num.h"
#include "core/rule_book.h"

#include <string.h>

#define SHOWN 40			/* bytes of a word in a message */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_sign(char c)
{
	return c == '<' || c == '>' || c == '=' || c == '!' || c == ',';
}

/* The end of the word at AT, which is not a blank; NULL: a quote does not end. */
static const char *
word_end(const char *at, const char *end, struct rule_word *w)
{
	const char *from = at;

	*w = (struct rule_word){ .at = at };
	if (*at == '"' || *at == '\'') {
		const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));

		if (close == NULL)
			return NULL;
		*w = (struct rule_word){ at + 1, (size_t)(close - at - 1), true, false };
		return close + 1;
	}
	if (is_sign(*at)) {
		w->sign = true;
		at++;
		if (at < end && *from != ',' && *at == '=')
			at++;
	} else {
		while (at < end && !is_blank(*at) && !is_sign(*at))
			at++;
	}
	w->len = (size_t)(at - from);
	return at;
}

int
rule_words_cut(struct rule_words *w, const char *line, size_t len, struct err *err)
{
	const char *at = line, *end = line + len;

	w->n = w->next = 0;
	for (;;) {
		while (at < end && is_blank(*at))
			at++;
		if (at == end || *at == '#')
			return 0;
		if (w->n == RULE_WORDS)
			return RULE_WRONG(err, "more than %d words", RULE_WORDS);
		at = word_end(at, end, &w->word[w->n]);
		if (at == NULL)
			return RULE_WRONG(err, "a quote that does not end");
		w->n++;
	}
}

bool
rule_words_is(const struct rule_words *w, const char *what)
{
	const struct rule_word *word = &w->word[w->next];

	return w->next < w->n && !word->quoted && word->len == strlen(what) &&
	    memcmp(word->at, what, word->len) == 0;
}

bool
rule_words_take(struct rule_words *w, const char *what)
{
	bool is = rule_words_is(w, what);

	w->next += is;
	return is;
}

const struct rule_word *
rule_words_next(struct rule_words *w)
{
	return w->next < w->n ? &w->word[w->next++] : NULL;
}

static int
shown(const struct rule_word *w)
{
	return w->len < SHOWN ? (int)w->len : SHOWN;
}

int
rule_word_number(const struct rule_word *w, const char *what, struct number *n, struct err *err)
{
	if (w == NULL)
		return RULE_WRONG(err, "'%s' needs a number behind it", what);
	if (!number_parse(w->at, w->len, n))
		return RULE_WRONG(err, "%s '%.*s' is not a number", what, shown(w), w->at);
	return 0;
}

int
rule_word_count(const struct rule_word *w, const char *what, uint64_t *n, struct err *err)
{
	char text[SHOWN];
	enum num_status status;

	if (w == NULL || w->len >= sizeof(text))
		return RULE_WRONG(err, "'%s' needs a whole number behind it", what);
	memcpy(text, w->at, w->len);
	text[w->len] = '\0';
	status = num_parse_u64(text, n);
	if (status != NUM_OK || *n > UINT32_MAX)
		return RULE_WRONG(err, "%s '%s' %s", what, text,
		    num_status_text(status == NUM_OK ? NUM_OVERFLOW : status));
	return 0;
}

int
rule_word_span(const struct rule_word *w, const char *what, int64_t *us, struct err *err)
{
	char text[SHOWN];
	enum num_status status;

	if (w == NULL || w->len >= sizeof(text))
		return RULE_WRONG(err, "'%s' needs a time behind it, such as 10m", what);
	memcpy(text, w->at, w->len);
	text[w->len] = '\0';
	status = num_parse_duration(text, us);
	if (status != NUM_OK)
		return RULE_WRONG(err, "%s '%s' %s", what, text, num_status_text(status));
	if (*us == 0)
		return RULE_WRONG(err, "%s is 0; it must be longer", what);
	if (*us > INT64_C(1) << 60)
		return RULE_WRONG(err, "%s '%s' is too long", what, text);
	return 0;
}

/* ---- comparisons ---- */

static const char *const ops[] = {
	[RULE_ANY] = "", [RULE_ABOVE] = ">", [RULE_AT_LEAST] = ">=", [RULE_BELOW] = "<",
	[RULE_AT_MOST] = "<=", [RULE_EQUAL] = "=", [RULE_UNEQUAL] = "!=",
};

const char *
rule_op_text(enum rule_op op)
{
	return ops[op];
}

int
rule_word_op(const struct rule_word *w, enum rule_op *op)
{
	for (unsigned i = RULE_ABOVE; i <= RULE_UNEQUAL; i++)
		if (w != NULL && w->sign && w->len == strlen(ops[i]) &&
		    memcmp(w->at, ops[i], w->len) == 0) {
			*op = (enum rule_op)i;
			return 0;
		}
	if (w == NULL || !w->sign || w->len != 2 || memcmp(w->at, "==", 2) != 0)
		return 1;
	*op = RULE_EQUAL;
	return 0;
}

bool
rule_holds(enum rule_op op, const struct number *x, const struct number *limit)
{
	int order = x->exact && limit->exact ?
	    (x->nano > limit->nano) - (x->nano < limit->nano) :
	    (x->d > limit->d) - (x->d < limit->d);

	switch (op) {
	case RULE_ANY:
		return true;
	case RULE_ABOVE:
		return order > 0;
	case RULE_AT_LEAST:
		return order >= 0;
	case RULE_BELOW:
		return order < 0;
	case RULE_AT_MOST:
		return order <= 0;
	case RULE_EQUAL:
		return order == 0;
	case RULE_UNEQUAL:
		break;
	}
	return order != 0;
}
