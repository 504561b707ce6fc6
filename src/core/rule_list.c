/*
 * Lists of values in files, one a line, with # comments: see rule_book.h.  They are not secret and
 * not a stranger's, so that a constant seed will do.
 */
#include "base/mem.h"
#include "core/rule_book.h"

#include <string.h>

static const uint64_t seed[2] = { 0x6c69737473206f66U, 0x20766172696f7573U };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int
add_line(struct rule_list *l, const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	if (at == end || *at == '#')
		return 0;
	return map_put(&l->values, at, (size_t)(end - at)) == NULL ? -1 : 0;
}

static int
read_list(struct rule_list *l, const struct rule_host *host, struct err *err)
{
	struct buf text = { 0 };
	int rc = host->files->load(host->files->arg, l->path, &text, &l->stamp, err);

	for (size_t at = 0; rc == 0 && at < text.len;) {
		const char *line = text.data + at;
		const char *newline = memchr(line, '\n', text.len - at);
		size_t len = newline == NULL ? text.len - at : (size_t)(newline - line);

		if (add_line(l, line, line + len) == -1)
			rc = err_memory(err, "reading a list");
		at += len + 1;
	}
	buf_free(&text);
	return rc;
}

int
rule_list_find(struct rule_book *b, const struct rule_host *host, const char *path, unsigned *at,
    struct err *err)
{
	struct rule_list *list;
	int rc;

	for (*at = 0; *at < b->lists; ++*at)
		if (strcmp(b->list[*at].path, path) == 0)
			return 0;
	list = mem_realloc(b->list, (b->lists + 1) * sizeof(*list));
	if (list == NULL)
		return err_memory(err, "reading a list");
	b->list = list;
	list += b->lists++;
	*list = (struct rule_list){ .path = path };
	map_init(&list->values, 0, seed);
	rc = read_list(list, host, err);
	b->missing |= rc == 1;
	return rc;
}

bool
rule_list_has(const struct rule_list *l, const char *text, size_t len)
{
	return map_count(&l->values) > 0 && map_find(&l->values, text, len) != NULL;
}

void
rule_list_free(struct rule_list *l)
{
	map_free(&l->values);
}
