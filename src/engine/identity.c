/* What a checkpoint belongs to, see identity.h. */
#include "engine/identity.h"

#include <string.h>

/* ---- lines ---- */

size_t
identity_length(const char *line)
{
	return strcspn(line, "\n");
}

const char *
identity_next(const char *line)
{
	line += identity_length(line);
	return *line == '\n' ? line + 1 : line;
}

bool
identity_same(const char *line, const char *other)
{
	size_t len = identity_length(line);

	return len == identity_length(other) && memcmp(line, other, len) == 0;
}

bool
identity_named(const char *line, const char *name)
{
	size_t len = strlen(name);

	return strncmp(line, name, len) == 0 && line[len] == ':';
}

const char *
identity_find(const char *lines, const char *name, unsigned n)
{
	for (; *lines != '\0'; lines = identity_next(lines))
		if (identity_named(lines, name) && n-- == 0)
			return lines;
	return NULL;
}

unsigned
identity_count(const char *lines, const char *name)
{
	unsigned n = 0;

	for (; *lines != '\0'; lines = identity_next(lines))
		n += identity_named(lines, name);
	return n;
}

/* ---- another pipeline ---- */

/* True if the state has no meaning with another such line. */
static bool
is_fixed(const char *line)
{
	static const char *const names[] = {
		"batch", "window", "slide", "emit", "empty", "format", "columns", "time",
		"time-parse", "lateness",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (identity_named(line, names[i]))
			return true;
	return false;
}

/* How many lines there are of the name that a line has. */
static unsigned
count_like(const char *lines, const char *line)
{
	size_t len = strcspn(line, ":\n");
	unsigned n = 0;

	for (; *lines != '\0'; lines = identity_next(lines))
		n += strncmp(lines, line, len) == 0 && lines[len] == ':';
	return n;
}

/* The lines OLD and NEW are the first that differ. */
static int
refuse(const char *path, const char *olds, const char *old, const char *news, const char *new,
    struct err *err)
{
	const char *advice = is_fixed(old) || is_fixed(new) ?
	    "give the same words or another FILE, or begin anew with --state reset" :
	    "give the same words, another FILE, or --resume-changed";
	bool more = *new != '\0' && count_like(news, new) > count_like(olds, new);
	const char *line = more ? new : old;
	int len = (int)identity_length(line);

	if (more || *new == '\0' || count_like(olds, old) > count_like(news, old))
		return err_set(err, ERR_CHECKPOINT, "%s: is the checkpoint of another pipeline: "
		    "%s has no '%.*s'; %s", path, more ? "it" : "this one", len, line, advice);
	return err_set(err, ERR_CHECKPOINT, "%s: is the checkpoint of another pipeline: it has "
	    "'%.*s', this one '%.*s'; %s", path, len, old, (int)identity_length(new), new, advice);
}

static int
compare(struct checkpoint *c, const struct job_config *config, const char *olds, struct err *err)
{
	const char *old = olds, *new = config->identity;

	if (strcmp(old, new) == 0)
		return 0;
	while (*old != '\0' && *new != '\0' && identity_same(old, new)) {
		old = identity_next(old);
		new = identity_next(new);
	}
	if (!config->resume_changed || is_fixed(old) || is_fixed(new))
		return refuse(c->path, olds, old, config->identity, new, err);
	if (identity_keep(c, config, olds, err) == -1)
		return -1;
	return checkpoint_set(c, "identity", config->identity, err);
}

int
identity_check(struct checkpoint *c, const struct job_config *config, struct err *err)
{
	struct buf old = { 0 };
	int rc = checkpoint_get(c, "identity", &old, err);

	if (rc == 1)
		rc = compare(c, config, old.data, err);
	else if (rc == 0)
		rc = checkpoint_set(c, "identity", config->identity, err);
	buf_free(&old);
	return rc == -1 ? -1 : 0;
}
