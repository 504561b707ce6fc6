/* Opening and closing a job, and what the loop's events do; see job.h. */
#include "engine/job.h"

#include "base/mem.h"
#include "core/query.h"
#include "engine/signals.h"
#include "engine/sys.h"

#include <errno.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)512 << 10)	/* read and fed at a time: half a second-level cache */
#define SHED_BYTES ((size_t)64 << 10)	/* the same, if reading must not wait long for feeding */
#define SIGNAL_SECONDS 1		/* between looks, when nothing tells of them */

/* ---- events ---- */

/* The loop looks at the clock and for signals after every event. */
static void
wake_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
}

/* A signal will not make the pipe readable any more: the loop looks for signals now and then. */
static void
watch_by_timer(struct job *job)
{
	const struct timeval tv = { .tv_sec = SIGNAL_SECONDS };
	struct err err;

	event_del(job->signal_event);
	if (event_assign(job->signal_event, job->base, -1, EV_PERSIST, wake_cb, job) == 0 &&
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
	job->boundary = evtimer_new(job->base, wake_cb, job);
	return job->boundary == NULL ? err_memory(err, "starting") : 0;
}

/* A query without an end must not keep a process that was told to end. */
static bool
stop_query(void)
{
	return sys_overdue != 0;
}

static int
open_signals(struct job *job, struct err *err)
{
	int fd;

	if (signals_open(&fd, job->config->drain, err) == -1)
		return -1;
	query_stop = stop_query;
	job->signal_event = event_new(job->base, fd, EV_READ | EV_PERSIST, signal_cb, job);
	if (job->signal_event == NULL || event_add(job->signal_event, NULL) == -1)
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
	s->number = given->number;
	job->input[s->number].running++;
	job->input[s->number].live |= (s->class->flags & SOURCE_BOUNDED) == 0;
	job->input[s->number].heard = sys.mono();
	bucket_open(&s->bucket, job->config->source_options.max_rate, sys.mono());
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

/* Records of several connections share a block unless it matters where they are from. */
static bool
reads_apart(const struct job_config *c)
{
	bool apart = !c->bound || c->plan->time_field != NULL || c->checkpoint != NULL;

	for (unsigned i = 0; i < c->plan->roots; i++)
		apart |= c->plan->root[i].source != -1;
	for (unsigned i = 0; i < c->plan->n; i++)
		apart |= c->plan->stage[i].by_source;
	return apart;
}

static int
open_input(struct job *job, struct err *err)
{
	const struct job_config *c = job->config;

	make_seed(job->seed);
	memcpy(c->plan->seed, job->seed, sizeof(c->plan->seed));
	memcpy(query_seed, job->seed, sizeof(query_seed));
	job->host.random = job->seed[2];
	job->scan = scan_best();
	job->apart = reads_apart(c);
	job->input = mem_zalloc((c->inputs + 1) * sizeof(*job->input));
	job->account_sums = mem_zalloc((c->plan->accounts + 1) * sizeof(*job->account_sums));
	if (job->input == NULL || job->account_sums == NULL ||
	    lines_open(&job->lines, c->shed == SHED_NONE ? BLOCK_BYTES : SHED_BYTES) == -1)
		return err_memory(err, "starting");
	job->lines.quoted = (c->from->flags & FORMAT_QUOTED) != 0;
	return overload_open(job, err);
}

static int
open_pipeline(struct job *job, struct err *err)
{
	const struct job_config *c = job->config;
	bool parallel = c->jobs > 1 && c->plan->parallel;
	struct pipeline_config p = {
		.plan = c->plan, .from = c->from, .to = job->to, .seed = job->seed,
		.lanes = parallel ? c->jobs : 1, .time_format = c->time_format,
		.batches = c->meta ? &job->batches : NULL,
		.keep_bad = c->bad == BAD_FILE, .keep_late = c->late_file != NULL,
		.sources = c->inputs, .lateness = c->lateness,
		.store = job_keeps(job) ? &job->checkpoint.store : NULL,
		.host = {
			.arg = job, .write = outputs_write, .rows = outputs_rows,
			.closed = batch_closed,
		},
	};

	job->to = mem_zalloc((c->plan->outputs + 1) * sizeof(*job->to));
	if (job->to == NULL)
		return err_memory(err, "starting");
	for (unsigned i = 0; i < c->plan->outputs; i++)
		if ((c->outputs[i].class->flags & SINK_ROWS) == 0)
			job->to[i] = c->outputs[i].format;
	p.to = job->to;
	if (pipeline_open(&job->pipeline, &p, err) == -1)
		return -1;
	if (!parallel)
		return 0;
	job->workers = workers_open(&job->pipeline, c->jobs - 1, &job->lines, err);
	return job->workers == NULL ? -1 : 0;
}

/* Where no stage reads a file again a SIGHUP ends the process, as it does others. */
static int
heed_rereads(const struct job *job, struct err *err)
{
	for (unsigned i = 0; i < job->config->plan->n; i++)
		if (job->config->plan->stage[i].rereads)
			return signals_open_reread(err);
	return 0;
}

int
job_bind(struct job *job, struct err *err)
{
	if (limit_check(job->config->plan, job->config->on_full,
	    job->config->checkpoint != NULL, err) == -1 ||
	    open_pipeline(job, err) == -1 ||
	    (job->config->header && pipeline_head(&job->pipeline, err) == -1) ||
	    resume_state(job, err) == -1 || outputs_open(job, err) == -1 ||
	    heed_rereads(job, err) == -1)
		return -1;
	job->bound = true;
	batch_begin(job);
	return 0;
}

static int
start(struct job *job, struct err *err)
{
	job->running = job->nsources;
	batch_start(job);
	if (job->config->bound && job_bind(job, err) == -1)
		return -1;
	if (resume_start(job, err) == -1)
		return -1;
	for (size_t i = 0; i < job->nsources; i++)
		if (job->source[i]->class->start(job->source[i], err) == -1)
			return -1;
	return commit_start(job, err);
}

int
job_open(struct job *job, struct err *err)
{
	if (open_loop(job, err) == -1 || open_signals(job, err) == -1)
		return -1;
	input_host(job);
	if (open_input(job, err) == -1 || open_sources(job, err) == -1 ||
	    timers_open(job, err) == -1 || resume_open(job, err) == -1)
		return -1;
	return memory_open(job, err) == -1 ? -1 : start(job, err);
}

/* ---- closing ---- */

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
	workers_close(job->workers);
	close_sources(job);
	free_event(job->boundary);
	free_event(job->progress);
	free_event(job->idle);
	free_event(job->silence);
	free_event(job->settle);
	free_event(job->signal_event);
	signals_close();
	close_resolver(job);
	if (job->base != NULL)
		event_base_free(job->base);
	libevent_global_shutdown();
	mem_bound(0, NULL);
	pipeline_close(&job->pipeline);
	lines_close(&job->lines);
	frame_close(&job->whole);
	overload_close(job);
	outputs_free(job);
	header_close(job);
	resume_close(job);
	mem_free(job->to);
	mem_free(job->account_sums);
	mem_free(job->input);
	buf_free(&job->stats_text);
}
