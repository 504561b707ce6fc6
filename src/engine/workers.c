/* Worker threads, see workers.h. */
#include "engine/workers.h"

#include "base/mem.h"
#include "engine/sys.h"

#include <pthread.h>
#include <signal.h>

struct worker {
	struct workers	*pool;
	pthread_t	 thread;
	unsigned	 lane;
};

struct workers {
	struct pipeline	*pipeline;
	pthread_mutex_t	 lock;		/* guards all below it */
	pthread_cond_t	 more;		/* a block was queued, or stopping */
	pthread_cond_t	 done;		/* a block was fed */
	struct lines	*queue;		/* a ring of blocks to be fed ... */
	struct lines	*spare;		/* ... and a stack of empty ones */
	unsigned	 queued, first, spares, busy;
	unsigned	 blocks;	/* how many there are */
	bool		 stopping, failed;
	struct err	 err;
	unsigned	 n;		/* threads that run */
	struct worker	 worker[];
};

/* Feeds one block; called without the lock. */
static void
feed(struct workers *w, unsigned lane, struct lines *lines)
{
	struct block b = {
		.text = lines->data, .len = lines->len, .records = lines->records,
		.source = lines->source, .layout = lines->layout,
	};
	struct err err;

	if (pipeline_feed(w->pipeline, lane, &b, &err) == -1) {
		pthread_mutex_lock(&w->lock);
		if (!w->failed)
			w->err = err;
		w->failed = true;
		pthread_mutex_unlock(&w->lock);
	}
	lines_empty(lines);
}

static void *
worker_main(void *arg)
{
	struct worker *me = arg;
	struct workers *w = me->pool;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct lines lines;

		while (w->queued == 0 && !w->stopping)
			pthread_cond_wait(&w->more, &w->lock);
		if (w->queued == 0)
			break;
		lines = w->queue[w->first];
		w->first = (w->first + 1) % w->blocks;
		w->queued--;
		w->busy++;
		pthread_mutex_unlock(&w->lock);
		feed(w, me->lane, &lines);
		pthread_mutex_lock(&w->lock);
		w->busy--;
		w->spare[w->spares++] = lines;
		pthread_cond_signal(&w->done);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int
told(struct workers *w, struct err *err)
{
	if (!w->failed)
		return 0;
	*err = w->err;
	return -1;
}

int
workers_offer(struct workers *w, struct lines *lines, struct err *err)
{
	int rc;

	pthread_mutex_lock(&w->lock);
	rc = told(w, err);
	if (rc == 0 && w->spares > 0) {
		rc = 1;
		w->queue[(w->first + w->queued++) % w->blocks] = *lines;
		*lines = w->spare[--w->spares];
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int
workers_wait(struct workers *w, struct err *err)
{
	int rc;

	pthread_mutex_lock(&w->lock);
	while (w->queued > 0 || w->busy > 0)
		pthread_cond_wait(&w->done, &w->lock);
	rc = told(w, err);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n && rc == 0; i++)
		rc = pipeline_gather(w->pipeline, 0, w->worker[i].lane, err);
	return rc;
}

static int
make_blocks(struct workers *w, const struct lines *like)
{
	w->queue = mem_zalloc(w->blocks * sizeof(*w->queue));
	w->spare = mem_zalloc(w->blocks * sizeof(*w->spare));
	if (w->queue == NULL || w->spare == NULL)
		return -1;
	for (; w->spares < w->blocks; w->spares++) {
		struct lines *l = &w->spare[w->spares];

		if (lines_open(l, like->cap) == -1)
			return -1;
		l->quoted = like->quoted;
	}
	return 0;
}

/* Signals are the loop's: a new thread inherits a mask that blocks them all. */
static int
start_thread(struct workers *w, unsigned i)
{
	sigset_t all, before;
	int number;

	w->worker[i] = (struct worker){ .pool = w, .lane = i + 1 };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	number = sys.thread(&w->worker[i].thread, worker_main, &w->worker[i]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return number;
}

struct workers *
workers_open(struct pipeline *p, unsigned n, const struct lines *like, struct err *err)
{
	struct workers *w = mem_zalloc(sizeof(*w) + n * sizeof(w->worker[0]));
	int number = 0;

	if (w == NULL) {
		err_memory(err, "starting threads");
		return NULL;
	}
	w->pipeline = p;
	w->blocks = 2 * n + 1;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->done, NULL);
	if (make_blocks(w, like) == -1)
		err_memory(err, "starting threads");
	else
		while (w->n < n && (number = start_thread(w, w->n)) == 0)
			w->n++;
	if (number != 0)
		err_system(err, "--jobs", "start a thread", number);
	if (w->n == n)
		return w;
	workers_close(w);
	return NULL;
}

void
workers_close(struct workers *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->n; i++)
		pthread_join(w->worker[i].thread, NULL);
	for (unsigned i = 0; i < w->spares; i++)
		lines_close(&w->spare[i]);
	mem_free(w->queue);
	mem_free(w->spare);
	pthread_cond_destroy(&w->more);
	pthread_cond_destroy(&w->done);
	pthread_mutex_destroy(&w->lock);
	mem_free(w);
}
