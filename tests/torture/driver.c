/*
 * streamctl with another main: the same program, in which one chosen allocation or system call goes
 * wrong.  scripts/torture runs it over and over; by hand it is run like streamctl, with
 *
 *   TORTURE_FAULT   what goes wrong, several with commas between them:
 *                     alloc:7         the 7th allocation fails
 *                     alloc:7+        and all that follow
 *                     read:3:EIO      the 3rd read fails with EIO
 *                     read:3*5:EINTR  the 3rd and the 4 behind it
 *                     write:2+:short  from the 2nd write on one byte is written at a time
 *                     write:2:torn    half of the 2nd write is done, and the next is out of space
 *                     any:9:kill      SIGKILL before the 9th call of any kind
 *                     point:4:kill    the same at the 4th named point (sys.point)
 *   TORTURE_HURRY   the monotonic clock takes a leap of so many microseconds at each look, so that
 *                   what waits for time to pass (a commit after a commit) need not
 *   TORTURE_STEPS   steps of the wall clock: 300:3600,900:-7200 sets it an hour forward 300 ms after
 *                   the start, and two hours back 900 ms after it
 *   TORTURE_REPORT  a file for what was seen: a line for each kind of call, NAME and how many were
 *                   made; `reached 1` if the fault was, `returned 1` if the program ended by
 *                   returning, `fds N`: descriptors that it left open, `heap N`: bytes that it
 *                   did not free, where malloc tells
 *   TORTURE_SERVE   set: runs are asked for on standard input, see serve.c
 *
 * Calls that SQLite makes have names of their own: litepwrite is its pwrite.  Waits for nothing but
 * the time take a fiftieth of it, so that giving up after many attempts does not take half a minute.
 *
 * The wall clock starts at a fixed moment, so that the same batches come every time.  A close that
 * fails loses what was written to the file and not synced, as on a network file system that is
 * full: a program that does not look is found out by the file.
 */
#include "base/mem.h"
#include "cli/cli.h"
#include "core/lite.h"
#include "engine/sys.h"
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CALLS(X) \
	X(open) X(close) X(read) X(write) X(fstat) X(fcntl) X(isatty) X(poll) X(pipe2) X(socket) \
	X(connect) X(bind) X(listen) X(accept4) X(getsockname) X(getsockopt) X(setsockopt) \
	X(getrandom) X(sigaction) X(thread) X(ioctl) X(rename) X(mkdir) X(unlink) X(shutdown) \
	X(getaddrinfo) X(spawn) X(waitpid) X(pread) X(stat) X(opendir) X(readdir) X(closedir) \
	X(inotify_init1) X(inotify_add_watch) X(inotify_rm_watch) X(recvmsg) X(lseek) X(fsync) \
	X(ftruncate) X(flock) X(setitimer) X(kill)

/* What SQLite does with its files, which passes our table by: calls of its own, under names too. */
#define LITE_CALLS(X) X(open) X(pread) X(pwrite) X(fstat) X(ftruncate) X(fcntl) X(mmap) X(unlink) \
	X(fsync)

#define ID(name) CALL_##name,
#define NAME(name) #name,

#define LITE_ID(name) CALL_lite_##name,
#define LITE_NAME(name) "lite" #name,

enum call { CALLS(ID) LITE_CALLS(LITE_ID) CALL_point, CALL_any, CALL_alloc, CALL_COUNT };

static const char *const names[] = {
	CALLS(NAME) LITE_CALLS(LITE_NAME) "point", "any", "alloc"
};

enum effect { FAIL = 1, SHORT, TORN, KILL };

struct fault {
	enum call	call;
	unsigned long	first, last;	/* from the first of them to the last, counted from 1 */
	enum effect	effect;
	int		number;		/* errno of FAIL */
};

#define FAULTS_MAX 4
#define STEPS_MAX 8
#define DESCRIPTORS 256			/* that are looked at in the end */
#define WALL_START 1767225600250000	/* 2026-01-01T00:00:00.250Z */

static struct fault faults[FAULTS_MAX];
static size_t nfaults;
static struct {
	int64_t	after, by;		/* microseconds */
} steps[STEPS_MAX];
static size_t nsteps;
static atomic_ulong made[CALL_COUNT];
static atomic_bool reached;
static bool returned, was_open[DESCRIPTORS];
static long heap_before;
static int argument_count;
static char **arguments;
static struct sys real;
static int64_t mono_start, hurry;
static atomic_llong leaps;
static atomic_bool unsynced[DESCRIPTORS];	/* written to, and no fsync since */

/* ---- what goes wrong ---- */

