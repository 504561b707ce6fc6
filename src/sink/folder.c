/* The files of dir:, see folder.h. */
#include "sink/folder.h"

#include "base/mem.h"
#include "engine/sys.h"
#include "sink/descriptor.h"
#include "sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPTS 8			/* at a name that nobody has */
#define HIDDEN ".streamctl-%016" PRIx64 "-"

static void
set_from(struct folder *d, uint64_t number)
{
	(void)snprintf(d->from, d->room, "%s/" HIDDEN "%" PRIu64 ".tmp", d->path, d->id, number);
}

static void
set_to(struct folder *d, const char *name)
{
	(void)snprintf(d->to, d->room, "%s/%s", d->path, name);
}

/* ---- opening ---- */

/* Makes the hidden file, which must not be there; its descriptor, or -1 with errno. */
static int
make(struct folder *d)
{
	int fd;

	set_from(d, d->number);
	fd = sys_open(d->from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
	d->exists = fd != -1;
	d->changed |= d->exists;
	return fd;
}

int
folder_make(struct folder *d, struct err *err)
{
	int fd = make(d);

	return fd == -1 ? err_system(err, d->from, "open", errno) : fd;
}

static int
start(struct folder *d, const char *path, struct err *err)
{
	int fd;

	d->path = path;
	d->room = strlen(path) + FOLDER_NAME;
	d->from = mem_alloc(d->room);
	d->to = mem_alloc(d->room);
	if (d->from == NULL || d->to == NULL)
		return err_memory(err, "starting");
	d->placed = sys.mkdir(path, 0777) == -1;
	if (d->placed && errno != EEXIST)
		return err_system(err, path, "mkdir", errno);
	fd = sys_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd == -1)
		return err_system(err, path, "open", errno);
	sys.close(fd);
	return 0;
}

int
folder_open(struct folder *d, const char *path, struct err *err)
{
	if (start(d, path, err) == -1)
		return -1;
	for (int i = 0; i < ATTEMPTS; i++) {
		int fd;

		d->id = sink_random();
		fd = make(d);
		if (fd != -1)
			return fd;
		if (errno != EEXIST)
			break;
	}
	return err_system(err, d->from, "open", errno);
}

/* Removes a file of the folder. */
static int
drop(struct folder *d, const char *name, struct err *err)
{
	set_to(d, name);
	return sys.unlink(d->to) == -1 && errno != ENOENT ?
	    err_system(err, d->to, "unlink", errno) : 0;
}

/* Removes all our hidden files. */
static int
clean(struct folder *d, struct err *err)
{
	char prefix[FOLDER_NAME];
	size_t len = (size_t)snprintf(prefix, sizeof(prefix), HIDDEN, d->id);
	const struct dirent *entry;
	DIR *dir = sys.opendir(d->path);
	int rc = 0;

	if (dir == NULL)
		return err_system(err, d->path, "opendir", errno);
	while (rc == 0 && (entry = sys.readdir(dir)) != NULL)
		if (strncmp(entry->d_name, prefix, len) == 0 &&
		    strlen(entry->d_name) < FOLDER_NAME)
			rc = drop(d, entry->d_name, err);
	if (rc == 0 && errno != 0)
		rc = err_system(err, d->path, "readdir", errno);
	(void)sys.closedir(dir);
	return rc;
}

int
folder_reopen(struct folder *d, const char *path, struct err *err)
{
	if (start(d, path, err) == -1 || folder_publish(d, err) == -1 || clean(d, err) == -1)
		return -1;
	return folder_make(d, err);
}

/* ---- names ---- */

/* 0, or -1 with errno; the path is in d->to. */
static int
rename_file(struct folder *d, uint64_t number, const char *name)
{
	set_from(d, number);
	set_to(d, name);
	d->changed = true;
	return sys.rename(d->from, d->to);
}

int
folder_name(struct folder *d, const char *name, struct err *err)
{
	if (rename_file(d, d->number, name) == -1)
		return err_system(err, d->to, "rename", errno);
	d->exists = false;
	return 0;
}

