/*
 * Clusters of a ZIM file: an information byte, then, which may be compressed, offsets of blobs from
 * the first offset on, one more than there are blobs, and the blobs.
 *
 * Entries come by cluster, so each is inflated once; one at a time is held, in memory up to what
 * held_body.c allows, else in a file.  One that is stored is read where it is.
 */
#include "zim_reader.h"

#include "base.h"
#include "cursor.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

#define EXTENDED 0x10U /* offsets of 8 bytes */
#define METHODS 0x0fU
#define XZ 4U
#define ZSTD 5U

/* How much a cluster may grow. */
#define GROWTH_MAX 1000
#define GROWN_MIN (64U << 20)

#define PIECE_SIZE (64U << 10)

static bool fail(const struct zim_cluster *cluster, struct capsa_error *err, const char *text)
{
	capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "its cluster %" PRIu32 " %s",
	           cluster->number, text);
	return false;
}

/* ---- inflating ---- */

/* The inflater of a method, made once. */
static struct inflater *inflater_of(struct zim_cluster *cluster, unsigned method)
{
	struct inflater **slot = method == XZ ? &cluster->xz : &cluster->zstd;

	if (*slot == NULL)
		*slot = import_inflater_new(method == XZ ? INFLATE_XZ : INFLATE_ZSTD,
		                            (struct capsa_text){"", 0});
	else if (!import_inflater_reset(*slot))
		return NULL;
	return *slot;
}

/* Inflate what is left of a piece into what is held. */
static enum inflate_status inflate_piece(struct zim_cluster *cluster, struct inflater *inflater,
                                         struct capsa_text *in, uint64_t limit,
                                         struct capsa_error *err)
{
	char out[PIECE_SIZE];
	enum inflate_status status;

	for (;;) {
		char *room = out;
		size_t left = sizeof out;
		struct capsa_text got;

		status = import_inflate(inflater, in, &room, &left);
		got = (struct capsa_text){out, sizeof out - left};
		if (status == INFLATE_BAD)
			fail(cluster, err, "is damaged");
		else if (status == INFLATE_MEMORY)
			capsa_fail_memory(err);
		else if (cluster->held.size + got.size > limit)
			fail(cluster, err, "grows to more than 1,000 times its stored size");
		else if (import_hold_put(&cluster->held, got, err)) {
			/* Room that is left says that all there is has come out. */
			if (status == INFLATE_END || (in->size == 0 && left != 0))
				return status;
			continue;
		}
		return INFLATE_BAD;
	}
}

/* Inflate from `at` on, up to `end` at most. */
static bool inflate(struct zim_cluster *cluster, unsigned method, uint64_t at, uint64_t end,
                    struct capsa_error *err)
{
	struct inflater *inflater = inflater_of(cluster, method);
	enum inflate_status status = INFLATE_MORE;
	uint64_t begin = at;
	char piece[PIECE_SIZE];

	if (inflater == NULL) {
		capsa_fail_memory(err);
		return false;
	}
	import_hold_begin(&cluster->held, cluster->directory);
	while (status == INFLATE_MORE && at < end && cli_signal == 0) {
		size_t size = end - at < sizeof piece ? (size_t)(end - at) : sizeof piece;
		struct capsa_text in = {piece, size};
		uint64_t limit;

		if (capsa_source_read(&cluster->zim->source, at, piece, size, err) != CAPSA_OK)
			return false;
		at += size;
		limit = GROWTH_MAX * (at - begin);
		status = inflate_piece(cluster, inflater, &in,
		                       limit > GROWN_MIN ? limit : GROWN_MIN, err);
	}
	cluster->effort += cluster->held.size + (at - begin);
	if (status == INFLATE_MORE)
		return fail(cluster, err, "is cut off");
	cluster->source = import_held(&cluster->held);
	cluster->begin = 0;
	cluster->size = cluster->source.size;
	return status == INFLATE_END;
}

/* ---- offsets ---- */

