/* Pipelines in files, see script.h. */
#include "cli/script.h"

#include "base/buf.h"
#include "base/mem.h"
#include "engine/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define SCRIPT_MAX ((size_t)1 << 20)	/* bytes: a pipeline, not data */
#define BLANKS " \t\r\n"

struct script {
	const char	*path, *at, *end;
	int		 line;
	struct arena	*arena;
	char		**words;
	int		 n, cap;
	struct err	*err;
};

static int
load(const char *path, struct buf *text, struct err *err)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	ssize_t n = 1;

	if (fd == -1)
		return err_system(err, path, "open", errno);
	while (n != 0 && text->len <= SCRIPT_MAX) {
		if (buf_reserve(text, 4096) == -1) {
			sys.close(fd);
			return err_memory(err, "reading the pipeline");
		}
		n = sys.read(fd, text->data + text->len, 4096);
		if (n == -1 && errno != EINTR) {
			int number = errno;

			sys.close(fd);
			return err_system(err, path, "read", number);
		}
		text->len += n > 0 ? (size_t)n : 0;
	}
	sys.close(fd);
	if (text->len > SCRIPT_MAX)
		return err_set(err, ERR_USAGE, "%s: is over %zu bytes long; name a pipeline, not "
		    "data", path, SCRIPT_MAX);
	if (text->len > 0 && memchr(text->data, '\0', text->len) != NULL)
		return err_set(err, ERR_USAGE, "%s: holds a NUL byte, which no word can", path);
	return 0;
}

static bool
at_blank(const struct script *s)
{
	return strchr(BLANKS, *s->at) != NULL;
}

/* Moves to the next word; false at the end. */
static bool
next_word(struct script *s)
{
	while (s->at < s->end && (at_blank(s) || *s->at == '#')) {
		if (*s->at == '#')
			while (s->at < s->end && *s->at != '\n')
				s->at++;
		if (s->at < s->end)
			s->line += *s->at++ == '\n';
	}
	return s->at < s->end;
}

static int
quoted(struct script *s, char **to)
{
	char quote = *s->at++;
	int line = s->line;

	for (; s->at < s->end && *s->at != quote; s->at++) {
		if (quote == '"' && *s->at == '\\' && s->at + 1 < s->end &&
		    (s->at[1] == '"' || s->at[1] == '\\'))
			s->at++;
		s->line += *s->at == '\n';
		*(*to)++ = *s->at;
	}
	if (s->at == s->end)
		return err_set(s->err, ERR_USAGE, "%s: line %d: a quote is not closed", s->path,
		    line);
	s->at++;
	return 0;
}

static int
read_word(struct script *s)
{
	char *word = arena_bytes(s->arena, (size_t)(s->end - s->at) + 1), *to = word;

	if (word == NULL)
		return err_memory(s->err, "reading the pipeline");
	while (s->at < s->end && !at_blank(s)) {
		if (*s->at == '\'' || *s->at == '"') {
			if (quoted(s, &to) == -1)
				return -1;
			continue;
		}
		if (*s->at == '\\' && s->at + 1 < s->end)
			s->at++;
		s->line += *s->at == '\n';
		*to++ = *s->at++;
	}
	*to = '\0';
	if (s->n == s->cap) {
		int cap = s->cap == 0 ? 32 : s->cap * 2;
		char **words = mem_realloc(s->words, (size_t)cap * sizeof(*words));

		if (words == NULL)
			return err_memory(s->err, "reading the pipeline");
		s->words = words;
		s->cap = cap;
	}
	s->words[s->n++] = word;
	return 0;
}

int
script_read(const char *path, struct arena *arena, char ***words, int *n, struct err *err)
{
	struct script s = { .path = path, .line = 1, .arena = arena, .err = err };
	struct buf text = { 0 };
	int rc = load(path, &text, err);

	s.at = text.data;
	s.end = text.data + text.len;
	while (rc == 0 && next_word(&s))
		rc = read_word(&s);
	buf_free(&text);
	*words = s.words;
	*n = s.n;
	return rc;
}
