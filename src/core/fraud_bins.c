/* Bins, see fraud_bins.h: one of 16 for each feature, by fixed edges in units of no data set. */
#include "core/fraud_bins.h"

#define EDGES (FRAUD_BINS - 1)

static const float z_edges[EDGES] = {
	-1.5f, -1, -0.5f, 0, 0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4, 5, 7, 10
};
static const float size_edges[EDGES] = {
	-4, -3, -2.5f, -2, -1.5f, -1, -0.5f, 0, 0.5f, 1, 1.5f, 2, 2.5f, 3, 4
};
static const float tail_edges[EDGES] = {	/* powers of ten */
	0.3f, 0.6f, 1, 1.3f, 1.6f, 1.9f, 2.1f, 2.3f, 2.5f, 2.7f, 2.9f, 3.1f, 3.4f, 3.8f, 4.3f
};
static const float level_edges[EDGES] = {	/* powers of ten, of the share that is smaller */
	0.005f, 0.01f, 0.025f, 0.05f, 0.1f, 0.2f, 0.3f, 0.45f, 0.7f, 1, 1.3f, 1.7f, 2, 2.5f, 3
};
static const float outlier_edges[EDGES] = {
	0.02f, 0.05f, 0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.7f, 0.9f, 1.2f, 1.5f, 2, 2.5f, 3, 4
};
static const float gap_edges[EDGES] = {		/* minutes; below 0: none */
	0, 0.2f, 1, 5, 15, 30, 60, 120, 240, 480, 960, 1440, 2880, 5760, 11520
};
static const float hourly_edges[EDGES] = {
	0.01f, 0.05f, 0.1f, 0.25f, 0.5f, 0.75f, 1, 1.5f, 2, 2.5f, 3, 4, 6, 8, 12
};
static const float hour_edges[EDGES] = {	/* powers of ten */
	-0.6f, -0.4f, -0.3f, -0.2f, -0.1f, 0, 0.1f, 0.2f, 0.3f, 0.4f, 0.6f, 0.8f, 1, 1.3f, 1.6f
};
static const float share_edges[EDGES] = {
	0.005f, 0.0095f, 0.02f, 0.05f, 0.1f, 0.15f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f,
	0.9f, 0.95f
};
static const float run_edges[EDGES] = {
	0.1f, 0.7f, 1.3f, 1.7f, 2.5f, 3.5f, 4.5f, 6, 8, 10, 13, 16, 20, 25, 32
};
static const float age_edges[EDGES] = {		/* days; below 0: none */
	0, 2, 4, 6, 8, 10, 12, 14, 17, 20, 23, 26, 29, 32, 40
};
static const float raw_edges[EDGES] = {		/* logarithms of odds */
	0.03f, 0.05f, 0.07f, 0.1f, 0.15f, 0.2f, 0.3f, 0.5f, 0.8f, 1.2f, 1.8f, 2.6f, 3.6f, 5, 7
};
static const float clean_edges[EDGES] = {
	0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 9, 12, 16, 22, 30, 45, 70, 120, 250
};
static const float risk_edges[EDGES] = {
	0.001f, 0.1f, 0.2f, 0.4f, 0.6f, 0.8f, 1.1f, 1.5f, 2, 3, 4, 6, 8, 12, 20
};

/* How many edges X has reached; no branch depends on where it lies. */
static uint8_t
bin(double x, const float edges[EDGES])
{
	unsigned n = 0;

	for (unsigned i = 0; i < EDGES; i++)
		n += (float)x >= edges[i];
	return (uint8_t)n;
}

/* Whether it is small, how many small ones came before in the last hour, and if at this place. */
static uint8_t
small_bin(const struct fraud_view *v)
{
	unsigned run = (v->small_run > 0.3 ? 1U : 0) + (v->small_run > 1.2 ? 1U : 0) +
	    (v->small_run > 2.2 ? 1U : 0);

	return (uint8_t)((v->small ? SMALL_NOW : 0) + run * 2 + (run > 0 && v->small_here));
}

void
bins_own(struct fraud_view *v)
{
	v->bin[F_Z] = bin(v->z, z_edges);
	v->bin[F_SIZE_Z] = bin(v->size_z, size_edges);
	v->bin[F_TAIL] = bin(v->tail, tail_edges);
	v->bin[F_OUTLIERS] = bin(v->outliers, outlier_edges);
	v->bin[F_SMALL] = small_bin(v);
	v->bin[F_GAP] = bin(v->gap < 0 ? -1 : (double)v->gap / FRAUD_MINUTE, gap_edges);
	v->bin[F_HOURLY] = bin(v->hourly, hourly_edges);
	v->bin[F_HOUR] = bin(v->hour, hour_edges);
	v->bin[F_CLOCK] = (uint8_t)(v->clock * FRAUD_BINS / 24);
	v->bin[F_MERCHANT_Z] = bin(v->merchant_z, size_edges);
	v->bin[F_LEVEL] = bin(v->low, level_edges);
	v->bin[F_CATEGORY] = v->category == 0 ? 0 : bin(v->category_z, size_edges);
	v->bin[F_ACCOUNT_RISK] = bin(v->account_fraud, risk_edges);
}

void
bins_learned(struct fraud_view *v)
{
	v->bin[F_RAW] = bin(v->raw, raw_edges);
	v->bin[F_SHARE] = bin(v->share[0], share_edges);
	v->bin[F_SHARE_MID] = bin(v->share[1], share_edges);
	v->bin[F_SHARE_LONG] = bin(v->share[2], share_edges);
	v->bin[F_RUN] = bin(v->run, run_edges);
	v->bin[F_RUN_AGE] = bin(v->run_age, age_edges);
	v->bin[F_FRAUD_AGE] = bin(v->fraud_age, age_edges);
	v->bin[F_CLEAN] = bin(v->clean, clean_edges);
}
