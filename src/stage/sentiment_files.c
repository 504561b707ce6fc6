/*
 * The files that sentiment judges by, see sentiment.h: a model, and a lexicon that lies over it.
 * They are read at the start, and again when one of them has changed, both together.  If that fails
 * the user is told, once, and what was read before stands; a file that is wrong is not read again
 * until it changes once more.
 */
#include "stage/sentiment.h"

#include "core/plan.h"

#include <string.h>

/* Functions that read a file return 1 and why if it is wrong, -1 if memory is short. */
enum { WRONG = 1 };

/* What they make; model and changed are NULL where there is no file. */
struct made {
	struct sentiment_model		*read, *changed;
	const struct sentiment_model	*use;
};

static void
drop(const struct sentiment_model *changed, const struct sentiment_model *read)
{
	sentiment_model_free(changed);		/* it lies over the other one */
	sentiment_model_free(read);
}

static int
load(const struct stage *s, const char *path, struct buf *text, struct file_stamp *stamp,
    struct err *err)
{
	const struct files *files = s->plan->files;
	int rc = files->load(files->arg, path, text, stamp, err);

	if (rc == 0 && buf_reserve(text, 1) == -1)
		return err_memory(err, "reading a file");
	return rc;
}

/* What is wrong in a file is about its word, but not the fault of the words. */
static int
blame(int rc, const char *path, int word, struct err *err)
{
	if (rc == 0 || strncmp(err->message, "out of memory", 13) == 0)
		return rc;
	err_prefix(err, path);
	err->code = ERR_RUN;
	err->word = word;
	err->column = err->length = 0;
	return WRONG;
}

static int
read_model(const struct stage *s, struct made *made, struct buf *text, struct err *err)
{
	struct sentiment_config *c = s->config;
	int rc = load(s, c->model, text, &c->model_stamp, err);

	if (rc != 0)
		return rc;
	rc = blame(sentiment_model_read(&made->read, text->data, text->len, err), c->model,
	    c->model_word, err);
	if (rc == 0)
		made->use = made->read;
	return rc;
}

static int
read_lexicon(const struct stage *s, struct made *made, struct buf *text, struct err *err)
{
	struct sentiment_config *c = s->config;
	int rc = load(s, c->lexicon, text, &c->lexicon_stamp, err);

	if (rc != 0)
		return rc;
	rc = blame(sentiment_model_lexicon(&made->changed, made->use, text->data, text->len, err),
	    c->lexicon, c->lexicon_word, err);
	if (rc == 0)
		made->use = made->changed;
	return rc;
}

/* Reads what there is.  Nothing is made if it fails. */
static int
read_files(const struct stage *s, struct made *made, struct err *err)
{
	const struct sentiment_config *c = s->config;
	struct buf text = { 0 };
	int rc = 0;

	*made = (struct made){ .use = sentiment_model_builtin() };
	if (c->model != NULL)
		rc = read_model(s, made, &text, err);
	if (rc == 0 && c->lexicon != NULL)
		rc = read_lexicon(s, made, &text, err);
	buf_free(&text);
	if (rc != 0)
		drop(made->changed, made->read);
	return rc;
}

static void
take(struct sentiment_config *c, const struct made *made)
{
	drop(c->changed, c->read);
	c->read = made->read;
	c->changed = made->changed;
	c->use = made->use;
}

int
sentiment_read(struct stage *s, struct err *err)
{
	struct sentiment_config *c = s->config;
	struct made made;

	if ((c->model != NULL || c->lexicon != NULL) && s->plan->files == NULL)
		return err_word(err, s->word, "no file can be read here");
	if (read_files(s, &made, err) != 0)
		return -1;
	take(c, &made);
	return 0;
}

/* What is no regular file can be read once, and then neither can be read again. */
static bool
have_changed(const struct stage *s)
{
	const struct sentiment_config *c = s->config;
	const struct files *files = s->plan->files;

	if (c->model_stamp.fixed || c->lexicon_stamp.fixed)
		return false;
	return (c->model != NULL && files->changed(files->arg, c->model, &c->model_stamp)) ||
	    (c->lexicon != NULL && files->changed(files->arg, c->lexicon, &c->lexicon_stamp));
}

int
sentiment_refresh(const struct stage *s, struct err *err)
{
	struct sentiment_config *c = s->config;
	struct made made;
	int rc;

	if (!have_changed(s))
		return 0;
	rc = read_files(s, &made, err);
	if (rc == -1)
		return -1;
	if (rc == 0) {
		take(c, &made);
	} else if (!c->told) {
		err_add(err, " (what was read before stands)");
		s->plan->files->tell(s->plan->files->arg, err->message);
	}
	c->told = rc != 0;
	return 0;
}

void
sentiment_close(struct stage *s)
{
	struct sentiment_config *c = s->config;

	drop(c->changed, c->read);
}