/* Counts a call; what is to happen to it, 0 for nothing, and the errno. */
static enum effect
strike_one(enum call call, int *number)
{
	unsigned long n = atomic_fetch_add(&made[call], 1) + 1;

	for (size_t i = 0; i < nfaults; i++) {
		const struct fault *f = &faults[i];

		if (f->call != call || n < f->first || n > f->last)
			continue;
		atomic_store(&reached, true);
		if (f->effect == KILL)
			(void)kill(getpid(), SIGKILL);
		*number = f->number;
		if (f->effect != TORN || n == f->first)
			return f->effect;
		*number = ENOSPC;
		return FAIL;
	}
	return 0;
}

static enum effect
strike(enum call call, int *number)
{
	int ignored;

	(void)strike_one(CALL_any, &ignored);
	return strike_one(call, number);
}

/* True if the call is to fail; errno is set. */
static bool
fails(enum call call)
{
	int number;

	if (strike(call, &number) != FAIL)
		return false;
	errno = number;
	return true;
}

static bool
alloc_fault(size_t size)
{
	int number;

	(void)size;
	if (strike_one(CALL_alloc, &number) != FAIL)
		return false;
	errno = number;
	return true;
}

/* ---- the table ---- */

static int
f_open(const char *path, int flags, mode_t mode)
{
	return fails(CALL_open) ? -1 : real.open(path, flags, mode);
}

/* Notes whether the file has what was written to it; whether it had. */
static bool
set_unsynced(int fd, bool now)
{
	return fd >= 0 && fd < DESCRIPTORS && atomic_exchange(&unsynced[fd], now);
}

/* The descriptor is gone even when close fails, and with it what was written. */
static int
f_close(int fd)
{
	bool lost = set_unsynced(fd, false);
	int number, rc;

	if (strike(CALL_close, &number) != FAIL)
		return real.close(fd);
	if (number != EINTR && lost)
		(void)!ftruncate(fd, 0);
	rc = real.close(fd);
	if (rc == 0)
		errno = number;
	return -1;
}

static ssize_t
f_read(int fd, void *bytes, size_t size)
{
	int number = 0;

	switch (strike(CALL_read, &number)) {
	case FAIL:
		errno = number;
		return -1;
	case SHORT:
	case TORN:
		return real.read(fd, bytes, size > 0 ? 1 : 0);
	default:
		return real.read(fd, bytes, size);
	}
}

/* A byte into a pipe of the program's own, by which a signal is told: that cannot fail. */
static bool
is_signal(int fd, size_t size)
{
	return size == 1 && fd > STDERR_FILENO && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

static ssize_t
f_write(int fd, const void *bytes, size_t size)
{
	int number = 0;

	if (is_signal(fd, size))
		return real.write(fd, bytes, size);
	(void)set_unsynced(fd, true);
	switch (strike(CALL_write, &number)) {
	case FAIL:
		errno = number;
		return -1;
	case SHORT:
		return real.write(fd, bytes, size > 0 ? 1 : 0);
	case TORN:
		return real.write(fd, bytes, (size + 1) / 2);
	default:
		return real.write(fd, bytes, size);
	}
}

static int
f_fstat(int fd, struct stat *st)
{
	return fails(CALL_fstat) ? -1 : real.fstat(fd, st);
}

static int
f_fcntl(int fd, int command, int arg)
{
	return fails(CALL_fcntl) ? -1 : real.fcntl(fd, command, arg);
}

static int
f_isatty(int fd)
{
	return fails(CALL_isatty) ? 0 : real.isatty(fd);
}

static int
f_poll(struct pollfd *p, nfds_t n, int timeout)
{
	return fails(CALL_poll) ? -1 : real.poll(p, n, n == 0 ? timeout / 50 : timeout);
}

static off_t
f_lseek(int fd, off_t offset, int from)
{
	return fails(CALL_lseek) ? -1 : real.lseek(fd, offset, from);
}

static int
f_pipe2(int fds[2], int flags)
{
	return fails(CALL_pipe2) ? -1 : real.pipe2(fds, flags);
}

static int
f_socket(int family, int type, int protocol)
{
	return fails(CALL_socket) ? -1 : real.socket(family, type, protocol);
}

static int
f_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	return fails(CALL_connect) ? -1 : real.connect(fd, address, size);
}

static int
f_bind(int fd, const struct sockaddr *address, socklen_t size)
{
	return fails(CALL_bind) ? -1 : real.bind(fd, address, size);
}

static int
f_listen(int fd, int backlog)
{
	return fails(CALL_listen) ? -1 : real.listen(fd, backlog);
}

