/* Any bytes, salvaged: every body can be read. */
#include <stdint.h>
#include <stdlib.h>

#include "capsa.h"

static bool read_article(void *ctx, const struct capsa_saved *saved)
{
	unsigned *articles = ctx;
	uint8_t byte;

	if (saved->path.size == 0)
		abort();
	if (saved->body.size != 0 &&
	    saved->body.read_at(saved->body.ctx, saved->body.size - 1, &byte, 1) != 0)
		abort();
	return ++*articles < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_source source = capsa_source_memory(data, size);
	unsigned articles = 0;
	const struct capsa_salvage_options options = {.article = read_article, .ctx = &articles};
	struct capsa_salvage_report report;
	enum capsa_status status = capsa_salvage(&source, &options, &report, NULL);

	if (status != CAPSA_OK && status != CAPSA_ESTOPPED)
		abort();
	return 0;
}
