/* What a run tells about itself, see stats.h. */
#include "engine/stats.h"

#include "base/num.h"
#include "base/tstamp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
stats_add(struct stats *sums, const struct stats *batch)
{
	frame_counts_add(&sums->lines, &batch->lines);
	sums->keys = batch->keys;
	sums->state_bytes = batch->state_bytes;
	sums->reconnects += batch->reconnects;
	sums->evicted.keys += batch->evicted.keys;
	sums->evicted.records += batch->evicted.records;
	if (batch->error > sums->error)
		sums->error = batch->error;
	sums->shed += batch->shed;
	sums->dropped += batch->dropped;
}

uint64_t
stats_filtered(const struct account *a)
{
	return a->records - a->counted - a->late - a->bad;
}

int
stats_row(struct buf *out, const struct stats *s, const struct account *a, unsigned number)
{
	const int64_t values[] = {
		(int64_t)(a->records + s->lines.bad + s->shed), (int64_t)s->lines.bytes,
		(int64_t)a->counted, (int64_t)stats_filtered(a),
		(int64_t)(a->bad + s->lines.bad), (int64_t)s->keys,
		(int64_t)s->state_bytes, s->scheduling_delay, s->processing_time,
		s->scheduling_delay + s->processing_time, (int64_t)s->reconnects, (int64_t)a->late,
		number, (int64_t)s->evicted.keys, (int64_t)s->evicted.records, (int64_t)s->error,
		(int64_t)s->shed, (int64_t)s->dropped,
	};
	size_t n = sizeof(values) / sizeof(*values);

	if (buf_reserve(out, TSTAMP_BYTES + n * (NUM_INT_BYTES + 1) + 1) == -1)
		return -1;
	out->len += tstamp_format(out->data + out->len, s->time / 1000);
	for (size_t i = 0; i < n; i++) {
		out->data[out->len++] = '\t';
		out->len += num_format_i64(out->data + out->len, values[i]);
	}
	out->data[out->len++] = '\n';
	return 0;
}

int
stats_header(struct buf *out)
{
	static const char header[] = "time\trecords\tbytes\tcounted\tfiltered\tbad\tkeys\t"
	    "state_bytes\tscheduling_delay_us\tprocessing_time_us\ttotal_delay_us\treconnects\t"
	    "late\tchain\tevicted_keys\tevicted_records\terror\tshed\tdropped\n";

	return buf_add(out, header, sizeof(header) - 1);
}

bool
stats_conserved(const struct stats *s, const struct account *a)
{
	return s->lines.records == a->records + s->lines.bad + s->shed &&
	    a->counted + a->late + a->bad <= a->records;
}

void
stats_line(char out[STATS_LINE], const struct stats *sums, uint64_t batches,
    uint64_t records_since, int64_t elapsed)
{
	double seconds = elapsed > 0 ? (double)elapsed / 1e6 : 1;

	(void)snprintf(out, STATS_LINE, "batch %" PRIu64 "  in %" PRIu64 " records %" PRIu64
	    " bytes  %.0f/s  bad %" PRIu64 "  state %" PRIu64 " keys %.1fMiB  reconnects %" PRIu64,
	    batches, sums->lines.records, sums->lines.bytes, (double)records_since / seconds,
	    sums->lines.bad, sums->keys, (double)sums->state_bytes / (1 << 20), sums->reconnects);
}