static int
f_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	return fails(CALL_accept4) ? -1 : real.accept4(fd, address, size, flags);
}

static int
f_getsockname(int fd, struct sockaddr *address, socklen_t *size)
{
	return fails(CALL_getsockname) ? -1 : real.getsockname(fd, address, size);
}

static int
f_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	return fails(CALL_getsockopt) ? -1 : real.getsockopt(fd, level, name, value, size);
}

static int
f_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	return fails(CALL_setsockopt) ? -1 : real.setsockopt(fd, level, name, value, size);
}

static ssize_t
f_getrandom(void *bytes, size_t size, unsigned flags)
{
	return fails(CALL_getrandom) ? -1 : real.getrandom(bytes, size, flags);
}

static int
f_sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
	return fails(CALL_sigaction) ? -1 : real.sigaction(number, action, before);
}

static int
f_thread(pthread_t *thread, void *(*start)(void *), void *arg)
{
	return fails(CALL_thread) ? errno : real.thread(thread, start, arg);
}

static int
f_ioctl(int fd, unsigned long request, int *value)
{
	return fails(CALL_ioctl) ? -1 : real.ioctl(fd, request, value);
}

static int
f_rename(const char *from, const char *to)
{
	return fails(CALL_rename) ? -1 : real.rename(from, to);
}

static int
f_mkdir(const char *path, mode_t mode)
{
	return fails(CALL_mkdir) ? -1 : real.mkdir(path, mode);
}

static int
f_unlink(const char *path)
{
	return fails(CALL_unlink) ? -1 : real.unlink(path);
}

static int
f_shutdown(int fd, int how)
{
	return fails(CALL_shutdown) ? -1 : real.shutdown(fd, how);
}

static int
f_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	return fails(CALL_getaddrinfo) ? EAI_SYSTEM :
	    real.getaddrinfo(name, service, hints, found);
}

static int
f_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attr, char *const argv[], char *const environment[])
{
	return fails(CALL_spawn) ? errno :
	    real.spawn(pid, path, actions, attr, argv, environment);
}

/* The child is waited for even if it is not told: a zombie would go to the parent. */
static pid_t
f_waitpid(pid_t pid, int *status, int options)
{
	if (!fails(CALL_waitpid))
		return real.waitpid(pid, status, options);
	if (errno != EINTR && errno != EAGAIN) {
		int number = errno;

		(void)real.waitpid(pid, status, options);
		errno = number;
	}
	return -1;
}

static ssize_t
f_pread(int fd, void *bytes, size_t size, off_t offset)
{
	int number = 0;

	switch (strike(CALL_pread, &number)) {
	case FAIL:
		errno = number;
		return -1;
	case SHORT:
	case TORN:
		return real.pread(fd, bytes, size > 0 ? 1 : 0, offset);
	default:
		return real.pread(fd, bytes, size, offset);
	}
}

static int
f_stat(const char *path, struct stat *st)
{
	return fails(CALL_stat) ? -1 : real.stat(path, st);
}

static DIR *
f_opendir(const char *path)
{
	return fails(CALL_opendir) ? NULL : real.opendir(path);
}

static struct dirent *
f_readdir(DIR *dir)
{
	return fails(CALL_readdir) ? NULL : real.readdir(dir);
}

static int
f_closedir(DIR *dir)
{
	int rc = real.closedir(dir);

	return fails(CALL_closedir) ? -1 : rc;
}

static int
f_inotify_init1(int flags)
{
	return fails(CALL_inotify_init1) ? -1 : real.inotify_init1(flags);
}

static int
f_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return fails(CALL_inotify_add_watch) ? -1 : real.inotify_add_watch(fd, path, mask);
}

static int
f_inotify_rm_watch(int fd, int number)
{
	return fails(CALL_inotify_rm_watch) ? -1 : real.inotify_rm_watch(fd, number);
}

static ssize_t
f_recvmsg(int fd, struct msghdr *message, int flags)
{
	return fails(CALL_recvmsg) ? -1 : real.recvmsg(fd, message, flags);
}

static int
f_fsync(int fd)
{
	if (fails(CALL_fsync))
		return -1;
	(void)set_unsynced(fd, false);
	return real.fsync(fd);
}

static int
f_ftruncate(int fd, off_t length)
{
	return fails(CALL_ftruncate) ? -1 : real.ftruncate(fd, length);
}

static int
f_flock(int fd, int operation)
{
	return fails(CALL_flock) ? -1 : real.flock(fd, operation);
}

static void
f_point(const char *name)
{
	(void)name;
	(void)fails(CALL_point);
}

