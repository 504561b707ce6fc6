/* Opening and closing a job, and what the loop's events do; see job.h. */
#include "engine/job.h"

#include "base/mem.h"
#include "engine/signals.h"
#include "engine/sys.h"
#include "sink/descriptor.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)256 << 10)	/* read and fed at a time: fits the second-level cache */
#define PROGRESS_SECONDS 1
#define SIGNAL_SECONDS 1		/* between looks, when nothing tells of them */

/* ---- events ---- */

static void
boundary_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;		/* the loop looks at the clock after every event */
}

static void
progress_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	job_status(arg);
}

static void
timer_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;		/* the loop looks for signals after every event */
}

/* A signal will not make the pipe readable any more: the loop looks for signals now and then. */
static void
watch_by_timer(struct job *job)
{
	const struct timeval tv = { .tv_sec = SIGNAL_SECONDS };
	struct err err;

	event_del(job->signal_event);
	if (event_assign(job->signal_event, job->base, -1, EV_PERSIST, timer_cb, job) == 0 &&
	    event_add(job->signal_event, &tv) == 0)
		return;
	err_memory(&err, "waiting for signals");
	job_fail(job, &err);
}

static void
signal_cb(evutil_socket_t fd, short events, void *arg)
{
	char bytes[64];
	ssize_t n = sys.read(fd, bytes, sizeof(bytes));
	struct err err;

	(void)events;
	if (n == 0) {
		watch_by_timer(arg);
	} else if (n == -1 && errno != EAGAIN && errno != EINTR) {
		err_system(&err, "signals", "read", errno);
		job_fail(arg, &err);
	}
}

/* ---- opening ---- */

static void
ignore_log(int severity, const char *message)
{
	(void)severity;
	(void)message;		/* what matters comes back as an error of the call */
}

/* libevent found itself broken, or out of memory where it cannot say so: there is no way back. */
static void
fatal_cb(int number)
{
	static const char message[] =
	    "streamctl: the event library cannot go on (out of memory?)\n";

	(void)number;
	(void)sys.write(STDERR_FILENO, message, sizeof(message) - 1);
	_exit(ERR_RUN);
}

static int
open_loop(struct job *job, struct err *err)
{
	struct event_config *config;

	event_set_mem_functions(mem_alloc, mem_realloc, mem_free);
	event_set_log_callback(ignore_log);
	event_set_fatal_callback(fatal_cb);
	config = event_config_new();
	if (config == NULL)
		return err_memory(err, "starting");
	(void)event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	job->base = event_base_new_with_config(config);
	event_config_free(config);
	if (job->base == NULL)
		return err_set(err, ERR_RUN, "cannot make an event loop: %s", strerror(errno));
	job->boundary = evtimer_new(job->base, boundary_cb, job);
	return job->boundary == NULL ? err_memory(err, "starting") : 0;
}

static int
open_signals(struct job *job, struct err *err)
{
	int fd;

	if (signals_open(&fd, err) == -1)
		return -1;
	job->signal_event = event_new(job->base, fd, EV_READ | EV_PERSIST, signal_cb, job);
	if (job->signal_event == NULL || event_add(job->signal_event, NULL) == -1)
		return err_memory(err, "starting");
	return 0;
}

static int
open_progress(struct job *job, struct err *err)
{
	struct timeval tv = { .tv_sec = PROGRESS_SECONDS };

	job->line_mono = sys.mono();
	if (!job->config->progress)
		return 0;
	job->progress = event_new(job->base, -1, EV_PERSIST, progress_cb, job);
	if (job->progress == NULL || event_add(job->progress, &tv) == -1)
		return err_memory(err, "starting");
	return 0;
}

static int
open_source(struct job *job, const struct job_source *given, struct err *err)
{
	struct source *s = mem_zalloc(sizeof(*s));

	if (s == NULL)
		return err_memory(err, "starting");
	job->source[job->nsources++] = s;
	s->class = given->class;
	s->host = &job->host;
	s->address = strcmp(given->address, "-") == 0 ? "standard input" : given->address;
	s->rest = given->address + strlen(given->class->prefix);
	s->word = given->word;
	s->private = mem_zalloc(s->class->size);
	if (s->private == NULL)
		return err_memory(err, "starting");
	if (s->class->open == NULL || s->class->open(s, err) == 0)
		return 0;
	if (err->word != ERR_NO_WORD && given->name_len > 0)
		err->column += given->name_len + 1;	/* it counts from the address */
	return -1;
}

static int
open_sources(struct job *job, struct err *err)
{
	job->source = mem_zalloc(job->config->nsources * sizeof(*job->source));
	if (job->source == NULL)
		return err_memory(err, "starting");
	for (size_t i = 0; i < job->config->nsources; i++)
		if (open_source(job, &job->config->sources[i], err) == -1)
			return -1;
	return 0;
}

static int
write_rows(void *arg, const char *bytes, size_t len, struct err *err)
{
	struct job *job = arg;

	if (job->sink.class->write(&job->sink, bytes, len, err) == 0)
		return 0;
	err_add(err, "; %llu batches were written", (unsigned long long)job->batches);
	return -1;
}

