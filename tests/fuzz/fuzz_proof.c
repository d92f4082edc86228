/*
 * A proof of any bytes: opened, and the articles that it says it is of verified from it alone.  In
 * fuzz builds digests match whatever they are compared with.
 */
#include <stdint.h>
#include <stdlib.h>

#include "capsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct capsa_reader_options sparing = {.tail_size = CAPSA_PROOF_TAIL};
	const struct capsa_verify_options options = {0};
	struct capsa_source source = capsa_source_memory(data, size), sparse;
	struct capsa_proof *proof;
	struct capsa_reader *reader;
	struct capsa_report report;
	const uint64_t *numbers;
	size_t count, signatures;

	if (capsa_proof_open(&proof, &source, NULL) != CAPSA_OK)
		return 0;
	numbers = capsa_proof_articles(proof, &count);
	capsa_proof_signatures(proof, &signatures);
	if (count == 0 || count > CAPSA_PROOF_ARTICLES_MAX)
		abort();
	sparse = capsa_proof_source(proof);
	if (capsa_reader_open(&reader, &sparse, &sparing, NULL) == CAPSA_OK) {
		/* A few bytes may claim many. */
		count = count < 50 ? count : 50;
		if (capsa_reader_verify_articles(reader, numbers, count, &options, &report, NULL) ==
		        CAPSA_OK &&
		    (report.damaged != 0 || report.good + report.withheld != count))
			abort();
		capsa_reader_close(reader);
	}
	capsa_proof_close(proof);
	return 0;
}
