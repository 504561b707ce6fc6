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
	sums->counted += batch->counted;
	sums->filtered += batch->filtered;
	sums->keys = batch->keys;
	sums->state_bytes = batch->state_bytes;
	sums->reconnects += batch->reconnects;
}

int
stats_row(struct buf *out, const struct stats *s)
{
	const int64_t values[] = {
		(int64_t)s->lines.records, (int64_t)s->lines.bytes, (int64_t)s->counted,
		(int64_t)s->filtered, (int64_t)s->lines.bad, (int64_t)s->keys,
		(int64_t)s->state_bytes, s->scheduling_delay, s->processing_time,
		s->scheduling_delay + s->processing_time, (int64_t)s->reconnects,
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
	    "state_bytes\tscheduling_delay_us\tprocessing_time_us\ttotal_delay_us\treconnects\n";

	return buf_add(out, header, sizeof(header) - 1);
}

bool
stats_conserved(const struct stats *s)
{
	return s->lines.records == s->counted + s->filtered + s->lines.bad;
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
