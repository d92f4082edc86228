/*
 * What others compressed: the first byte says how, and how long the pieces are that it comes in.
 *  However it is cut, the same bytes come out.
 */
#include "inflate.h"

#include <stdlib.h>
#include <string.h>

#define OUT_MAX (256U << 10)

static enum inflate_status run(struct inflater *inflater, struct capsa_text in, size_t piece,
                               char *out, size_t *size)
{
	enum inflate_status status = INFLATE_MORE;
	size_t left = OUT_MAX;
	char *to = out;

	while (status == INFLATE_MORE && left != 0) {
		struct capsa_text some = {in.data, in.size < piece ? in.size : piece};
		size_t given = some.size;
		size_t before = left;

		status = import_inflate(inflater, &some, &to, &left);
		in.data += given - some.size;
		in.size -= given - some.size;
		if (given == some.size && before == left)
			break;
	}
	*size = OUT_MAX - left;
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char whole[OUT_MAX], pieces[OUT_MAX];
	struct capsa_text in = {(const char *)data + 1, size - 1};
	struct inflater *inflater;
	enum inflate_status first, second;
	size_t first_size, second_size;

	if (size == 0)
		return 0;
	inflater = import_inflater_new((enum inflate_kind)(data[0] % 5), (struct capsa_text){0});
	if (inflater == NULL)
		abort();
	first = run(inflater, in, SIZE_MAX, whole, &first_size);
	if (!import_inflater_reset(inflater))
		abort();
	second = run(inflater, in, (size_t)data[0] / 5 + 1, pieces, &second_size);
	/* What is damaged may be found out before or behind the last good bytes. */
	if (first == INFLATE_END && second == INFLATE_END &&
	    (first_size != second_size || memcmp(whole, pieces, first_size) != 0))
		abort();
	if ((first == INFLATE_END) != (second == INFLATE_END))
		abort();
	import_inflater_free(inflater);
	return 0;
}
