/* The options of streamctl itself: their tables, and what each sets; see options.h. */
#include "cli/options.h"

#include "base/near.h"
#include "base/num.h"
#include "base/tstamp.h"
#include "cli/address.h"
#include "cli/read.h"
#include "engine/sys.h"
#include "format/format_table.h"

#include <string.h>

#define MAX_JOBS 256
#define LEAST_JOURNAL ((uint64_t)1 << 20)	/* bytes: a few blocks */
#define LEAST_BATCH 1000		/* microseconds; what the time column can tell apart */
#define MAX_LINE_LIMIT ((uint64_t)1 << 40)

enum {
	IN, FORMAT, COLUMNS, BAD, TIME, TIME_PARSE, LATENESS, LATE, IDLE, MAX_LINE, ON_EOF,
	RETRIES, CONNECT_TIMEOUT, MAX_CLIENTS, MAX_RATE, FROM, NEW_ONLY, BATCH, WINDOW, SLIDE,
	EMIT, EMPTY, UNTIL, FAIL_IF, SILENT, SCRIPT, OUT, TO, HEADER, META, TIME_FORMAT, JOBS, QUIET,
	CHECKPOINT, SYNC, JOURNAL, RESUME_CHANGED, STATS, PROGRESS, HELP, VERSION, LIST, EXPLAIN,