static int
f_setitimer(int which, const struct itimerval *value, struct itimerval *before)
{
	return fails(CALL_setitimer) ? -1 : real.setitimer(which, value, before);
}

static int
f_kill(pid_t pid, int number)
{
	return fails(CALL_kill) ? -1 : real.kill(pid, number);
}

/* ---- SQLite's own calls ---- */

static int
lite_open(const char *path, int flags, int mode)
{
	return fails(CALL_lite_open) ? -1 : open(path, flags, mode);
}

static ssize_t
lite_pread(int fd, void *bytes, size_t size, off_t at)
{
	int number = 0;
	enum effect effect = strike(CALL_lite_pread, &number);

	if (effect == 0)
		return pread(fd, bytes, size, at);
	if (effect != FAIL)
		return pread(fd, bytes, size > 0 ? 1 : 0, at);
	errno = number;
	return -1;
}

static ssize_t
lite_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	int number = 0;

	switch (strike(CALL_lite_pwrite, &number)) {
	case FAIL:
		errno = number;
		return -1;
	case SHORT:
		return pwrite(fd, bytes, size > 0 ? 1 : 0, at);
	case TORN:
		return pwrite(fd, bytes, (size + 1) / 2, at);
	default:
		return pwrite(fd, bytes, size, at);
	}
}

static int
lite_fstat(int fd, struct stat *st)
{
	return fails(CALL_lite_fstat) ? -1 : fstat(fd, st);
}

static int
lite_ftruncate(int fd, off_t size)
{
	return fails(CALL_lite_ftruncate) ? -1 : ftruncate(fd, size);
}

static int
lite_fcntl(int fd, int command, void *arg)
{
	return fails(CALL_lite_fcntl) ? -1 : fcntl(fd, command, arg);
}

static void *
lite_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return fails(CALL_lite_mmap) ? MAP_FAILED : mmap(at, size, protection, flags, fd, offset);
}

static int
lite_unlink(const char *path)
{
	return fails(CALL_lite_unlink) ? -1 : unlink(path);
}

/* A fiftieth of the wait for a lock. */
static int
lite_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return usleep((useconds_t)us / 50 + 1) == 0 ? us : 0;
}

static int (*vfs_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
static const sqlite3_io_methods *file_methods;
static sqlite3_io_methods our_methods;

static int
lite_fsync(sqlite3_file *file, int flags)
{
	return fails(CALL_lite_fsync) ? SQLITE_IOERR_FSYNC : file_methods->xSync(file, flags);
}

/* fsync is none of the calls that it lets us set: it is taken from what is done with a file. */
static int
lite_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *given)
{
	int rc = vfs_open(vfs, name, file, flags, given);

	if (rc != SQLITE_OK || (file_methods != NULL && file->pMethods != file_methods))
		return rc;
	if (file_methods == NULL) {
		file_methods = file->pMethods;
		our_methods = *file_methods;
		our_methods.xSync = lite_fsync;
	}
	file->pMethods = &our_methods;
	return rc;
}

