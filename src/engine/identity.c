/* What a checkpoint belongs to, see identity.h. */
#include "engine/identity.h"

#include <string.h>

static size_t
line_length(const char *line)
{
	return strcspn(line, "\n");
}

static const char *
next_line(const char *line)
{
	line += line_length(line);
	return *line == '\n' ? line + 1 : line;
}

/* The first line that differs. */
static int
refuse(const struct checkpoint *c, const char *old, const char *new, struct err *err)
{
	while (*old != '\0' && *new != '\0' && line_length(old) == line_length(new) &&
	    memcmp(old, new, line_length(old)) == 0) {
		old = next_line(old);
		new = next_line(new);
	}
	if (*old == '\0' || *new == '\0')
		return err_set(err, ERR_CHECKPOINT, "%s: is the checkpoint of another pipeline: "
		    "%s '%.*s'; give the same words, another FILE, or --resume-changed", c->path,
		    *new == '\0' ? "this one is without" : "that one is without",
		    (int)line_length(*new == '\0' ? old : new), *new == '\0' ? old : new);
	return err_set(err, ERR_CHECKPOINT, "%s: is the checkpoint of another pipeline: it has "
	    "'%.*s', this one '%.*s'; give the same words, another FILE, or --resume-changed",
	    c->path, (int)line_length(old), old, (int)line_length(new), new);
}

int
identity_check(struct checkpoint *c, const char *lines, bool changed, struct err *err)
{
	struct buf old = { 0 };
	int rc = checkpoint_get(c, "identity", &old, err);

	(void)changed;
	if (rc == 1 && strcmp(old.data, lines) != 0)
		rc = refuse(c, old.data, lines, err);
	else if (rc == 0)
		rc = checkpoint_set(c, "identity", lines, err);
	buf_free(&old);
	return rc == -1 ? -1 : 0;
}
