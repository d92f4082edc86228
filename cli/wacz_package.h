/* wacz_package.c: what a WACZ file says of itself: datapackage.json and datapackage-digest.json. */
#ifndef CAPSA_WACZ_PACKAGE_H
#define CAPSA_WACZ_PACKAGE_H

#include "digests.h"
#include "fields.h"

struct wacz_resource {
	char *path; /* owned */
	bool has_bytes, has_digest;
	uint64_t bytes;
	struct import_digest digest;
	bool found; /* for who looks for it */
};

/* Zero at first. */
struct wacz_package {
	struct wacz_resource *resources; /* owned, sorted by path */
	size_t count, capacity;
	bool is_signed; /* and the signature is good */
	char *signer; /* owned: the domain that signed; NULL: a key without a name */
	struct capsa_metadata *about; /* owned: of the archive */
	struct object extra; /* what `about` is still to get */
};

/* Take datapackage.json.  False: *err says what is wrong with it. */
bool wacz_package_read(struct wacz_package *package, struct capsa_text json,
                       struct capsa_error *err);
/*
 * Take datapackage-digest.json: its digests must be that of datapackage.json, whose bytes are
 * `json`, and its signature, if it has one, good; it is kept in `about`.  False: *err says why not.
 */
bool wacz_package_seal(struct wacz_package *package, struct capsa_text digest,
                       struct capsa_text json, struct capsa_error *err);
/* All is read: complete `about`. */
bool wacz_package_finish(struct wacz_package *package, struct capsa_error *err);

/* NULL: there is none of this path. */
struct wacz_resource *wacz_package_find(const struct wacz_package *package, const char *path);
void wacz_package_release(struct wacz_package *package);

#endif
