/* Where a file that is exported is written to. */
#include "export.h"

#include <errno.h>
#include <string.h>

bool export_failed(struct export_output *out, int sys)
{
	out->closed = sys == EPIPE && strcmp(out->name, "-") == 0;
	/* A write that a signal ended needs no words. */
	if (!out->closed && cli_signal == 0)
		cli_error("cannot write %s: %s",
		          strcmp(out->name, "-") == 0 ? "standard output" : cli_quote(out->name),
		          sys != 0 ? strerror(sys) : "write error");
	return false;
}

bool export_wrote(struct export_output *out, enum capsa_status status,
                  const struct capsa_error *err)
{
	if (status == CAPSA_EIO)
		return export_failed(out, err->sys);
	if (status != CAPSA_OK)
		cli_error("%s: %s", cli_quote(out->name), cli_quote(err->text));
	return status == CAPSA_OK;
}

bool export_put(struct export_output *out, const void *data, size_t size)
{
	errno = 0;
	return fwrite(data, 1, size, out->file) == size || export_failed(out, errno);
}

bool export_put_text(struct export_output *out, const char *text)
{
	return export_put(out, text, strlen(text));
}

static int write_sink(void *ctx, const void *data, size_t size)
{
	struct export_output *out = ctx;

	errno = 0;
	if (fwrite(data, 1, size, out->file) == size)
		return 0;
	return errno != 0 ? errno : EIO;
}

struct capsa_sink export_sink(struct export_output *out)
{
	return (struct capsa_sink){.write = write_sink, .ctx = out};
}