static int
add(struct folder *d, uint64_t number, const char *name, size_t len)
{
	struct waiting *w;

	if (d->n == d->cap) {
		size_t cap = d->cap == 0 ? 16 : d->cap * 2;

		w = mem_realloc(d->waiting, cap * sizeof(*w));
		if (w == NULL)
			return -1;
		d->waiting = w;
		d->cap = cap;
	}
	w = &d->waiting[d->n++];
	*w = (struct waiting){ .number = number };
	memcpy(w->name, name, len);
	return 0;
}

int
folder_wait(struct folder *d, const char *name, struct err *err)
{
	if (add(d, d->number, name, strlen(name)) == -1)
		return err_memory(err, "keeping the names of files");
	d->exists = false;
	d->number++;
	return 0;
}

/* The first N that wait do so no more. */
static void
forget(struct folder *d, size_t n)
{
	d->n -= n;
	d->saved -= n;
	d->synced = d->synced > n ? d->synced - n : 0;
	if (d->n > 0)
		memmove(d->waiting, d->waiting + n, d->n * sizeof(*d->waiting));
}

/* One that is not there any more has got its name by a run that was killed behind that. */
int
folder_publish(struct folder *d, struct err *err)
{
	size_t i = 0;
	int rc = 0;

	while (i < d->saved) {
		const struct waiting *w = &d->waiting[i];

		if (rename_file(d, w->number, w->name) == -1 && errno != ENOENT) {
			rc = err_system(err, d->to, "rename", errno);
			break;
		}
		i++;
	}
	forget(d, i);
	return rc;
}

/* ---- on the disk ---- */

static int
sync_file(struct folder *d, uint64_t number, struct err *err)
{
	int fd, rc;

	set_from(d, number);
	fd = sys_open(d->from, O_RDONLY | O_CLOEXEC, 0);
	if (fd == -1)
		return err_system(err, d->from, "open", errno);
	rc = descriptor_sync(fd, d->from, err);
	sys.close(fd);
	return rc;
}

int
folder_sync(struct folder *d, struct err *err)
{
	for (; d->synced < d->n; d->synced++)
		if (sync_file(d, d->waiting[d->synced].number, err) == -1)
			return -1;
	if (d->changed && descriptor_sync_folder(d->path, err) == -1)
		return -1;
	d->changed = false;
	set_to(d, "..");
	if (!d->placed && descriptor_sync_folder(d->to, err) == -1)
		return -1;
	d->placed = true;
	return 0;
}

int
folder_save(struct folder *d, struct buf *out)
{
	if (wire_put_word(out, d->id) == -1 || wire_put(out, d->number) == -1 ||
	    wire_put(out, d->n) == -1)
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		const struct waiting *w = &d->waiting[i];

		if (wire_put(out, w->number) == -1 ||
		    wire_put_bytes(out, w->name, strlen(w->name)) == -1)
			return -1;
	}
	d->saved = d->n;
	return 0;
}

/* A name that leads nowhere else. */
static bool
is_name(const char *name, size_t len)
{
	return len > 0 && len < FOLDER_NAME && name[0] != '.' && memchr(name, '/', len) == NULL &&
	    memchr(name, '\0', len) == NULL;
}

int
folder_load(struct folder *d, struct wire *in, struct err *err)
{
	uint64_t n;

	d->id = wire_get_word(in);
	d->number = wire_get(in);
	n = wire_get(in);
	while (n-- > 0 && !in->damaged) {
		uint64_t number = wire_get(in);
		size_t len;
		const char *name = wire_get_bytes(in, &len);

		in->damaged |= !is_name(name, len) || number >= d->number;
		if (!in->damaged && add(d, number, name, len) == -1)
			return err_memory(err, "starting");
		d->saved = d->n;
	}
	return 0;
}

/* ---- closing ---- */

int
folder_close(struct folder *d, struct err *err)
{
	int rc = 0;

	for (size_t i = d->saved; i < d->n + d->exists; i++) {
		set_from(d, i < d->n ? d->waiting[i].number : d->number);
		if (sys.unlink(d->from) == -1)
			rc = err_system(err, d->from, "unlink", errno);
	}
	mem_free(d->from);
	mem_free(d->to);
	mem_free(d->waiting);
	*d = (struct folder){ 0 };
	return rc;
}