/* Offset number `index`, which is in the cluster, and the next one. */
static bool read_offsets(const struct zim_cluster *cluster, uint64_t index, unsigned count,
                         uint64_t out[], struct capsa_error *err)
{
	uint8_t bytes[2 * 8];
	size_t size = (size_t)count * cluster->width;
	struct cursor c = cursor_of(span_of(bytes, size));

	if (!extent_inside(index * cluster->width, size, cluster->size))
		return fail(cluster, err, "is shorter than its offsets");
	if (capsa_source_read(&cluster->source, cluster->begin + index * cluster->width, bytes,
	                      size, err) != CAPSA_OK)
		return false;
	for (unsigned i = 0; i < count; i++)
		out[i] = cursor_le(&c, cluster->width);
	return true;
}

static bool load(struct zim_cluster *cluster, struct capsa_error *err)
{
	uint64_t at, end;
	uint8_t info;
	unsigned method;

	if (!zim_cluster_at(cluster->zim, cluster->number, &at, err))
		return false;
	if (at >= cluster->zim->end)
		return fail(cluster, err, "lies outside of the file");
	if (capsa_source_read(&cluster->zim->source, at, &info, 1, err) != CAPSA_OK)
		return false;
	end = zim_bound(cluster->zim, at);
	method = info & METHODS;
	cluster->width = (info & EXTENDED) != 0 ? 8 : 4;
	if (method == XZ || method == ZSTD) {
		if (!inflate(cluster, method, at + 1, end, err))
			return false;
	} else if (method <= 1) {
		cluster->source = cluster->zim->source;
		cluster->begin = at + 1;
		cluster->size = end - (at + 1);
	} else {
		return fail(cluster, err,
		            method <= 3 ? "is compressed with zlib or bzip2, as none has been "
		                          "since 2011"
		                        : "is compressed in an unknown way");
	}
	if (!read_offsets(cluster, 0, 1, &cluster->first, err))
		return false;
	if (cluster->first == 0 || cluster->first % cluster->width != 0 ||
	    cluster->first > cluster->size)
		return fail(cluster, err, "has offsets that cannot be");
	return true;
}

/* ---- blobs ---- */

static int read_blob(void *ctx, uint64_t offset, void *buf, size_t size)
{
	const struct zim_cluster *cluster = ctx;

	return cluster->source.read_at(cluster->source.ctx,
	                               cluster->begin + cluster->blob_begin + offset, buf, size);
}

bool zim_read_blob(struct zim_cluster *cluster, uint32_t number, uint32_t blob,
                   struct capsa_source *out, struct capsa_error *err)
{
	uint64_t offsets[2], count;

	if (number >= cluster->zim->cluster_count) {
		capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		           "is in cluster %" PRIu32 " of %" PRIu32, number,
		           cluster->zim->cluster_count);
		return false;
	}
	/* One that cannot be read is not tried again for each of its blobs. */
	if (!cluster->loaded || cluster->number != number) {
		cluster->number = number;
		cluster->good = load(cluster, &cluster->why);
		cluster->loaded = true;
	}
	if (!cluster->good) {
		*err = cluster->why;
		return false;
	}
	count = cluster->first / cluster->width - 1;
	if (blob >= count) {
		capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		           "is number %" PRIu32 " of %" PRIu64 " in its cluster %" PRIu32, blob,
		           count, number);
		return false;
	}
	if (!read_offsets(cluster, blob, 2, offsets, err))
		return false;
	if (offsets[0] < cluster->first || offsets[1] < offsets[0] || offsets[1] > cluster->size)
		return fail(cluster, err, "has offsets that cannot be");
	cluster->blob_begin = offsets[0];
	*out = (struct capsa_source){read_blob, offsets[1] - offsets[0], cluster};
	return true;
}

void zim_cluster_release(struct zim_cluster *cluster)
{
	import_hold_release(&cluster->held);
	import_inflater_free(cluster->zstd);
	import_inflater_free(cluster->xz);
	*cluster = (struct zim_cluster){0};
}
