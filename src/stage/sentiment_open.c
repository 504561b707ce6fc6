/* The columns and files of sentiment, and how its numbers are written; see sentiment.h. */
#include "stage/sentiment.h"

#include "base/number.h"
#include "core/plan.h"

#include <string.h>

/* ---- words ---- */

int
sentiment_open_field(struct stage *s, struct err *err)
{
	struct sentiment_config *c = s->config;
	int at;

	if (c->field == NULL) {
		c->slot = SCHEMA_RECORD;
		return s->in->input ? 0 : err_word(err, s->word, "sentiment: which column of the "
		    "rows is the text? name it");
	}
	at = schema_find(s->in, c->field, strlen(c->field), c->field_word, 0, err);
	if (at == -1)
		return -1;
	c->slot = s->in->column[at].slot;
	return 0;
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

/* ---- files ---- */

/* What is wrong with a file is about its word, with its caret, but not the fault of the words. */
static int
blame(const char *path, int word, struct err *err)
{
	if (strncmp(err->message, "out of memory", 13) != 0) {
		err_prefix(err, path);
		err->code = ERR_RUN;
		err->word = word;
		err->column = err->length = 0;
	}
	return -1;
}

static int
load(const struct stage *s, const char *path, int word, struct buf *text, struct err *err)
{
	const struct files *files = s->plan->files;
	struct file_stamp stamp;

	if (files == NULL)
		return err_word(err, word, "no file can be read here");
	return files->load(files->arg, path, text, &stamp, err) == 0 ? 0 : -1;
}

static int
read_model(struct stage *s, struct buf *text, struct err *err)
{
	struct sentiment_config *c = s->config;

	if (load(s, c->model, c->model_word, text, err) == -1)
		return -1;
	if (sentiment_model_read(&c->read, text->data == NULL ? "" : text->data, text->len,
	    err) == -1)
		return blame(c->model, c->model_word, err);
	c->use = c->read;
	return 0;
}

static int
read_lexicon(struct stage *s, struct buf *text, struct err *err)
{
	struct sentiment_config *c = s->config;

	if (load(s, c->lexicon, c->lexicon_word, text, err) == -1)
		return -1;
	if (sentiment_model_lexicon(&c->changed, c->use, text->data == NULL ? "" : text->data,
	    text->len, err) == -1)
		return blame(c->lexicon, c->lexicon_word, err);
	c->use = c->changed;
	return 0;
}

int
sentiment_open(struct stage *s, struct err *err)
{
	struct sentiment_config *c = s->config;
	struct buf text = { 0 };
	int rc;

	c->use = sentiment_model_builtin();
	if (read_threshold(c, err) == -1)
		return -1;
	rc = c->model == NULL ? 0 : read_model(s, &text, err);
	if (rc == 0 && c->lexicon != NULL)
		rc = read_lexicon(s, &text, err);
	buf_free(&text);
	return rc == 0 ? sentiment_open_field(s, err) : -1;
}

/* The one that was changed lies over the one that was read. */
void
sentiment_close(struct stage *s)
{
	struct sentiment_config *c = s->config;

	sentiment_model_free(c->changed);
	sentiment_model_free(c->read);
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
