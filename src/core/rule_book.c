/* A file of rules, line by line: see rule_book.h. */
#include "core/rule_book.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* A file while it is read, and what is wrong in it. */
struct reading {
	struct rule_book	*book;
	const struct rule_host	*host;
	const char		*path;
	struct buf		*wrong;
	struct err		*err;
};

static int
note(struct reading *r, unsigned line)
{
	struct err *err = r->err;
	char place[sizeof(err->message)];

	(void)snprintf(place, sizeof(place), "%.300s, line %u", r->path, line);
	err_prefix(err, place);
	return buf_add(r->wrong, err->message, strlen(err->message)) == -1 ||
	    buf_add(r->wrong, "\n", 1) == -1 ? err_memory(err, "reading rules") : 0;
}

static int
read_line(struct reading *r, const char *at, size_t len, unsigned line)
{
	struct rule_words words;
	int rc = memchr(at, '\0', len) != NULL ? RULE_WRONG(r->err, "it has a NUL byte in it") :
	    rule_words_cut(&words, at, len, r->err);

	if (rc == 0 && words.n > 0)
		rc = rule_line_read(r->book, r->host, r->path, &words, line, r->err);
	return rc == 1 ? note(r, line) : rc;
}

/* The error is the last line that was wrong, whatever those behind it have left in it. */
static int
last_wrong(struct reading *r)
{
	const char *end = r->wrong->data + r->wrong->len - 1, *at = end;

	while (at > r->wrong->data && at[-1] != '\n')
		at--;
	return RULE_WRONG(r->err, "%.*s", (int)(end - at), at);
}

static int
read_lines(struct reading *r, const struct buf *text)
{
	unsigned line = 1;

	for (size_t at = 0; at < text->len; line++) {
		const char *from = text->data + at;
		const char *newline = memchr(from, '\n', text->len - at);
		size_t len = newline == NULL ? text->len - at : (size_t)(newline - from);

		if (read_line(r, from, len, line) == -1)
			return -1;
		at += len + 1;
	}
	return r->wrong->len == 0 ? 0 : last_wrong(r);
}

int
rule_book_read(struct rule_book **made, const struct rule_host *host, const char *path,
    struct buf *wrong, struct err *err)
{
	struct buf text = { 0 };
	struct rule_book *b = mem_zalloc(sizeof(*b));
	struct reading r = {
		.book = b, .host = host, .path = path, .wrong = wrong, .err = err,
	};
	int rc;

	*made = b;
	if (b == NULL)
		return err_memory(err, "reading rules");
	wrong->len = 0;
	rc = host->files->load(host->files->arg, path, &text, &b->stamp, err);
	b->missing = rc == 1;
	if (rc == 0)
		rc = read_lines(&r, &text);
	else if (rc == 1 && (buf_add(wrong, err->message, strlen(err->message)) == -1 ||
	    buf_add(wrong, "\n", 1) == -1))
		rc = err_memory(err, "reading rules");
	buf_free(&text);
	return rc;
}

static bool
changed(const struct rule_host *host, const char *path, const struct file_stamp *stamp)
{
	return !stamp->fixed && host->files->changed(host->files->arg, path, stamp);
}

bool
rule_book_changed(const struct rule_book *b, const struct rule_host *host, const char *path)
{
	if (changed(host, path, &b->stamp))
		return true;
	for (unsigned i = 0; i < b->lists; i++)
		if (changed(host, b->list[i].path, &b->list[i].stamp))
			return true;
	return false;
}

void
rule_book_free(struct rule_book *b)
{
	if (b == NULL)
		return;
	for (unsigned i = 0; i < b->lists; i++)
		rule_list_free(&b->list[i]);
	mem_free(b->list);
	mem_free(b->test);
	arena_free(&b->text);
	mem_free(b);
}
