/* The words and columns of sentiment, and how its numbers are written; see sentiment.h. */
#include "stage/sentiment.h"

#include "base/number.h"

#include <string.h>

/* ---- words ---- */

int
sentiment_open_field(struct stage *s, struct err *err)
{
	struct sentiment_config *c = s->config;

	if (c->field == NULL) {
		c->slot = SCHEMA_RECORD;
		return s->in->input ? 0 : err_word(err, s->word, "sentiment: which column of the "
		    "rows is the text? name it");
	}
	return schema_slot(s->in, c->field, c->field_word, &c->slot, err);
}

/* From 0.0001 to 1, as ten-thousandths. */
static int
read_threshold(struct sentiment_config *c, struct err *err)
{
	const wide_int unit = NUMBER_NANO / SENTIMENT_ONE;
	struct number n;

	c->least = SENTIMENT_LIKELIEST;
	if (c->threshold == NULL)
		return 0;
	if (!number_parse(c->threshold, strlen(c->threshold), &n))
		return err_word(err, c->threshold_word, "sentiment: threshold '%s' is not a "
		    "number", c->threshold);
	if (!n.exact || n.nano < unit || n.nano > NUMBER_NANO)
		return err_word(err, c->threshold_word, "sentiment: threshold is %s; it must be "
		    "from 0.0001 to 1", c->threshold);
	c->least = (int)((n.nano + unit / 2) / unit);
	return 0;
}

int
sentiment_open(struct stage *s, struct err *err)
{
	if (read_threshold(s->config, err) == -1 || sentiment_read(s, err) == -1)
		return -1;
	return sentiment_open_field(s, err);
}

/* ---- cells ---- */

int
sentiment_text(const struct sentiment_config *c, struct row_text *shown, const struct value *row,
    struct value *text)
{
	*text = row[c->slot];
	if (text->kind == VALUE_TEXT && text->len == 0)
		text->text = "";
	return text->kind == VALUE_TEXT || text->kind == VALUE_NULL ? 0 :
	    row_text_cell(shown, &row[c->slot], text);
}

size_t
sentiment_format(char text[SENTIMENT_TEXT], int n)
{
	char digits[SENTIMENT_TEXT], *end = digits + sizeof(digits), *at = end;
	unsigned left = n < 0 ? 0U - (unsigned)n : (unsigned)n;

	for (int decimal = 0; decimal < 4; decimal++, left /= 10)
		*--at = (char)('0' + left % 10);
	*--at = '.';
	do
		*--at = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	if (n < 0)
		*--at = '-';
	memcpy(text, at, (size_t)(end - at));
	return (size_t)(end - at);
}

int
sentiment_cell(int n, struct value *cell, struct arena *arena)
{
	char *text = arena_bytes(arena, SENTIMENT_TEXT);

	if (text == NULL)
		return -1;
	*cell = value_text(text, sentiment_format(text, n));
	return 0;
}
