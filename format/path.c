/*
 * Paths (spec 5.5): 1 to 4,000 bytes of valid UTF-8, components of 1 to 255 bytes between
 * slashes, none of them `.` or `..`, no control characters.
 */
#include "path.h"
#include "utf8.h"

static enum capsa_status refuse(struct capsa_error *err, const char *why)
{
	return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "%s", why);
}

static enum capsa_status check_component(struct span component, struct capsa_error *err)
{
	if (component.size == 0)
		return refuse(err, "an empty component is not allowed");
	if (component.size > CAPSA_COMPONENT_MAX)
		return refuse(err, "a component is longer than 255 bytes");
	if (span_equal(component, span_of(".", 1)))
		return refuse(err, "component '.' is not allowed");
	if (span_equal(component, span_of("..", 2)))
		return refuse(err, "component '..' is not allowed");
	return CAPSA_OK;
}

/* Of valid UTF-8, where U+0080..009F are C2 and a byte below A0. */
static enum capsa_status check_controls(struct span path, struct capsa_error *err)
{
	for (size_t i = 0; i < path.size; i++) {
		uint8_t byte = path.data[i];
		bool high = byte == 0xc2 && path.data[i + 1] < 0xa0;

		if (byte < 0x20 || byte == 0x7f || high)
			return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
			                  "control character U+%04X is not allowed",
			                  high ? path.data[i + 1] : byte);
	}
	return CAPSA_OK;
}

enum capsa_status capsa_path_check(const char *path, size_t size, struct capsa_error *err)
{
	struct span whole = span_of(path, size);
	size_t begin = 0;

	if (size == 0)
		return refuse(err, "an empty path is not allowed");
	if (size > CAPSA_PATH_MAX)
		return refuse(err, "the path is longer than 4000 bytes");
	if (!capsa_utf8_valid(whole))
		return refuse(err, "the path is not valid UTF-8");
	if (path[0] == '/')
		return refuse(err, "the path begins with '/'");
	if (path[size - 1] == '/')
		return refuse(err, "the path ends with '/'");

	for (size_t i = 0; i <= size; i++) {
		if (i < size && path[i] != '/')
			continue;
		if (check_component(span_of(path + begin, i - begin), err) != CAPSA_OK)
			return CAPSA_EMISUSE;
		begin = i + 1;
	}
	return check_controls(whole, err);
}

void capsa_path_key(struct span path, uint8_t *out)
{
	for (size_t i = 0; i < path.size; i++)
		out[i] = path.data[i] == '/' ? 0 : path.data[i];
}

bool capsa_path_key_conflict(struct span a, struct span b)
{
	if (b.size < a.size || memcmp(a.data, b.data, a.size) != 0)
		return false;
	return b.size == a.size || b.data[a.size] == 0;
}