/* Puts ours between SQLite and the system; where it has no such call, it makes none. */
static void
install_lite(void)
{
	sqlite3_vfs *vfs;
	struct err err;

	if (lite_setup(&err) == -1)
		abort();
	vfs = sqlite3_vfs_find(NULL);
#define SET(name, ours) \
	(void)vfs->xSetSystemCall(vfs, name, (sqlite3_syscall_ptr)lite_##ours);
	SET("open", open)
	SET("pread", pread)
	SET("pread64", pread)
	SET("pwrite", pwrite)
	SET("pwrite64", pwrite)
	SET("fstat", fstat)
	SET("ftruncate", ftruncate)
	SET("fcntl", fcntl)
	SET("mmap", mmap)
	SET("unlink", unlink)
#undef SET
	vfs->xSleep = lite_sleep;
	vfs_open = vfs->xOpen;
	vfs->xOpen = lite_file;
}

static int64_t
fixed_wall(void)
{
	int64_t since = real.mono() - mono_start, wall = WALL_START + since;

	for (size_t i = 0; i < nsteps; i++)
		wall += since >= steps[i].after ? steps[i].by : 0;
	return wall;
}

static int64_t
hurried_mono(void)
{
	return real.mono() + atomic_fetch_add(&leaps, 1) * hurry;
}

static void
install(void)
{
	const char *given = getenv("TORTURE_HURRY");

#define TAKE(name) sys.name = f_##name;
	install_lite();
	real = sys;
	CALLS(TAKE)
#undef TAKE
	sys.point = f_point;
	mono_start = real.mono();
	sys.wall = fixed_wall;
	if (given != NULL) {
		hurry = strtoll(given, NULL, 10);
		sys.mono = hurried_mono;
	}
	mem_fault = alloc_fault;
}

/* ---- TORTURE_FAULT ---- */

static void
bad(const char *text)
{
	(void)fprintf(stderr, "TORTURE_FAULT: cannot read '%s'\n", text);
	exit(125);
}

static enum call
parse_call(const char *name, const char *text)
{
	for (int i = 0; i < CALL_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return (enum call)i;
	bad(text);
	return CALL_COUNT;
}

static int
parse_errno(const char *name, const char *text)
{
	static const struct {
		const char	*name;
		int		 number;
	} known[] = {
		{ "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EINTR", EINTR }, { "EAGAIN", EAGAIN },
		{ "EMFILE", EMFILE }, { "ENOMEM", ENOMEM }, { "EPIPE", EPIPE },
		{ "ECONNRESET", ECONNRESET }, { "EACCES", EACCES },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].number;
	bad(text);
	return 0;
}

/* Sets what happens from the word behind the last colon, "" for an allocation. */
static void
parse_effect(struct fault *f, const char *word, const char *text)
{
	if (f->call == CALL_alloc) {
		f->number = ENOMEM;
	} else if (strcmp(word, "short") == 0) {
		f->effect = SHORT;
	} else if (strcmp(word, "kill") == 0) {
		f->effect = KILL;
	} else if (strcmp(word, "torn") == 0) {
		f->effect = TORN;
		f->last = f->first + 1;
	} else {
		f->number = parse_errno(word, text);
	}
}

static void
parse_fault(const char *text)
{
	struct fault f = { .effect = FAIL };
	char name[24], effect[16] = "", sign[2] = "";
	unsigned long count = 1;
	int n = 0;

	if (sscanf(text, "%23[a-z0-9_]:%lu%n", name, &f.first, &n) != 2 || nfaults == FAULTS_MAX)
		bad(text);
	f.call = parse_call(name, text);
	text += n;
	if (sscanf(text, "%1[+]%n", sign, &n) == 1 || sscanf(text, "*%lu%n", &count, &n) == 1)
		text += n;
	f.last = sign[0] == '+' ? (unsigned long)-1 : f.first + count - 1;
	(void)sscanf(text, ":%15s", effect);
	parse_effect(&f, effect, text);
	faults[nfaults++] = f;
}

static void
parse_faults(const char *given)
{
	char text[256], *rest = text, *one;

	(void)snprintf(text, sizeof(text), "%s", given != NULL ? given : "");
	while ((one = strsep(&rest, ",")) != NULL)
		if (*one != '\0')
			parse_fault(one);
}

static void
parse_steps(void)
{
	const char *given = getenv("TORTURE_STEPS");
	int n;

	while (given != NULL && *given != '\0') {
		long long after, by;

		if (nsteps == STEPS_MAX || sscanf(given, "%lld:%lld%n", &after, &by, &n) != 2) {
			(void)fprintf(stderr, "TORTURE_STEPS: cannot read '%s'\n", given);
			exit(125);
		}
		steps[nsteps].after = after * 1000;
		steps[nsteps++].by = by * 1000000;
		given += n;
		given += *given == ',';
	}
}

/* ---- the report ---- */

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static int
left_open(void)
{
	int n = 0;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		n += is_open(fd) && !was_open[fd];
	return n;
}

static long
heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return (long)(m.uordblks + m.hblkhd);
}

/* Also called when a library ends the program. */
static void
report(void)
{
	const char *path = getenv("TORTURE_REPORT");
	int fds = left_open();
	long bytes = heap() - heap_before;
	FILE *file = path != NULL ? fopen(path, "w") : NULL;

	if (file == NULL)
		return;
	for (int i = 0; i < CALL_COUNT; i++)
		(void)fprintf(file, "%s %lu\n", names[i], atomic_load(&made[i]));
	(void)fprintf(file, "reached %d\nreturned %d\nfds %d\nheap %ld\n",
	    atomic_load(&reached), returned, fds, bytes);
	(void)fclose(file);
}

static int
run(const char *fault)
{
	int rc;

	parse_faults(fault);
	parse_steps();
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		was_open[fd] = fd <= STDERR_FILENO || is_open(fd);
	(void)atexit(report);
	heap_before = heap();
	install();
	rc = cli_main(argument_count, arguments);
	returned = true;
	(void)sqlite3_shutdown();
	return rc;
}

int
main(int argc, char **argv)
{
	argument_count = argc;
	arguments = argv;
	return getenv("TORTURE_SERVE") != NULL ? serve(run) : run(getenv("TORTURE_FAULT"));
}