/* A file that is read must not be written anew, by whatever name. */
static int
check_overwrite(const struct job *job, const char *path, struct err *err)
{
	int fd = sys_open(path, O_PATH | O_CLOEXEC, 0), rc;
	struct stat st;

	if (fd == -1)
		return 0;
	rc = sys.fstat(fd, &st);
	sys.close(fd);
	if (rc == -1)
		return err_system(err, path, "stat", errno);
	for (size_t i = 0; i < job->nsources; i++)
		if (job->source[i]->ino != 0 && job->source[i]->ino == st.st_ino &&
		    job->source[i]->dev == st.st_dev)
			return err_set(err, ERR_RUN,
			    "%s: is read by this run; write to another file", path);
	return 0;
}

/* The outputs are opened last: nothing is overwritten by a run that cannot start. */
static int
open_outputs(struct job *job, struct err *err)
{
	const struct job_config *c = job->config;

	bool to_file = c->sink->prefix[0] == '\0';
	bool stats_file = c->stats != NULL && strcmp(c->stats, "-") != 0;

	if ((to_file && check_overwrite(job, c->out, err) == -1) ||
	    (stats_file && check_overwrite(job, c->stats, err) == -1))
		return -1;
	job->sink = (struct sink){ .class = c->sink, .address = c->out, .fd = -1 };
	if (c->sink->open != NULL && c->sink->open(&job->sink, err) == -1)
		return -1;
	job->sink_open = true;
	if (c->stats == NULL)
		return 0;
	job->stats_fd = stats_file ? descriptor_create(c->stats, err) : STDERR_FILENO;
	return job->stats_fd == -1 ? -1 : 0;
}

/* Random words for hash seeds and jitter; the clocks will do where there are none. */
static void
make_seed(uint64_t seed[3])
{
	if (sys.getrandom(seed, 3 * sizeof(*seed), 0) == (ssize_t)(3 * sizeof(*seed)))
		return;
	seed[0] = (uint64_t)sys.wall() * 0x9e3779b97f4a7c15U;
	seed[1] = (uint64_t)sys.mono() * 0xbf58476d1ce4e5b9U;
	seed[2] = seed[0] ^ seed[1];
}

static int
open_pipeline(struct job *job, struct err *err)
{
	const struct job_config *c = job->config;
	bool parallel = c->jobs > 1 && c->plan.split < c->plan.n;
	uint64_t seed[3];

	make_seed(seed);
	job->host.random = seed[2];
	job->scan = scan_best();
	if (lines_open(&job->lines, BLOCK_BYTES) == -1)
		return err_memory(err, "starting");
	if (pipeline_open(&job->pipeline, &c->plan, parallel ? c->jobs : 1, seed,
	    c->time_format, write_rows, job, err) == -1)
		return -1;
	if (c->header && tsv_header(&job->pipeline.tsv, &c->plan.stage[c->plan.n - 1].out) == -1)
		return err_memory(err, "starting");
	if (!parallel)
		return 0;
	job->workers = workers_open(&job->pipeline, c->jobs - 1, BLOCK_BYTES, err);
	return job->workers == NULL ? -1 : 0;
}

static int
start(struct job *job, struct err *err)
{
	job->running = job->nsources;
	batch_start(job);
	for (size_t i = 0; i < job->nsources; i++)
		if (job->source[i]->class->start(job->source[i], err) == -1)
			return -1;
	return 0;
}

int
job_open(struct job *job, struct err *err)
{
	if (open_loop(job, err) == -1 || open_signals(job, err) == -1)
		return -1;
	input_host(job);
	if (open_pipeline(job, err) == -1 || open_sources(job, err) == -1 ||
	    open_outputs(job, err) == -1 || open_progress(job, err) == -1)
		return -1;
	return start(job, err);
}

/* ---- closing ---- */

static int
close_stats(struct job *job, struct err *err)
{
	int fd = job->stats_fd;

	job->stats_fd = -1;
	if (fd > STDERR_FILENO && sys.close(fd) == -1 && errno != EINTR)
		return err_system(err, job->config->stats, "close", errno);
	return 0;
}

int
job_close_outputs(struct job *job, struct err *err)
{
	bool open = job->sink_open;

	job->sink_open = false;
	if (open && job->sink.class->close != NULL &&
	    job->sink.class->close(&job->sink, err) == -1)
		return -1;
	return close_stats(job, err);
}

static void
free_event(struct event *event)
{
	if (event != NULL)
		event_free(event);
}

static void
close_sources(struct job *job)
{
	for (size_t i = 0; i < job->nsources; i++) {
		struct source *s = job->source[i];

		if (s->private != NULL)
			s->class->close(s);
		mem_free(s->private);
		mem_free(s);
	}
	mem_free(job->source);
}

/* A lookup that was cancelled is freed by its callback, which the loop has still to call. */
static void
close_resolver(struct job *job)
{
	if (job->dns == NULL)
		return;
	(void)event_base_loop(job->base, EVLOOP_NONBLOCK);
	evdns_base_free(job->dns, 0);
}

void
job_close(struct job *job)
{
	struct err ignored;

	workers_close(job->workers);
	close_sources(job);
	free_event(job->boundary);
	free_event(job->progress);
	free_event(job->signal_event);
	signals_close();
	close_resolver(job);
	if (job->base != NULL)
		event_base_free(job->base);
	libevent_global_shutdown();
	pipeline_close(&job->pipeline);
	lines_close(&job->lines);
	while (job_close_outputs(job, &ignored) == -1)
		;		/* the first error ended the job already; all are to be closed */
	buf_free(&job->stats_text);
}
